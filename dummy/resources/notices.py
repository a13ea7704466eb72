"""Notices of superevents (API v2): what took the place of VOEvents."""

import falcon

from gracetape.dummy.acts import notices as acts
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource, answer_created, number


class Notices(Resource):
    """All notices of a superevent; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "notice")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            upload = form.file("upload")
            if upload is None:
                raise refused("no_file")
            notice = acts.read(upload.spool_bytes())
            with self.writing(req, graceid) as (writer, subject):
                record = acts.create(writer, subject, upload, notice)
        answer_created(req, resp, subject.view, record, record["links"]["self"])


class Notice(Resource):
    """One notice."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        self.answer_one(req, resp, graceid, "notice", number(n))
