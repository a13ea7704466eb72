"""VOEvents of events and superevents."""

import falcon

from dummy import facts
from dummy.acts import voevents as acts
from dummy.problems import Problem, not_found
from dummy.resources.resource import Resource, answer, answer_created, led, number, page


class VOEvents(Resource):
    """All VOEvents of an object; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view = self.view(graceid)
        answer(resp, led(req, view, page(req, "voevents", view.records("voevent"))))

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            kind = form.get("voevent_type")
            if kind not in facts.VOEVENT_TYPES:
                raise Problem(400, {"voevent_type": [f'"{kind}" is not a valid choice.']})
            with self.writing(req, graceid) as (writer, subject):
                record = acts.create(writer, subject, kind, form.flat())
        answer_created(req, resp, record, record["links"]["self"])


class VOEvent(Resource):
    """One VOEvent."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        view = self.view(graceid)
        record = view.one("voevent", number(n))
        if record is None:
            raise not_found()
        answer(resp, led(req, view, record))
