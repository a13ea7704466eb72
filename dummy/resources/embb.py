"""EMBB event logs of events (API v1)."""

import falcon

from gracetape.dummy.acts import embb as acts
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource, answer_created, number


class EmbbLogs(Resource):
    """All reports on an event; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "embb")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form, self.writing(req, graceid) as (writer, subject):
            record = acts.write(writer, subject, form.flat(), self.service.settings.em_groups)
        answer_created(req, resp, subject.view, record, record["self"])


class EmbbLog(Resource):
    """One report."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        self.answer_one(req, resp, graceid, "embb", number(n), refused("embb_missing"))
