"""New ids follow through a whole message, and no two copies share any."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gracetape.archive import Alert
from gracetape.replay import BadRequest, MaxClock, Renaming, Retiming, play
from gracetape.replay.rewrite import Rewrite
from tests.replay.conftest import FIRST, LONE, SECOND, S, make_alerts_at

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
OLD = re.compile(r"(?<![A-Za-z0-9])(T1|T2|TS101020a)(?![A-Za-z0-9])")


def _told(alert: Alert) -> str:
    return json.dumps([alert.payload(), alert.object_id, alert.what])


def test_every_id_in_a_message_follows_and_nothing_else_changes() -> None:
    recorded = list(play(SHORT, clock=MaxClock()))
    renamed = list(play(SHORT, clock=MaxClock(), names=["G{n}", "S220101{letters}"]))
    back = Renaming({"G1": "T1", "G2": "T2", "S220101a": "TS101020a"})
    for before, after in zip(recorded, renamed, strict=True):
        assert not OLD.search(_told(after))
        assert back.alert(after) == before


def test_each_copy_holds_its_own_ids_only() -> None:
    player = play(SHORT, clock=MaxClock(), names=["M{n}"], copies=30)
    copies: dict[int, set[str]] = {}
    for queued, alert in player.queue.whole():
        found = re.findall(r"(?<![A-Za-z0-9])(?:[MT]\d+|TS101020[a-z]+)(?![A-Za-z0-9])", _told(alert))
        copies.setdefault(queued.copy, set()).update(found)
    assert copies[0] == {"M1", "M2", "TS101020a"}
    assert copies[29] == {"M59", "M60", "TS101020ad"}
    assert sum(len(ids) for ids in copies.values()) == len(set.union(*copies.values())) == 90


def test_laps_get_ids_of_their_own(tape: Path) -> None:
    player = play(tape, LONE, clock=MaxClock(), names=["E{n}"], laps=3)
    assert sorted({alert.graceid for alert in player}) == ["E1", "E2", "E3"]


def test_what_only_looks_like_an_id_stays() -> None:
    renaming = Renaming({"G1": "T9"})
    text = "G1, (G1) G12 XG1 G1a /G1/ G1_x.png H1 s G1"
    assert renaming.text(text) == "T9, (T9) G12 XG1 G1a /T9/ T9_x.png H1 s T9"
    assert renaming.value({"G1": ["G1", 1, None], "comment": "for G1\nG1"}) == {
        "T9": ["T9", 1, None],
        "comment": "for T9\nT9",
    }


def test_the_recorded_alerts_stay_as_they_were(tape: Path) -> None:
    before = [_told(alert) for alert in play(tape, clock=MaxClock())]
    player = play(tape, clock=MaxClock(), names=["T{n}"], copies=2)
    list(player)
    assert [_told(alert) for copy in player.queue.copies[:1] for alert in copy.selection.alerts] == before


@pytest.mark.parametrize(
    ("refs", "options", "sentence"),
    [
        ((), {"copies": 2}, "copies need ids of their own"),
        ((LONE,), {"names": ["T5"], "copies": 2}, "2 ids cannot all become T5"),
        ((FIRST, SECOND, S), {"names": ["T5"]}, "ids cannot all become T5"),
        ((), {"names": ["X{n}"]}, "'X{n}' makes no ids"),
        ((), {"names": ["T{m}"]}, "'T{m}' makes no ids"),
        ((), {"names": ["T{"]}, "makes no ids"),
        ((), {"names": ["T{n}", "G{n}"]}, "two templates for the ids of events"),
        ((), {"names": ["T{n}"], "copies": 0}, "1 copy or more"),
        ((), {"names": ["T{n}"], "every_s": -1}, "0 or more seconds after one another"),
        ((), {"laps": 0}, "once or more"),
        ((), {"align": "end"}, "as-recorded or start"),
    ],
)
def test_what_cannot_be_named_is_refused(
    tape: Path, refs: tuple[str, ...], options: dict[str, object], sentence: str
) -> None:
    build: Callable[[], object] = lambda: play(tape, *refs, clock=MaxClock(), **options)  # type: ignore[arg-type]  # noqa: E731
    with pytest.raises(BadRequest, match=re.escape(sentence)):
        build()


def test_a_message_that_was_heard_live_follows_as_well() -> None:
    heard = {"uid": "G1", "alert_type": "log", "data": {"created": "2022-06-09 22:18:00 UTC"}, "object": {}}
    alert = replace(make_alerts_at(0)[0], heard=heard)
    changed = Rewrite(Renaming({"G1": "T9"}, {}), Retiming(60, 60)).alert(alert).payload()
    assert changed == heard | {"uid": "T9", "data": {"created": "2022-06-09 22:19:00 UTC"}}
