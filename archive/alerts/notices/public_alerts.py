"""The alerts of a timeline that went to the public, in order: as they were kept, or rebuilt; in one of the forms of their wires."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gracetape.archive.alerts.alert import Alert
from gracetape.archive.alerts.notices.documents import event_of, params_of, voevent_said, written
from gracetape.archive.alerts.notices.files import Files, contents_of
from gracetape.archive.alerts.notices.heard import held, with_heard
from gracetape.archive.alerts.notices.moments import Moment, moments_of
from gracetape.archive.alerts.notices.notice import Notice, notice_of
from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS as PUBLIC_FORMATS, PublicAlert
from gracetape.archive.history.history import History
from gracetape.archive.history.rules import Record
from gracetape.archive.history.snapshot import Snapshot
from gracetape.archive.history.timeline import Position, Timeline
from gracetape.bounded_json import read_json
from gracetape.notices import AVRO, from_avro, in_short, is_notice
from gracetape.topics import CLASSIC_TOPIC, GWALERT_TOPIC

_KEPT = "the server kept what was sent"
_REBUILT = "rebuilt from the records of its moment, as notices in JSON were sent along with VOEvents"


def public_alerts(timeline: Timeline, format: str = "gwalert", until: Position | None = None) -> Iterator[PublicAlert]:
    """What the public was told along a timeline, in order, in one of PUBLIC_FORMATS; not what came after `until`."""
    waiting: list[tuple[datetime, Position, int, int, PublicAlert]] = []
    for part in timeline.parts(None if timeline.heard_by_public else until):
        while waiting and waiting[0][0] < part.begins:
            yield heapq.heappop(waiting)[-1]
        for graceid in part.objects:
            place = timeline.place_of(graceid)
            for number, alert in enumerate(_of_object(timeline, graceid, format, until)):
                position = alert.position or timeline.at_time(alert.created)
                placed = alert if alert.position else replace(alert, position=position)
                heapq.heappush(waiting, (alert.created, position, place, number, placed))
    while waiting:
        yield heapq.heappop(waiting)[-1]


def _of_object(timeline: Timeline, graceid: str, format: str, until: Position | None) -> list[PublicAlert]:
    """What the public was told of one superevent: what was heard as it was heard."""
    history = timeline.histories[graceid]
    rebuilt = list(_Told(timeline, history, until).alerts(format))
    return with_heard(rebuilt, history.recorded, format, graceid) if history.recorded else rebuilt


def rebuilt_public_alerts(timeline: Timeline, graceid: str, format: str) -> list[PublicAlert]:
    """What the records of one superevent tell of, whatever was heard."""
    return list(_Told(timeline, timeline.histories[graceid], None).alerts(format))


class _Told:
    """The alerts of one superevent."""

    def __init__(self, timeline: Timeline, history: History, until: Position | None) -> None:
        self._timeline, self._history = timeline, history
        numbers = timeline.entry_positions(history.graceid)
        self._moments = [
            (moment, numbers[moment.index - 1])
            for moment in moments_of(history)
            if until is None or numbers[moment.index - 1] <= until
        ]

    def alerts(self, format: str) -> Iterator[PublicAlert]:
        earlier: list[Record] = []
        for number, (moment, position) in enumerate(self._moments, start=1):
            alert = self._alert(moment, position, number, format, earlier)
            if alert.data:  # a VOEvent that cannot be written goes out to nobody
                yield alert
            earlier.append(self._cited(moment, number))

    def _cited(self, moment: Moment, number: int) -> Record:
        """What later documents say of this one."""
        ivorn = f"ivo://gwnet/LVC#{self._history.graceid}-{number}-{moment.type.title}"
        known = moment.voevent or {}
        return {"N": known.get("N") or number, "ivorn": known.get("ivorn") or ivorn}

    def _alert(
        self, moment: Moment, position: Position, number: int, format: str, earlier: Sequence[Record]
    ) -> PublicAlert:
        others = self._timeline.others_at(position)

        def record_of(graceid: str) -> Record | None:
            try:
                return others.record(graceid)
            except KeyError:
                return None

        snapshot = others.snapshot(self._history, moment.index, others.record)
        record = snapshot.record()
        document = self._document(moment, snapshot)
        params = params_of(document)
        moment = replace(moment, voevent=voevent_said(moment.voevent, params))
        if moment.significant is None and isinstance((moment.voevent or {}).get("significant"), bool):
            moment = replace(moment, significant=(moment.voevent or {})["significant"])
        files = Files(snapshot, lambda graceid: self._event_at(graceid, position))
        notice, certainty, reason = None, moment.certainty, moment.reason
        sent, text = self._sent(moment)
        if sent is not None and format != "voevent":
            notice, certainty, reason = Notice(held(sent)), "recorded", _KEPT
        if notice is None:
            notice = notice_of(moment, snapshot, record_of, files, event_of(params))
        data: Any = notice.message
        if format == "voevent":
            event = event_of(params) | {
                k: v for k, v in (record.get("preferred_event_data") or {}).items() if v is not None
            }
            external = record_of(str(record.get("em_type"))) if notice.message["external_coinc"] else None
            made = written(moment, number, notice, record, event, external, earlier) if document is None else document
            data = (made or b"").decode("utf-8", "replace")
        alert = self._about(moment, position, record, notice, data, format)
        if sent is None or format == "voevent":
            alert = _doubted(alert, moment, snapshot, notice, document is not None and format == "voevent")
        else:
            alert = replace(alert, certainty=certainty, reason=reason, heard_text=text)
        return alert

    def _about(
        self, moment: Moment, position: Position, record: Record, notice: Notice, data: Any, format: str
    ) -> PublicAlert:
        topic = GWALERT_TOPIC if format != "voevent" else f"{CLASSIC_TOPIC}{moment.type.packet_name}"
        return PublicAlert(
            moment.entry.created, str(notice.message["superevent_id"]), self._history.graceid, moment.type.notice, data, record,
            moment.entry.n, (topic,), in_short(notice.message, notice.skymap), "superevent", position=position,
            file=moment.entry.record.get("filename") or "", form=format,
        )  # fmt: skip

    def _document(self, moment: Moment, snapshot: Snapshot) -> bytes | None:
        """The VOEvent's own file, if it is at hand."""
        record = moment.voevent or moment.entry.record
        name, version = record.get("filename"), moment.entry.record.get("file_version", record.get("file_version"))
        if moment.entry.act.name != "voevent" or not isinstance(name, str):
            return None
        file = snapshot.file(name, version if isinstance(version, int) else None) or snapshot.file(name)
        return contents_of(snapshot, file) if file is not None else None

    def _sent(self, moment: Moment) -> tuple[Record | None, str]:
        """The notice as it was sent, and its text, if its file is at hand and can be read: JSON before Avro."""
        whole = self._history.at(len(self._history.entries))
        for file in sorted(moment.notices, key=lambda file: file.name.endswith(".avro")):
            data = contents_of(whole, file)
            try:
                packed = data is not None and data.startswith(AVRO)
                found = None if data is None else from_avro(data) if packed else read_json(data)
            except ValueError:
                continue
            if isinstance(found, dict) and is_notice(found):
                return found, "" if packed or data is None else data.decode("utf-8", "replace").strip()
        return None, ""

    def _event_at(self, graceid: str, position: Position) -> Snapshot | None:
        try:
            return self._timeline.snapshot(graceid, position)
        except KeyError:
            return None


def _doubted(alert: PublicAlert, moment: Moment, snapshot: Snapshot, notice: Notice, as_kept: bool) -> PublicAlert:
    """How surely this went out: a document that is at hand as it was; else what the records tell, which are not sure of it all."""
    found: Alert = alert.doubted(moment.certainty, moment.reason)
    if not as_kept:
        found = found.doubted("inferred", _REBUILT)
        for certainty, reason in (*snapshot.doubts, *notice.doubts):
            if certainty == "inferred" and found.reason == _REBUILT:
                found = replace(found, reason=reason)
            found = found.doubted(certainty, reason)
    assert isinstance(found, PublicAlert)
    return found
