"""EM observations of events and superevents."""

import falcon

from gracetape.dummy.acts import emobservations as acts
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource, answer_created, number


class EMObservations(Resource):
    """All observations of an object; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "emobservation")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            group = acts.check_group(self.category, form.get("group"), self.service.settings.em_groups)
            lists = [form.values(name, split=True) for name in acts.LISTS]
            acts.check_lists(self.category, lists)
            with self.writing(req, graceid) as (writer, subject):
                record = acts.write(writer, subject, group, lists, str(form.get("comment") or ""))
        answer_created(req, resp, subject.view, record, record.get("self"))


class EMObservation(Resource):
    """One observation."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        absent = refused("observation_missing") if self.category == "event" else None
        self.answer_one(req, resp, graceid, "emobservation", number(n), absent)
