"""Log entries of events and superevents."""

import falcon

from gracetape.dummy.acts import logs as acts
from gracetape.dummy.acts.labels import check_applicable
from gracetape.dummy.problems import Problem, invalid
from gracetape.dummy.resources.resource import Resource, answer_created, number


class Logs(Resource):
    """The log: all entries; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, "log")

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            comment, label = form.get("comment"), form.get("label")
            if comment is None:
                raise invalid("This field is required.")
            tags = [str(tag) for tag in form.values("tagname")]
            if bad := [tag for tag in tags if not is_tag(tag)]:
                raise invalid(f"{bad[0]!r} is not a tag: tags are letters, digits, _, - and spaces, up to 100")
            if label is not None and label not in self.service.settings.labels:
                raise invalid(f"Label '{label}' does not exist.")
            with self.writing(req, graceid) as (writer, subject):
                if label is not None:
                    check_applicable(self.service.settings, subject, label)
                names = [str(name) for name in form.values("displayName")]
                record = acts.write_log(
                    writer, subject, str(comment), files=form.files, tags=tags, display_names=names, label=label
                )
        answer_created(req, resp, record, record.get("self"))


class Log(Resource):
    """One entry."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        absent = Problem(404, "Log Message Not Found") if self.category == "event" else None
        self.answer_one(req, resp, graceid, "log", number(n), absent)


def is_tag(tag: str) -> bool:
    """Whether a text can be a tag."""
    return 0 < len(tag) <= 100 and all(c.isalnum() or c in "_-:. " for c in tag)
