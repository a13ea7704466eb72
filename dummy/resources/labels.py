"""Labels: on events by PUT to a label's own address, on superevents by POST to the list."""

import json

import falcon

from gracetape.dummy.acts import labels as acts
from gracetape.dummy.links import Links
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources.checks import required
from gracetape.dummy.resources.resource import Resource, answer, answer_created, led
from gracetape.dummy.source import Record


class Labels(Resource):
    """All labels of an object; on superevents, a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        view = self.view(graceid)
        records = view.records("label")
        if self.category == "event":
            links = [{"self": req.uri, "event": Links(view.service, "event", view.graceid).detail()}]
            answer(resp, led(req, view, {"links": links, "labels": records}))
            return
        answer(resp, led(req, view, {"labels": records, "links": {"self": req.uri, "superevent": req.uri}}))

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        if self.category == "event":
            raise falcon.HTTPMethodNotAllowed(["GET"])
        with self.form(req) as form:
            name = required(form, "name")
            if name not in self.service.settings.labels:
                raise refused("no_such_name", name=name)
            with self.writing(req, graceid) as (writer, subject):
                if acts.has_label(subject, name):
                    raise refused("label_there", label=name, superevent=subject.shown_id)
                acts.check_applicable(self.service.settings, subject, name)
                record: Record = acts.add_label(writer, subject, name)
        answer_created(req, resp, subject.view, record, record.get("self"))


class Label(Resource):
    """One label of an object."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, label: str) -> None:
        absent = refused("event_label_missing", label=label) if self.category == "event" else None
        self.answer_one(req, resp, graceid, "label", label, absent)

    def on_put(self, req: falcon.Request, resp: falcon.Response, graceid: str, label: str) -> None:
        if self.category != "event":
            raise falcon.HTTPMethodNotAllowed(["GET", "DELETE"])
        self.service.check_writable()
        with self.writing(req, graceid) as (writer, subject):
            if label not in self.service.settings.labels:
                raise refused("event_label_unknown", label=label)
            if acts.has_label(subject, label):
                said = {"warning": f"Event {subject.graceid} already labeled with '{label}'"}
                answer(resp, said if self.is_v2 else _twice(said), 200)
                return
            acts.check_applicable(self.service.settings, subject, label)
            acts.add_label(writer, subject, label)
        answer(resp, {} if self.is_v2 else "{}", 201)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, graceid: str, label: str) -> None:
        self.service.check_writable()
        with self.writing(req, graceid) as (writer, subject):
            if self.category == "event" and label not in self.service.settings.labels:
                raise refused("event_label_unknown", label=label)
            if not acts.has_label(subject, label):
                if self.category == "event":
                    raise refused("event_label_absent", label=label, graceid=subject.graceid)
                raise not_found()
            acts.check_removable(self.service.settings, subject, label)
            acts.remove_label(writer, subject, label)
        resp.status = falcon.HTTP_204


def _twice(value: object) -> str:
    """API v1 puts JSON into a JSON text here."""
    return json.dumps(value)
