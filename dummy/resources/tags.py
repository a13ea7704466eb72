"""Tags on log entries, and the tags that an event's log has."""

from typing import Any

import falcon

from gracetape.dummy.acts import tags as acts
from gracetape.dummy.forms import Form
from gracetape.dummy.links import Links
from gracetape.dummy.problems import Problem, invalid
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources.checks import required
from gracetape.dummy.resources.logs import is_tag
from gracetape.dummy.resources.resource import Resource, answer, answer_created, led, number
from gracetape.dummy.server_settings import TAGS
from gracetape.dummy.source import FileView


class _OnLog(Resource):
    def entry(self, view: FileView, n: str) -> dict[str, Any]:
        record = view.one("log", number(n))
        if record is None:
            raise refused("event_log_missing") if self.category == "event" else not_found()
        return record

    def links(self, view: FileView) -> Links:
        return Links(view.service, self.category, view.graceid if self.category == "event" else _shown(view))

    def shown(self, view: FileView, tag: str) -> str | None:
        known = view.one("tag", tag)
        return str(known["displayName"]) if known else TAGS.get(tag)

    def add(self, req: falcon.Request, form: Form, graceid: str, n: str, tag: str) -> dict[str, Any]:
        """Put a tag on; 400 if it is there already."""
        with self.writing(req, graceid) as (writer, subject):
            record = self.entry(subject.view, n)
            if tag in record["tag_names"]:
                raise refused("event_tag_there" if self.category == "event" else "tag_there", tag=tag)
            if len(tag) > 100 and self.category == "superevent":
                raise refused("too_long", most=100)
            if not is_tag(tag):
                raise invalid(f"{tag!r} is not a tag: tags are letters, digits, _, - and spaces, up to 100")
            acts.name_tags(subject, [tag], [str(name) for name in form.values("displayName")])
            acts.add_tag(writer, subject, record, tag)
            return self.described(subject.view, number(n), tag)

    def missing(self) -> Problem:
        """404 for a tag that an entry does not have."""
        return refused("event_tag_missing") if self.category == "event" else not_found()

    def described(self, view: FileView, n: int, tag: str) -> dict[str, Any]:
        return {"self": self.links(view).tag(n, tag), "name": tag, "displayName": self.shown(view, tag)}

    def remove(self, req: falcon.Request, graceid: str, n: str, tag: str) -> None:
        with self.writing(req, graceid) as (writer, subject):
            record = self.entry(subject.view, n)
            if tag not in record["tag_names"]:
                raise self.missing()
            acts.remove_tag(writer, subject, record, tag)


def _shown(view: FileView) -> str:
    return str(view.record().get("gw_id") or view.graceid)


class LogTags(_OnLog):
    """The tags of an entry; on superevents, a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        view = self.view(graceid)
        tags = [self.described(view, number(n), tag) for tag in self.entry(view, n)["tag_names"]]
        answer(resp, led(req, view, {"tags": tags}))

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        if self.category == "event":
            raise falcon.HTTPMethodNotAllowed(["GET"])
        self.entry(self.view(graceid), n)
        with self.form(req) as form:
            if not (tag := str(required(form, "name"))).strip():
                raise refused("blank")
            record = self.add(req, form, graceid, n, tag)
        answer_created(req, resp, self.view(graceid), record, record.get("self"))


class LogTag(_OnLog):
    """One tag of an entry."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str, tag: str) -> None:
        view = self.view(graceid)
        if tag not in self.entry(view, n)["tag_names"]:
            raise self.missing()
        described = self.described(view, number(n), tag)
        if self.category == "event":
            described = {
                "name": tag, "displayName": described["displayName"], "links": {"self": described["self"]}
            }  # fmt: skip
        answer(resp, led(req, view, described))

    def on_put(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str, tag: str) -> None:
        if self.category != "event":
            raise falcon.HTTPMethodNotAllowed(["GET", "DELETE"])
        with self.form(req) as form:
            self.add(req, form, graceid, n, tag)
        answer(resp, "Tag created.", 201)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str, tag: str) -> None:
        self.service.check_writable()
        self.remove(req, graceid, n, tag)
        resp.status = falcon.HTTP_204


class EventTags(_OnLog):
    """The tags that any entry of an event has."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view = self.view(graceid)
        names = dict.fromkeys(tag for log in view.records("log") for tag in log.get("tag_names") or ())
        links = self.links(view)
        tags = [{"self": links.event_tag(tag), "name": tag, "displayName": self.shown(view, tag)} for tag in names]
        answer(resp, led(req, view, {"tags": tags}))


class EventTag(_OnLog):
    """The entries of an event that have a tag."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, tag: str) -> None:
        view, links = self.view(graceid), self.links(self.view(graceid))
        logs = [links.log(log["N"]) for log in view.records("log") if tag in (log.get("tag_names") or ())]
        if not logs:
            raise refused("event_tag_unused")
        about = {"name": tag, "displayName": self.shown(view, tag)}
        answer(resp, led(req, view, about | {"links": {"logs": logs, "self": links.event_tag(tag)}}))
