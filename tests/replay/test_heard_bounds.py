"""Messages that were heard are cut, and told of, as the objects are whose logs they tell of."""

import json
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Alert, Archive
from gracetape.errors import BadRequest
from gracetape.replay import VirtualClock

LONG = Path(__file__).parents[1] / "fixtures" / "long.tape"
SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


def written(tape: Path, to: Path) -> Path:
    """A file of the messages of a tape, as a replay writes it."""
    target = replay.open_target(str(to))
    with Archive.open(tape) as archive:
        replay.play(archive, clock=VirtualClock()).play([target])
    target.close()
    return to


def played(source: object, *names: str, **wanted: Any) -> list[Alert]:
    return list(replay.play(source, *names, clock=VirtualClock(), **wanted))  # type: ignore[arg-type]


def told(alerts: list[Alert]) -> list[tuple[str, str, int | None, str]]:
    """What each message is, node by node."""
    return sorted((a.graceid, a.alert_type, a.n, node) for a in alerts for node in a.nodes)


def lines(tmp_path: Path, *payloads: dict[str, Any], **said: Any) -> Path:
    """A file of another's: a message each second."""
    path = tmp_path / "others.jsonl"
    rows = (
        {"time": f"2022-06-09T22:18:{second:02}Z", "node": "superevent", **said, "payload": payload}
        for second, payload in enumerate(payloads)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def message(kind: str, uid: str = "S220609hl", record: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    return {"uid": uid, "alert_type": kind, "data": data, "object": record or {"superevent_id": uid}}


def log(n: int) -> dict[str, Any]:
    return message("log", N=n, comment=f"entry {n}")


@pytest.mark.parametrize("tape", [LONG, SHORT])
def test_a_file_of_ours_is_cut_as_its_tape_is(tape: Path, tmp_path: Path) -> None:
    messages = written(tape, tmp_path / "night.jsonl")
    assert told(played(messages)) == told(played(tape))
    name = next(alert.object_id for alert in played(tape))
    for wanted in ({"cutoff": 2}, {"cutoff": 5}, {"start": 3}):
        assert told(played(messages, name, **wanted)) == told(played(tape, name, **wanted))
    assert len(played(messages, f"{name}:5")) < len(played(messages, name))


def test_the_number_of_a_voevent_is_no_log_entry(tmp_path: Path) -> None:
    path = lines(tmp_path, message("new"), log(3), log(6), message("voevent", N=1, voevent_type="PR", filename="a.xml"))
    assert [alert.alert_type for alert in played(path, cutoff=5)] == ["new", "log"]
    assert [(alert.n, alert.what) for alert in played(path)][2:] == [(6, "entry 6"), (None, "PR")]


def test_what_tells_of_no_entry_belongs_to_the_last_one_before_it(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        message("new"),
        log(2),
        message("label_added", name="A"),
        log(6),
        log(4),
        message("label_added", name="B"),
    )
    assert [alert.what for alert in played(path, cutoff=5)][1:] == ["entry 2", "A", "entry 4"]
    assert [alert.what for alert in played(path, start=6)] == ["entry 6", "B"]


def test_one_of_several_superevents_must_be_named(tmp_path: Path) -> None:
    path = lines(tmp_path, log(1), log(9), message("log", "S220609hm", N=1), message("log", "S220609hm", N=9))
    with pytest.raises(BadRequest, match="any of 2 superevents here: write S220609hl:5"):
        played(path, cutoff=5)
    assert [(alert.graceid, alert.n) for alert in played(path, "S220609hl:5", "S220609hm")] == [
        ("S220609hl", 1), ("S220609hm", 1), ("S220609hm", 9),
    ]  # fmt: skip


def test_a_superevent_is_the_end_for_its_events(tmp_path: Path) -> None:
    own, event = {"gw_events": ["G1"], "superevent_id": "S220609hl"}, message("log", "G1", N=7)
    path = lines(tmp_path, message("new", record=own), event, log(2), log(6), message("log", "G1", N=8))
    assert [(alert.graceid, alert.n) for alert in played(path, "S220609hl:5", "G1")][1:] == [
        ("G1", 7),
        ("S220609hl", 2),
    ]
    assert len(played(path, "S220609hl:5", "G1:8")) == 4
    assert [(alert.graceid, alert.n) for alert in played(path, cutoff=5)][1:] == [("G1", 7), ("S220609hl", 2)]


def test_what_changed_is_told_and_not_what_stayed(tmp_path: Path) -> None:
    first = {"superevent_id": "S220609hl", "preferred_event": "G1", "gw_events": ["G1"], "t_0": 1.5}
    second, third = first | {"gw_events": ["G2", "G1"]}, first | {"preferred_event": "G2"}
    path = lines(
        tmp_path,
        message("new", record=first, **first),
        message("event_added", record=second, **second),
        message("update", record=third, **third),
        message("signoff_created", comment="simulated", signoff_type="OP", instrument="L1", status="OK"),
        message("selected_as_preferred", "G2", graceid="G2", pipeline="gstlal", superevent="S220609hl"),
    )
    assert [alert.what for alert in played(path)][1:] == ["G2", "preferred_event -> G2", "OP L1 OK", "S220609hl"]


def test_a_file_that_tells_of_no_entry_has_no_cutoff(tmp_path: Path) -> None:
    path = lines(tmp_path, message("new"), message("label_added", name="A"))
    with pytest.raises(BadRequest, match="no message that was heard of S220609hl tells of log entry 5"):
        played(path, cutoff=5)
