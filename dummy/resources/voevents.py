"""VOEvents of events and superevents."""

from typing import Any

import falcon

from gracetape.dummy.acts import voevents as acts
from gracetape.dummy.forms import Form
from gracetape.dummy.problems import Problem
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.checks import Checks
from gracetape.dummy.resources.resource import Resource, answer_created, number

#: Flags of a request and what they are when not given.
_FLAGS = {"internal": True, "open_alert": False, "hardware_inj": False, "CoincComment": False, "raven_coinc": False}
_TEXTS = ("skymap_type", "skymap_filename", "combined_skymap_filename")


def _given(form: Form) -> dict[str, Any]:
    """The fields of a request as what they mean; Problem (400) where they can't be read."""
    checks = Checks()
    given: dict[str, Any] = {name: str(form.get(name)) for name in _TEXTS if form.get(name)}
    given |= {name: checks.read(_flag, form.get(name, default)) for name, default in _FLAGS.items()}
    if form.get("Significant") not in (None, ""):  # no client of today asks for it, gwcelery's own (2.x) did
        given["Significant"] = checks.read(_flag, form.get("Significant"))
    asked = [name for name in acts.PROBABILITIES if form.get(name) not in (None, "")]
    given |= {name: checks.read(_probability, form.get(name)) for name in asked}
    checks.end()
    return given


def _flag(value: Any) -> bool:
    said = str(value).lower()
    if said not in ("true", "false", "1", "0", "on", "off"):
        raise refused("boolean")
    return said in ("true", "1", "on")


def _probability(text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        raise refused("number") from None
    if not 0 <= value <= 1:
        raise refused("at_most", limit=1) if value > 1 else refused("at_least", limit=0)
    return value


class VOEvents(Resource):
    """All VOEvents of an object; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "voevent")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            kind = form.get("voevent_type")
            if not isinstance(kind, str) or kind not in self.service.settings.voevent_types:
                raise self._no_type(kind)
            given = _given(form)
            with self.writing(req, graceid) as (writer, subject):
                record = acts.create(writer, subject, kind, given)
        answer_created(req, resp, subject.view, record, record["links"]["self"])

    def _no_type(self, kind: Any) -> Problem:
        if self.category == "event":
            return refused("event_voevent_type")
        return refused("choice", value=kind) if kind else refused("required")


class VOEvent(Resource):
    """One VOEvent."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        absent = refused("event_voevent_missing") if self.category == "event" else None
        self.answer_one(req, resp, graceid, "voevent", number(n), absent)
