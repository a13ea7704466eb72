"""Archives made for the page: one superevent with a long log, and one of many objects."""

import random
from pathlib import Path
from typing import Any

from gracetape.archive import Archive

SERVICE = "https://gracedb.ligo.org/api/"
Record = dict[str, Any]
LONG, ENTRIES, OBJECTS = "S260101a", 10_000, 10_000


def _time(seconds: int) -> str:
    return f"2026-01-{1 + seconds // 86400:02} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02} UTC"


def superevent(graceid: str, created: str, **more: Any) -> Record:
    record = {
        "superevent_id": graceid, "gw_id": None, "category": "Production", "created": created, "submitter": "emfollow",
        "preferred_event": None, "t_start": 1451260819.0, "t_0": 1451260820.0, "t_end": 1451260821.0, "gw_events": [], "em_events": [],
        "far": 1e-9, "labels": [], "links": {"self": f"{SERVICE}superevents/{graceid}/"},
    }  # fmt: skip
    return record | more


def _entries() -> list[Record]:
    """A log of a month: a burst at the beginning, then follow-up at all hours; with files, labels that come and go, and tags."""
    draw, seconds, labelled, found = random.Random(5), 10, False, list[Record]()
    for n in range(1, ENTRIES + 1):
        seconds += 0 if draw.random() < 0.4 else draw.randrange(3 if n < 400 else 520)
        record: Record = {
            "N": n,
            "created": _time(seconds),
            "issuer": "emfollow",
            "comment": f"Follow-up {n} by the observatory",
        }
        record |= {"filename": "", "file_version": None, "tag_names": []}
        if n == 1:
            text = "Superevent created with t_start=1451260819.000000, t_0=1451260820.000000, t_end=1451260821.000000, preferred_event=G1"
            record["comment"] = text
        elif n % 50 == 0:
            record["comment"] = f"{'Removed' if labelled else 'Added'} label: DQV"
            labelled = not labelled
        elif n % 10 == 0:
            record |= {"filename": f"notes{n % 70}.txt", "file_version": n // 70, "comment": "Notes of the shift"}
        elif n % 7 == 0:
            record["comment"] = f"Tagged message {n - 1}: em_follow."
        found.append(record)
    return found


def make_long(path: Path) -> Path:
    """An archive of one superevent whose log has 10,000 entries."""
    with Archive.create(path) as archive, archive.transaction() as tx:
        capture = tx.begin(LONG, SERVICE, "capture")
        tx.put(capture, "object", "", superevent(LONG, _time(0), preferred_event="G1", gw_events=["G1"]))
        for record in _entries():
            tx.put(capture, "log", record["N"], record)
        tx.finish(capture)
    return path


def make_many(path: Path) -> Path:
    """An archive of 10,000 superevents."""
    with Archive.create(path) as archive, archive.transaction() as tx:
        for i in range(OBJECTS):
            day, letters = (
                260101 + i // 1000,
                "abcdefghij"[i // 100 % 10] + "abcdefghij"[i // 10 % 10] + "abcdefghij"[i % 10],
            )
            graceid = f"S{day}{letters}"
            capture = tx.begin(graceid, SERVICE, "capture")
            tx.put(
                capture,
                "object",
                "",
                superevent(graceid, _time(i * 60), far=10.0 ** -(i % 12), labels=["EM_READY"] * (i % 3 == 0)),
            )
            tx.finish(capture)
    return path
