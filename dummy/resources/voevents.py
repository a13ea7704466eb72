"""VOEvents of events and superevents."""

from typing import Any

import falcon

from gracetape.dummy.acts import voevents as acts
from gracetape.dummy.forms import Form
from gracetape.dummy.problems import invalid
from gracetape.dummy.resources.resource import Resource, answer_created, number

#: Flags of a request and what they are when not given.
_FLAGS = {"internal": True, "open_alert": False, "hardware_inj": False, "CoincComment": False, "raven_coinc": False}
_TEXTS = ("skymap_type", "skymap_filename", "combined_skymap_filename")


def _given(form: Form) -> dict[str, Any]:
    """The fields of a request as what they mean; Problem (400) where they can't be read."""
    given: dict[str, Any] = {name: str(form.get(name)) for name in _TEXTS if form.get(name)}
    for name, default in _FLAGS.items():
        said = str(form.get(name, default)).lower()
        if said not in ("true", "false", "1", "0", "on", "off"):
            raise invalid("Must be a valid boolean.")
        given[name] = said in ("true", "1", "on")
    for name in acts.PROBABILITIES:
        if form.get(name) not in (None, ""):
            given[name] = _probability(name, form.get(name))
    return given


def _probability(name: str, text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        raise invalid("A valid number is required.") from None
    if not 0 <= value <= 1:
        raise invalid(
            "Ensure this value is less than or equal to 1."
            if value > 1
            else "Ensure this value is greater than or equal to 0."
        )
    return value


class VOEvents(Resource):
    """All VOEvents of an object; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "voevent")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            kind = form.get("voevent_type")
            if not isinstance(kind, str) or kind not in self.service.settings.voevent_types:
                raise invalid(f'"{kind}" is not a valid choice.' if kind else "This field is required.")
            given = _given(form)
            with self.writing(req, graceid) as (writer, subject):
                record = acts.create(writer, subject, kind, given)
        answer_created(req, resp, record, record["links"]["self"])


class VOEvent(Resource):
    """One VOEvent."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        self.answer_one(req, resp, graceid, "voevent", number(n))
