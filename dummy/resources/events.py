"""Events: the list, one, its neighbours; made from uploads, and replaced."""

import math
from typing import Any

import falcon

from gracetape.dummy import replay_ids
from gracetape.dummy.acts import events as acts
from gracetape.dummy.forms import Form, Upload
from gracetape.dummy.links import Links
from gracetape.dummy.problems import JSON, invalid
from gracetape.dummy.refusals import EMPTY, NO_CHOICE, NONE_OF_CHOICES, REQUIRED, form_errors, refused
from gracetape.dummy.resources.listing import answer_list
from gracetape.dummy.resources.resource import Resource, answer, led, root_of
from gracetape.dummy.server_settings import ServerSettings
from gracetape.dummy.source import ComposedView
from gracetape.pipelines import UploadedEvent, is_read, read_upload

#: Seconds around an event within which others are its neighbours, by default.
NEIGHBORHOOD = (5, 5)


class Events(Resource):
    """The list of events; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        answer_list(req, resp, self.service, "event", v2=self.is_v2)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        with self.form(req) as form:
            replay_id, malformed = replay_ids.checked(form.get("replay_id"))
            kind, labels = kind_of(self.service.settings, form, replay_id), labels_of(self.service.settings, form)
            file = file_of(form)
            told = told_by(file, form, kind.pipeline, kind.group, kind.search)
            with self.writing(req) as (writer, _):
                subject, warnings = acts.create(writer, kind, file, told, labels)
                self.group(writer, subject)
                view = subject.view
        record = led(req, view, view.record())
        answer(resp, record | {"warnings": [*warnings, *([malformed] if malformed else [])]}, 201)
        resp.set_header("Location", Links(root_of(req), "event", view.graceid).detail())


def kind_of(settings: ServerSettings, form: Form, replay_id: str | None) -> acts.Kind:
    """What a request says that an event is; Problem (400) with all that is wrong."""
    group, pipeline, search = form.get("group"), form.get("pipeline"), form.get("search") or None
    if group != "Test" and pipeline not in settings.pipelines:  # of Test events, the form alone checks it
        raise refused("pipeline")
    chosen = (("group", group, settings.groups), ("pipeline", pipeline, settings.pipelines))
    wrong = [(name, NO_CHOICE if value else REQUIRED) for name, value, known in chosen if value not in known]
    if search is not None and search not in settings.searches:
        wrong.append(("search", NO_CHOICE))
    if wrong:
        raise form_errors(wrong)
    offline = str(form.get("offline", "False")).lower() in ("true", "1", "on")
    return acts.Kind(str(group), str(pipeline), search, offline, replay_id)


def labels_of(settings: ServerSettings, form: Form) -> list[str]:
    """The labels that an event is to have from the beginning; Problem (400) for those that it can't."""
    labels = [str(label) for label in form.values("labels", split=True)]
    for label in labels:
        if label not in settings.labels:
            raise form_errors([("labels", NONE_OF_CHOICES.format(label))])
        if label in settings.protected:
            raise form_errors([("labels", f"The following label(s) are managed by an automated process: {label}")])
    return labels


def file_of(form: Form) -> Upload:
    """The event's file; Problem (400) if there is none."""
    file = form.file("eventFile")
    if file is None or not file.blob.size:
        raise form_errors([("eventFile", REQUIRED if file is None else EMPTY)])
    return file


def told_by(file: Upload, form: Form, pipeline: str, group: str, search: str | None) -> UploadedEvent:
    """What the event's file says; Problem (400, 413) if it is beyond what readers bear. Read before anybody else has to wait."""
    content = file.spool_bytes() if is_read(pipeline, file.filename) else b""
    told = read_upload(pipeline, group, search, file.filename, content, form.flat())
    if told.refused:
        raise invalid(told.refused)
    return told


class Event(Resource):
    """One event; replaced by PUT."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view = self.view(graceid)
        text = view.ready_text(root_of(req)) if isinstance(view, ComposedView) else None
        if text is None:
            answer(resp, led(req, view, view.record()))
        else:
            resp.content_type, resp.data = JSON, text.encode()
        resp.set_header("Cache-Control", "no-cache")

    def on_put(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            file = file_of(form)
            record = self.view(graceid).record()
            told = told_by(file, form, record["pipeline"], record["group"], record["search"])
            if told.failed:
                raise refused("bad_data")
            with self.writing(req, graceid) as (writer, subject):
                acts.replace(writer, subject, file, told)
        resp.status = falcon.HTTP_202


class Neighbors(Resource):
    """Events near an event in time."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view, source = self.view(graceid), self.service.source()
        before, after = _neighborhood(req.get_param("neighborhood"))
        gps = view.record().get("gpstime")
        near = source.near("event", gps - before, gps + after) if gps is not None else []
        found = [led(req, other, other.record()) for other in map(source.view, near) if other.graceid != view.graceid]
        links = {"self": req.uri, "event": Links(root_of(req), "event", view.graceid).detail()}
        answer(resp, {"neighbors": found, "neighborhood": [before, after], "numRows": len(found), "links": links})


def _neighborhood(text: str | None) -> tuple[int, int]:
    parts: list[Any] = (text or "").split(",")
    try:
        values = [int(part) for part in parts]
    except ValueError:
        return NEIGHBORHOOD
    return (values[0], values[-1])


class UpdateGrb(Resource):
    """Parameters of an External event."""

    NAMES = ("ra", "dec", "error_radius", "t90", "redshift", "designation")

    def on_patch(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            changes = {name: form.get(name) for name in self.NAMES if name in form}
            for name in self.NAMES[:-1]:
                if name in changes:
                    changes[name] = _number(name, changes[name])
            with self.writing(req, graceid) as (writer, subject):
                if "GRB" not in subject.record["extra_attributes"]:
                    raise refused("no_grb", graceid=subject.graceid)
                if not acts.update_grb(writer, subject, changes):
                    raise refused("grb_unchanged")
                view = subject.view
        answer(resp, led(req, view, view.record()))


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
        return number
    except (TypeError, ValueError, OverflowError):
        raise refused("grb_number", name=name) from None
