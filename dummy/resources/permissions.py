"""Who may see a superevent."""

import falcon

from gracetape.dummy.acts import permissions as acts
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource, answer


class Permissions(Resource):
    """The permissions that were granted."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "permission")


class PermissionsModify(Resource):
    """Grant or withdraw access."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            action = form.get("action")
            if action not in ("expose", "hide"):
                raise refused("action")
            with self.writing(req, graceid) as (writer, subject):
                (acts.expose if action == "expose" else acts.hide)(writer, subject)
                records = subject.view.records("permission")
        answer(resp, records)
