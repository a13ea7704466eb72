"""Reserved events (API v2): an id for an event that is to come, and the file that completes it."""

import falcon

from gracetape.dummy import replay_ids
from gracetape.dummy.acts import events as acts
from gracetape.dummy.links import Links
from gracetape.dummy.problems import invalid
from gracetape.dummy.resources.events import file_of, kind_of, labels_of, told_by
from gracetape.dummy.resources.resource import Resource, answer, led, root_of

#: What a reservation tells of the event.
_TOLD = ("graceid", "submitter", "created", "group", "pipeline", "search", "replay_id", "processing_status")
#: How a file was delivered, kept beside the event.
_DELIVERY = ("kafka_server", "kafka_topic")


class Reserve(Resource):
    """A new id."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        with self.form(req) as form:
            replay_id, malformed = replay_ids.checked(form.get("replay_id"))
            if malformed:
                raise invalid(malformed)
            kind, content_id = kind_of(self.service.settings, form, replay_id), form.get("content_id")
            with self.writing(req) as (writer, _):
                subject = acts.reserve(writer, kind, str(content_id) if content_id else None)
        answer(resp, {name: subject.record[name] for name in _TOLD}, 201)
        resp.set_header("Location", Links(root_of(req), "event", subject.graceid).detail())


class UploadReserved(Resource):
    """The file of a reserved event, with the labels that it is to have."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        with self.form(req) as form:
            labels, file = labels_of(self.service.settings, form), file_of(form)
            record = self.view(graceid).record()
            told = told_by(file, form, record["pipeline"], record["group"], record["search"])
            with self.writing(req, graceid) as (writer, subject):
                delivery = {name: str(form.get(name)) for name in _DELIVERY if form.get(name)}
                warnings = acts.upload(writer, subject, file, told, labels, delivery)
                self.group(writer, subject)
                view = subject.view
        answer(resp, led(req, view, view.record()) | {"warnings": warnings}, 201)
        resp.set_header("Location", Links(root_of(req), "event", view.graceid).detail())
