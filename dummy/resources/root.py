"""The root of the API, and the list of all tags."""

import falcon

from gracetape.archive.encode import encode
from gracetape.dummy.resources.resource import Resource, answer, answer_with, root_of
from gracetape.dummy.root import root_document
from gracetape.dummy.server_settings import TAGS


class Root(Resource):
    """Where everything is, and the lists that clients choose from."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        kept, place = self.service.kept, ("root", req.prefix, root := root_of(req), self.version)
        found = kept.get(place, None)  # it depends on nothing that is written
        if found is None:
            made = root_document(self.service.settings, f"{req.prefix}/api/", root, self.version)
            found = kept.put(place, None, encode(made).encode())
        answer_with(resp, found)


class Tags(Resource):
    """The tags that every server knows."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        answer(resp, {"tags": {name: {"displayName": shown, "blessed": True} for name, shown in TAGS.items()}})


class UserInfo(Resource):
    """Who is asking: always the one user."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self.service.as_public:
            answer(resp, {"username": "", "first_name": "", "last_name": "", "email": "", "is_internal_user": False})
            return
        who = {"username": self.service.user, "first_name": "", "last_name": "", "email": ""}
        answer(resp, who | {"is_internal_user": True, "upload_to_pipeline": list(self.service.settings.pipelines)})


class Performance(Resource):
    """How many requests were answered how; the dummy counts none."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        now = self.service.now().strftime("%Y-%m-%d %H:%M:%S %Z")
        answer(resp, {"summaries": {}, "current_time": now, "totals_by_status": {}, "totals_by_method": {}})
