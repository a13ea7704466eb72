"""Log entries of events and superevents."""

import falcon

from gracetape.dummy.acts import logs as acts
from gracetape.dummy.acts.labels import check_applicable
from gracetape.dummy.forms import Form
from gracetape.dummy.problems import invalid
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.checks import required
from gracetape.dummy.resources.resource import Resource, answer_created, number


class Logs(Resource):
    """The log: all entries; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "log")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            comment, label = required(form, "comment"), form.get("label")
            tags = [str(tag) for tag in form.values("tagname")]
            names = [str(name) for name in form.values("displayName")]
            if self.category == "superevent":
                _check(str(comment), tags, names, form)
            if bad := [tag for tag in tags if not is_tag(tag)]:
                raise invalid(f"{bad[0]!r} is not a tag: tags are letters, digits, _, - and spaces, up to 100")
            if label is not None and label not in self.service.settings.labels:
                on_event = self.category == "event"
                raise refused("event_label_unknown", label=label) if on_event else refused("no_such_name", name=label)
            with self.writing(req, graceid) as (writer, subject):
                if label is not None:
                    check_applicable(self.service.settings, subject, label)
                record = acts.write_log(
                    writer, subject, str(comment), files=form.files, tags=tags, display_names=names, label=label
                )
        answer_created(req, resp, subject.view, record, record.get("self"))


def _check(comment: str, tags: list[str], names: list[str], form: Form) -> None:
    """Problem (400) where the server takes an entry for events, and refuses it for superevents."""
    if not comment.strip():
        raise refused("blank")
    if tags and names and len(names) != len(tags):
        raise refused("display_names")
    if any(not file.blob.size for file in form.files):
        raise refused("empty_file")


class Log(Resource):
    """One entry."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        absent = refused("event_log_missing") if self.category == "event" else None
        self.answer_one(req, resp, graceid, "log", number(n), absent)


def is_tag(tag: str) -> bool:
    """Whether a text can be a tag."""
    return 0 < len(tag) <= 100 and all(c.isalnum() or c in "_-:. " for c in tag)
