"""Cutoffs, starts and latest times leave out what the server sent outside them, and nothing else."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from gracetape.archive import Alert, Archive, ArchiveError, Position
from gracetape.replay import BadRequest, MaxClock, play

S, FIRST, SECOND, LONE = "S220609hl", "G1001", "G1002", "G9000"

MomentOf = Callable[[int], datetime]


def _played(tape: Path, *refs: str, **options: object) -> list[Alert]:
    return list(play(tape, *refs, clock=MaxClock(), **options))  # type: ignore[arg-type]


def _sent(alerts: list[Alert]) -> list[object]:
    return [line for alert in alerts for line in alert.lines(alerts[0].created)]


def _short(alerts: list[Alert]) -> list[tuple[str, str, int | None]]:
    return [(alert.graceid, alert.alert_type, alert.n) for alert in alerts]


def test_without_ids_every_object_is_played_on_one_time_line(tape: Path) -> None:
    alerts = _played(tape)
    assert {alert.object_id for alert in alerts} == {S, FIRST, SECOND, LONE}
    assert [alert.created for alert in alerts] == sorted(alert.created for alert in alerts)


def test_a_named_object_is_played_alone_and_silent_entries_are_not(tape: Path) -> None:
    assert _short(_played(tape, S)) == [
        (S, "new", 1), (S, "log", 2), (S, "event_added", 4), (S, "update", 5), (S, "label_added", 6), (S, "log", 7),
        (S, "log", 8),
    ]  # fmt: skip


@pytest.mark.parametrize("n", range(1, 9))
def test_nothing_after_the_cutoff_of_the_superevent_is_sent(tape: Path, moment_of_entry: MomentOf, n: int) -> None:
    whole = _played(tape)
    moment = moment_of_entry(n)
    kept = _played(tape, cutoff=n)
    assert kept == [alert for alert in whole if alert.created <= moment]
    assert kept == _played(tape, f"{S}:{n}", FIRST, SECOND, LONE, until=moment)
    members = _played(tape, f"{S}:{n}", FIRST, SECOND)
    assert _sent(members) == _sent([alert for alert in kept if alert.object_id != LONE])


def test_a_superevents_cutoff_leaves_unrelated_objects_alone_and_each_may_have_its_own(tape: Path) -> None:
    both = _played(tape, f"{S}:2", LONE)
    assert (LONE, "log", 3) in _short(both)
    assert (S, "event_added", 4) not in _short(both)
    each = _played(tape, f"{S}:2", f"{LONE}:1", f"{FIRST}:6")
    assert [n for graceid, _, n in _short(each) if graceid == LONE] == [None, 1]
    assert (FIRST, "log", 6) in _short(each)


def test_the_state_shown_at_the_cutoff_knows_nothing_of_later(tape: Path) -> None:
    last = _played(tape, S, cutoff=4)[-1]
    assert last.object["labels"] == []
    assert last.object["preferred_event"] == FIRST
    assert last.object["t_0"] == 2.0
    assert last.object["preferred_event_data"]["graceid"] == FIRST


def test_a_replay_may_start_in_the_middle(tape: Path, moment_of_entry: MomentOf) -> None:
    whole = _played(tape)
    assert _played(tape, start=1) == [a for a in whole if a.created >= moment_of_entry(1)]
    assert _short(_played(tape, S, start=5, cutoff=6)) == [(S, "update", 5), (S, "label_added", 6)]
    player = play(tape, S, start=5, clock=MaxClock())
    with Archive.open(tape):
        assert player.timeline is not None
        before = player.timeline.snapshot(S, player.position or Position(0))
        assert before is not None
        assert before.record()["preferred_event"] == FIRST


def test_certain_only_leaves_out_what_is_inferred_or_guessed(tape: Path) -> None:
    kept = _played(tape, certain_only=True)
    assert {alert.certainty for alert in kept} <= {"recorded", "exact"}
    assert kept == [alert for alert in _played(tape) if alert.certainty in ("recorded", "exact")]


def test_the_legacy_format_leaves_out_what_it_had_no_message_for(tape: Path) -> None:
    kept = _played(tape, format="legacy")
    assert {alert.object_id for alert in kept} == {FIRST, SECOND, LONE}
    assert all(alert.payload("legacy") for alert in kept)


def test_the_player_can_be_given_an_open_archive(tape: Path) -> None:
    with Archive.open(tape) as archive:
        assert _short(list(play(archive, LONE, clock=MaxClock()))) == _short(_played(tape, LONE))


@pytest.mark.parametrize(
    ("refs", "options", "sentence"),
    [
        ((S,), {"cutoff": 0}, f"{S} has no log entry 0: its log goes from 1 to 8"),
        ((S,), {"cutoff": -1}, f"{S} has no log entry -1: its log goes from 1 to 8"),
        ((S,), {"cutoff": 9}, f"{S} has no log entry 9: its log goes from 1 to 8"),
        ((f"{LONE}:4",), {}, f"{LONE} has no log entry 4: its log goes from 1 to 3"),
        ((S, LONE), {"cutoff": 5}, f"{LONE} has no log entry 5"),
        ((), {"cutoff": 9}, f"{S} has no log entry 9"),
        ((S,), {"start": 0}, f"{S} has no log entry 0"),
        ((S,), {"start": 5, "cutoff": 4}, f"{S} would start at log entry 5, after its cutoff 4"),
        ((FIRST, LONE), {"start": 1}, f"any of 2 objects here: write {FIRST} --start 1"),
        ((S, f"{S}:3"), {}, f"{S} is named twice"),
        (("nonsense",), {}, "'nonsense' is not a GraceID"),
        ((S,), {"speed": 0}, "the speed must be a positive number"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    tape: Path, refs: tuple[str, ...], options: dict[str, int], sentence: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        _played(tape, *refs, **options)
    assert sentence in str(caught.value)


def test_a_cutoff_without_an_id_needs_one_superevent_or_one_object(
    tmp_path: Path, event_tape: Path, make_tape: Callable[..., Path]
) -> None:
    assert _short(_played(event_tape, cutoff=1)) == [(LONE, "new", None), (LONE, "log", 1)]
    two = make_tape(tmp_path / "two.tape", FIRST, LONE)
    with pytest.raises(BadRequest, match=f"any of 2 objects here: write {FIRST}:1"):
        _played(two, cutoff=1)
    empty = make_tape(tmp_path / "empty.tape")
    assert _played(empty) == []
    with pytest.raises(BadRequest, match="empty"):
        _played(empty, cutoff=1)


def test_an_unknown_object_is_named(tape: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no G77"):
        _played(tape, "G77")
