"""A storm says before it starts how many messages and bytes it will be, and how long it takes."""

from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.clocks import MaxClock, ScaledClock
from gracetape.replay.copies import Arrangement
from gracetape.replay.message import Message
from gracetape.replay.player import Player
from gracetape.replay.prepare import Tape, prepare
from gracetape.replay.selection import Wanted
from gracetape.replay.storm import storm_of
from tests import commands

TAPE = Path(__file__).parents[1] / "fixtures" / "long.tape"
NAMES = ("T{n}", "TS260101{letters}")


class Counter:
    """A target that counts."""

    def __init__(self) -> None:
        self.messages = self.bytes = 0

    def send(self, message: Message) -> None:
        self.messages += 1
        self.bytes += len(message.payload_json())

    def close(self) -> None:
        return None


def player(clock: MaxClock | ScaledClock, rate: float | None = None, **arranged: object) -> Player:
    with Archive.open(TAPE) as tape:
        return prepare([Tape(tape)], Wanted(), Arrangement(**arranged), clock, rate)  # type: ignore[arg-type]


@pytest.mark.parametrize("arranged", [{"copies": 3, "names": NAMES, "every_s": 7.0}, {"laps": 4}])
def test_what_is_told_is_what_comes(arranged: dict[str, object]) -> None:
    playing, came = player(MaxClock(), **arranged), Counter()
    told = storm_of(playing, int(str(arranged.get("copies", 1))))
    assert told is not None
    playing.play([came])
    assert told.messages == came.messages
    assert told.bytes == pytest.approx(came.bytes, rel=0.02)
    assert told.duration_s is None
    assert "as fast as possible" in str(told)


def test_how_long_it_takes_follows_from_the_speed_or_the_rate() -> None:
    asked = {"copies": 2, "names": NAMES, "every_s": 1000.0}
    playing = player(ScaledClock(10.0), **asked)
    told = storm_of(playing, 2)
    assert told is not None
    assert told.duration_s == pytest.approx(playing.queue.duration_s / 10)
    slower = storm_of(player(ScaledClock(1e6), 2.0, **asked), 2)
    assert slower is not None
    assert slower.duration_s == pytest.approx(slower.messages / 2)
    assert "at most 2 messages a second" in str(slower)


def test_what_is_played_once_is_no_storm_and_endless_laps_are_told_as_such() -> None:
    assert storm_of(player(MaxClock())) is None
    assert "endless laps: " in str(storm_of(player(MaxClock(), laps=None)))


def test_the_command_says_so_first_and_not_where_it_is_to_be_quiet(tmp_path: Path) -> None:
    line = ["replay", TAPE, "--copies", "2", "--as", NAMES[0], "--as", NAMES[1], "--max", "--to"]
    done = commands.run([*line, tmp_path / "a.jsonl"], capture_output=True)
    first, *_, last = done.stderr.splitlines()  # between them, on a busy machine: how far it is
    assert first.startswith("gracetape: 2 copies: ")
    assert last.startswith("sent ")
    assert commands.run([*line, tmp_path / "b.jsonl", "--quiet"], capture_output=True).stderr == ""
