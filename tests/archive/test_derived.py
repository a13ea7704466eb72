"""Whatever is written in whatever order: objects are found as their records say, also while others capture or remove versions."""

import random
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, Capture, NotFound, derived, index, spans
from gracetape.archive.writing import Transaction

SERVICE = "https://gracedb.invalid/api/"
TIMES = [*(f"2020-01-01 00:00:0{second} UTC" for second in range(6)), "1970-01-01T00:00:00+00:00", "nonsense", None, 5]


def _record(graceid: str, dice: random.Random) -> dict[str, Any]:
    record: dict[str, Any] = {"created": dice.choice(TIMES), "labels": dice.sample(["A", "B"], dice.randrange(3))}
    if graceid.startswith("G"):
        return record | {"graceid": graceid, "gpstime": dice.choice([1.0, 2.0, None])}
    members = dice.sample(["G1", "G2"], dice.randrange(3))
    names = {"superevent_id": graceid, "gw_id": dice.choice([None, "GW200101A"]), "preferred_event": "G1"}
    return record | names | {"gw_events": members, "t_0": dice.choice([1.0, 2.0, None, "x"])}


def _entry(dice: random.Random) -> dict[str, Any]:
    return {"N": 1, "created": dice.choice(TIMES), "comment": "x"}


def _write(tx: Transaction, graceid: str, dice: random.Random, unfinished: list[Capture]) -> None:
    """One of the things that captures, dummies and commands do."""
    captures = tx.archive.captures(graceid, unfinished=True)
    match dice.choice(["capture", "begin", "finish", "drop", "put", "put", "put", "delete"]):
        case "finish" if unfinished:
            tx.finish(unfinished.pop(dice.randrange(len(unfinished))))
        case "drop" if captures:
            doomed = dice.choice(captures)
            unfinished[:] = [capture for capture in unfinished if capture.id != doomed.id]
            tx.drop(doomed)
        case "put":
            kind, key = dice.choice([("object", ""), ("log", "1"), ("log", "2")])
            tx.put(graceid, kind, key, _record(graceid, dice) if kind == "object" else _entry(dice))
        case "delete":
            tx.delete(graceid, "log", dice.choice([1, 2]))
        case how:
            capture = tx.begin(graceid, SERVICE, "capture")
            tx.put(capture, "object", "", _record(graceid, dice))
            for n in range(dice.randrange(3)):
                tx.put(capture, "log", n + 1, _entry(dice))
            if how == "capture":
                tx.finish(capture)
            else:
                unfinished.append(capture)


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_what_is_derived_follows_from_what_is_there(seed: int, tmp_path: Path) -> None:
    dice, unfinished = random.Random(seed), list[Capture]()
    with Archive.create(tmp_path / "a.tape") as archive:
        for _ in range(40):
            try:
                with archive.transaction() as tx:
                    _write(tx, dice.choice(["G1", "G2", "S200101a"]), dice, unfinished)
            except NotFound:
                continue
            connection = archive.connection
            assert [*spans.faults(connection), *derived.faults(connection), *index.unlike(connection)] == []


def _steps(objects: int, path: Path) -> list[int]:
    """How many steps SQLite takes to find out about one object among others."""
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    found = []
    with Archive.create(path) as archive:
        with archive.transaction() as tx:
            for number in range(objects):
                capture = tx.begin(f"G{number}", SERVICE, "capture")
                tx.put(capture, "object", "", {"graceid": f"G{number}", "created": TIMES[0], "gpstime": 1.0})
                tx.finish(capture)
        with archive.transaction():
            archive.connection.set_progress_handler(step, 1)
            for look in (derived.renew_place, spans.renew, lambda _, graceid: archive.captures(graceid)):
                taken[0] = 0
                look(archive.connection, "G3")
                found.append(taken[0])
            archive.connection.set_progress_handler(None, 0)
    return found


def test_what_is_asked_of_one_object_goes_over_no_others(tmp_path: Path) -> None:
    few, many = _steps(10, tmp_path / "few.tape"), _steps(300, tmp_path / "many.tape")
    assert all(more < 2 * fewer for fewer, more in zip(few, many, strict=True))
