"""Signoffs of superevents."""

from collections.abc import Mapping

import falcon

from gracetape.dummy.acts import signoffs as acts
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources.checks import Checks
from gracetape.dummy.resources.resource import Resource, answer, answer_created, led
from gracetape.dummy.server_settings import SIGNOFF_STATUSES, SIGNOFF_TYPES


class Signoffs(Resource):
    """All signoffs of an object; a new one."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "signoff")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            kind, status = form.get("signoff_type"), form.get("status")
            instrument = str(form.get("instrument") or "")
            checks = Checks()
            checks.read(_choose, kind, SIGNOFF_TYPES)
            checks.read(_choose, instrument, {"": "", **self.service.settings.instruments})
            checks.read(_choose, status, SIGNOFF_STATUSES)
            checks.end()
            with self.writing(req, graceid) as (writer, subject):
                comment = str(form.get("comment") or "")
                record = acts.create(writer, subject, str(kind), instrument, str(status), comment)
        answer_created(req, resp, subject.view, record, record.get("self"))


class Signoff(Resource):
    """One signoff, by type and instrument: OPH1, ADV."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, typeinst: str) -> None:
        self.answer_one(req, resp, graceid, "signoff", typeinst)

    def on_patch(self, req: falcon.Request, resp: falcon.Response, graceid: str, typeinst: str) -> None:
        with self.form(req) as form:
            if (status := form.get("status")) is not None:
                _choose(status, SIGNOFF_STATUSES)
            with self.writing(req, graceid) as (writer, subject):
                if subject.view.one("signoff", typeinst) is None:
                    raise not_found()
                comment = form.get("comment")
                record = acts.update(writer, subject, typeinst, status, None if comment is None else str(comment))
                view = subject.view
        answer(resp, led(req, view, record))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, graceid: str, typeinst: str) -> None:
        self.service.check_writable()
        with self.writing(req, graceid) as (writer, subject):
            if subject.view.one("signoff", typeinst) is None:
                raise not_found()
            acts.delete(writer, subject, typeinst)
        resp.status = falcon.HTTP_204


def _choose(value: object, known: Mapping[str, str]) -> None:
    if str(value) not in known:
        raise refused("required") if value is None else refused("choice", value=value)
