"""EMBB event logs of events (API v1)."""

import falcon

from gracetape.dummy.acts import embb as acts
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource, answer, answer_created, led, number


class EmbbLogs(Resource):
    """All reports on an event; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "embb")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form, self.writing(req, graceid) as (writer, subject):
            record = acts.write(writer, subject, form.flat(), self.service.settings.em_groups)
        answer_created(req, resp, record, record["self"])


class EmbbLog(Resource):
    """One report."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        view = self.view(graceid)
        record = view.one("embb", number(n))
        if record is None:
            raise refused("embb_missing")
        answer(resp, led(req, view, record))
