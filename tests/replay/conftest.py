"""A small archive of a superevent, two member events and an unrelated one, and alerts made by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Alert, Archive, Position

SERVICE = "https://gracedb.invalid/api/"
BORN = datetime(2022, 6, 9, 22, 18, 0, tzinfo=UTC)
S, FIRST, SECOND, LONE = "S220609hl", "G1001", "G1002", "G9000"

#: Seconds after BORN and comment of every log entry; the lone event's life lies inside the superevent's.
LOGS: dict[str, list[tuple[int, str]]] = {
    FIRST: [
        (0, "Log entry created for uploaded event"),
        (2, "looks real"),
        (5, f"Set as preferred event for superevent: {S}"),
        (5, f"Added to superevent: {S}"),
        (30, f"Removed as preferred event for superevent: {S}"),
        (50, "a late remark"),
    ],
    SECOND: [
        (10, "Log entry created for uploaded event"),
        (20, f"Added to superevent: {S}"),
        (30, f"Set as preferred event for superevent: {S}"),
        (60, "a very late remark"),
    ],
    S: [
        (5, f"Superevent created with t_start=1.0, t_0=2.0, t_end=3.0, preferred_event={FIRST}, events={FIRST}"),
        (8, "a sky map is under way"),
        (9, "Tagged message 2: sky_loc."),
        (20, f"Added event: {SECOND}"),
        (30, f"Updated superevent parameters: preferred_event: {FIRST} -> {SECOND}, t_0: 2.0 -> 2.5"),
        (40, "Added label: EM_READY"),
        (45, "[/b]markup\x1b[31m μ and\nlines"),
        (55, "the last word"),
    ],
    LONE: [(12, "Log entry created for uploaded event"), (13, "unrelated"), (58, "unrelated and late")],
}


def _created(seconds: int) -> str:
    return (BORN + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")


def _event(graceid: str) -> dict[str, Any]:
    return {
        "submitter": "gstlal", "created": _created(LOGS[graceid][0][0]), "group": "CBC", "graceid": graceid,
        "pipeline": "gstlal", "gpstime": 1338848298.0, "search": "AllSky", "far": 1e-9, "labels": [],
        "superevent": None if graceid == LONE else S, "links": {"self": f"{SERVICE}events/{graceid}"},
    }  # fmt: skip


def _superevent() -> dict[str, Any]:
    return {
        "superevent_id": S, "gw_id": None, "category": "Production", "created": _created(5), "submitter": "gwcelery",
        "preferred_event": SECOND, "em_type": None, "t_start": 1.0, "t_0": 2.5, "t_end": 3.0,
        "gw_events": [FIRST, SECOND], "em_events": [], "far": 1e-9, "labels": ["EM_READY"], "links": {"self": f"{SERVICE}superevents/{S}/"},
        "preferred_event_data": _event(SECOND),
    }  # fmt: skip


def write_tape(path: Path, *graceids: str) -> Path:
    """An archive of some of the objects at `path`."""
    with Archive.create(path) as archive, archive.transaction() as tx:
        for graceid in graceids:
            tx.new_object(graceid, SERVICE, _superevent() if graceid == S else _event(graceid))
            for n, (seconds, comment) in enumerate(LOGS[graceid], start=1):
                record = {
                    "N": n, "comment": comment, "created": _created(seconds), "issuer": "gwcelery", "filename": "",
                    "file_version": None, "file": None, "tag_names": [], "self": f"{SERVICE}{graceid}/logs/{n}/",
                }  # fmt: skip
                tx.put(graceid, "log", n, record)
        if S in graceids:
            label = {"self": "", "name": "EM_READY", "created": _created(40), "creator": "gwcelery"}
            tx.put(S, "label", "EM_READY", label)
    return path


@pytest.fixture(scope="session")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four objects."""
    return write_tape(tmp_path_factory.mktemp("all") / "all.tape", S, FIRST, SECOND, LONE)


@pytest.fixture(scope="session")
def event_tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One event alone in its folder."""
    return write_tape(tmp_path_factory.mktemp("one") / "one.tape", LONE)


def make_alerts_at(*seconds: float, nodes: tuple[str, ...] = ("cbc_gstlal",)) -> list[Alert]:
    """Log alerts at given seconds after BORN."""
    return [
        Alert(
            BORN + timedelta(seconds=s), "G1", "G1", "log", {"N": i}, {"graceid": "G1"}, i, nodes, f"remark {i}",
            "event", position=Position(i),
        )
        for i, s in enumerate(seconds, start=1)
    ]  # fmt: skip


@pytest.fixture
def make_alerts() -> Callable[..., list[Alert]]:
    """`make_alerts_at`."""
    return make_alerts_at


@pytest.fixture
def make_tape() -> Callable[..., Path]:
    """`write_tape`."""
    return write_tape


@pytest.fixture
def moment_of_entry() -> Callable[[int], datetime]:
    """The time of a log entry of the superevent."""
    return lambda n: BORN + timedelta(seconds=LOGS[S][n - 1][0])
