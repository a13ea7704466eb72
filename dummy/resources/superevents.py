"""Superevents: the list, one, its members, its preferred events by pipeline, its confirmation."""

import math
import re
from collections.abc import Callable
from typing import Any

import falcon

from gracetape.dummy.acts import pipeline_preferred, superevents as acts
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Form
from gracetape.dummy.links import Links
from gracetape.dummy.problems import invalid
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources.checks import Checks, required
from gracetape.dummy.resources.listing import answer_list
from gracetape.dummy.resources.resource import (
    Resource,
    answer,
    answer_created,
    answer_with,
    led,
    page,
    record_as_json,
    root_of,
)
from gracetape.dummy.server_settings import SUPEREVENT_CATEGORIES, ServerSettings

_TIMES = ("t_start", "t_0", "t_end")
_NUMBERS = (*_TIMES, "time_coinc_far", "space_coinc_far")
_EVENT_ID = re.compile(r"[GEHMT]\d{1,18}")
_FIRST_GPS, _LAST_GPS = -432000.0, 3155673618.0  # 1980 to the end of 2079


def _number(form: Form, name: str) -> float:
    try:
        value = float(form.get(name))
    except (TypeError, ValueError, OverflowError):
        raise refused("number") from None
    if not math.isfinite(value):
        raise refused("number")
    if name in _TIMES and not _FIRST_GPS <= value < _LAST_GPS:
        raise invalid(f"{name} out of range: we require that 1980-01-01 <= {name} < 2080-01-01")
    return round(value, 6) if name in _TIMES else value


def _graceid(value: Any) -> str:
    """An event's id as a request names it; Problem (400) if it is none."""
    if not isinstance(value, str):
        raise refused("graceid_text")
    if not _EVENT_ID.fullmatch(value.strip().upper()):
        raise refused("graceid")
    return value.strip().upper()


def _event(writer: Writer, graceid: str) -> Subject:
    found = writer.find(graceid)
    if found is None or found.category != "event":
        raise refused("no_such_event", graceid=graceid)
    return found


class Superevents(Resource):
    """The list of superevents; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        answer_list(req, resp, self.service, "superevent", v2=self.is_v2)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        with self.form(req) as form:
            checks, labels = Checks(), [str(label) for label in form.values("labels", split=True)]
            category = checks.read(lambda: _category(required(form, "category"))) or ""
            chosen = checks.read(lambda: _graceid(required(form, "preferred_event"))) or ""
            named = [checks.read(_graceid, name) or "" for name in form.values("events", split=True)]
            times = {name: checks.read(_time, form, name) or 0.0 for name in _TIMES}
            checks.read(_check_known, self.service.settings, labels)
            checks.end()
            with self.writing(req) as (writer, _):
                preferred, events = _event(writer, chosen), [_event(writer, name) for name in named]
                for event in (preferred, *events):
                    acts.check_free(event)
                    acts.check_category(event, SUPEREVENT_CATEGORIES[category])
                _check_managed(self.service.settings, labels)
                if preferred.record["group"] == "External":
                    raise invalid("External event cannot be set as preferred")
                subject = acts.create(writer, times, preferred, events, labels, category)
                view = subject.view
        answer(resp, led(req, view, view.record()), 201)
        resp.set_header("Location", Links(root_of(req), "superevent", view.graceid).detail())


def _time(form: Form, name: str) -> float:
    required(form, name)
    return _number(form, name)


def _category(value: Any) -> str:
    if str(value) in SUPEREVENT_CATEGORIES:
        return str(value)
    for code, name in SUPEREVENT_CATEGORIES.items():
        if str(value).lower() == name.lower():
            return code
    raise refused("choice", value=value)


def _check_known(settings: ServerSettings, labels: list[str]) -> None:
    for label in labels:
        if label not in settings.labels:
            raise refused("no_such_name", name=label)


def _check_managed(settings: ServerSettings, labels: list[str]) -> None:
    if managed := [label for label in labels if label in settings.protected]:
        raise refused("labels_managed", labels=", ".join(managed))


class Superevent(Resource):
    """One superevent; updated by PATCH."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        stamp, view = self.service.archive.stamp(), self.view(graceid)
        answer_with(resp, record_as_json(root_of(req), self.service, self.service.source(), view.graceid, stamp, view))

    def on_patch(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            checks = Checks()
            wanted: dict[str, Any] = {
                name: checks.read(_number, form, name) for name in _NUMBERS if form.get(name) is not None
            }
            if (preferred := form.get("preferred_event")) is not None:
                wanted["preferred_event"] = checks.read(_graceid, preferred)
            if (em_type := form.get("em_type")) is not None:
                wanted["em_type"] = str(em_type)
            checks.end()
            wanted = {name: wanted[name] for name in acts.PARAMETERS if name in wanted}
            with self.writing(req, graceid) as (writer, subject):
                acts.update(writer, subject, wanted)
                view = subject.view
        answer(resp, led(req, view, view.record()))


class Members(Resource):
    """The events of a superevent; a new one among them."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view = self.view(graceid)
        found = [_member(req, name) for name in sorted(acts.members_of(view.record()), key=lambda name: int(name[1:]))]
        answer(resp, page(req, "events", found))

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        _add(self, req, resp, graceid, acts.add_event)


def _member(req: falcon.Request, graceid: str) -> dict[str, str]:
    return {"self": Links(root_of(req), "event", graceid).detail(), "graceid": graceid}


def _add(
    resource: Resource, req: falcon.Request, resp: falcon.Response, graceid: str,
    act: Callable[[Writer, Subject, Subject], None],
) -> None:  # fmt: skip
    with resource.form(req) as form:
        chosen = _graceid(required(form, "event"))
        with resource.writing(req, graceid) as (writer, subject):
            event = _event(writer, chosen)
            act(writer, subject, event)
    answer_created(req, resp, event.view, member := _member(req, event.graceid), member["self"])


class Member(Resource):
    """One event of a superevent."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, member: str) -> None:
        if member not in acts.members_of(self.view(graceid).record()):
            raise not_found()
        answer(resp, _member(req, member))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, graceid: str, member: str) -> None:
        self.service.check_writable()
        with self.writing(req, graceid) as (writer, subject):
            event = writer.find(member)
            if event is None or member not in acts.members_of(subject.record):
                raise not_found()
            acts.remove_event(writer, subject, event)
        resp.status = falcon.HTTP_204


def _chosen(record: dict[str, Any]) -> list[str]:
    return [event["graceid"] for event in (record.get("pipeline_preferred_events") or {}).values()]


class PipelinePreferred(Resource):
    """The preferred events by pipeline; a new one."""

    for_members = True

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        found = [_member(req, name) for name in _chosen(self.view(graceid).record())]
        answer(resp, page(req, "pipeline_preferred_events", found))

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        _add(self, req, resp, graceid, pipeline_preferred.prefer_in_pipeline)


class PipelinePreferredEvent(Resource):
    """One preferred event of a pipeline."""

    for_members = True

    def on_delete(self, req: falcon.Request, resp: falcon.Response, graceid: str, member: str) -> None:
        self.service.check_writable()
        with self.writing(req, graceid) as (writer, subject):
            if member not in _chosen(subject.record):
                raise not_found()
            pipeline_preferred.unprefer_in_pipeline(writer, subject, member)
        resp.status = falcon.HTTP_204


class ConfirmAsGw(Resource):
    """Confirms a superevent as a gravitational wave."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form, self.writing(req, graceid) as (writer, subject):
            acts.confirm(writer, subject, form.get("gw_id"))
            view = subject.view
        answer(resp, led(req, view, view.record()))
