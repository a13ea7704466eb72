"""Small histories made by hand: an object's record and log, kept as a capture would keep them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gracetape import replay
from gracetape.archive import Alert, Archive

SERVICE = "https://gracedb.ligo.org/api/"
BORN = datetime(2017, 8, 17, 13, 8, 15, tzinfo=UTC)
Record = dict[str, Any]


def log(n: int, comment: str, seconds: float, file: str = "", version: int | None = None, **more: Any) -> Record:
    """A log record of an event in today's form."""
    created = (BORN + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")
    record = {"N": n, "comment": comment, "created": created, "issuer": "albert.einstein", "filename": file}
    return record | {"file_version": 0 if file and version is None else version, "tag_names": []} | more


def event(graceid: str = "G298048", **more: Any) -> Record:
    record = {"graceid": graceid, "group": "CBC", "pipeline": "gstlal", "search": "AllSky", "labels": []}
    links = {"self": f"{SERVICE}events/{graceid}"}
    return record | {"created": BORN.strftime("%Y-%m-%d %H:%M:%S UTC"), "far": 1e-9, "links": links} | more


def keep(folder: Path, record: Record, logs: list[Record], **kinds: dict[str, Record]) -> Path:
    """An archive with one object; other records by kind and key."""
    path = folder / "made.tape"
    graceid = record.get("graceid") or record["superevent_id"]
    with Archive.create(path) as archive, archive.transaction() as tx:
        capture = tx.begin(graceid, SERVICE, "capture")
        tx.put(capture, "object", "", record)
        for entry in logs:
            tx.put(capture, "log", entry["N"], entry)
        for kind, records in kinds.items():
            for key, other in records.items():
                tx.put(capture, kind, key, other)
        tx.finish(capture)
    return path


def announced(path: Path, format: str = "modern") -> list[Alert]:
    return list(replay.play(path, clock=replay.VirtualClock(), format=format))


def told(path: Path, format: str = "modern") -> list[tuple[int | None, str]]:
    """What was sent: log entry and alert type, as in the message."""
    sent = [(alert.n, alert.payload(format)) for alert in announced(path, format)]
    return [(n, payload["alert_type"]) for n, payload in sent if payload]
