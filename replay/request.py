"""What a command line of `gracetape replay` asks for, read into the parts of a replay."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gracetape.archive import locate, looks_like_archive
from gracetape.clocks import clock_for
from gracetape.errors import BadRequest, GracetapeError
from gracetape.replay.chance import parse_distribution
from gracetape.replay.faults import Faults
from gracetape.replay.player import Player
from gracetape.replay.prepare import Tape, play
from gracetape.times import parse_time


@dataclass(frozen=True)
class Request:
    """The options, named as on the command line. `speed` None: as fast as possible."""

    names: Sequence[str]
    archive: str | None = None
    speed: float | None = 1.0
    until: str | None = None
    loop: int | None = None
    offset: Sequence[str] = ()
    retime: bool = False
    retime_to: str | None = None
    delay: str | None = None
    played: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)

    def player(self) -> Player:
        """The player that is asked for; BadRequest or ArchiveError if it can't be had."""
        return play(
            self.tapes(),
            clock=clock_for(self.speed, maximum=self.speed is None),
            until=time_of(self.until),
            laps=1 if self.loop is None else self.loop or None,
            retime=datetime.now(UTC) if self.retime else time_of(self.retime_to),
            **self.played,
        )

    def faults(self) -> Faults | None:
        """What is to go wrong; None: nothing."""
        delay = parse_distribution(self.delay) if self.delay is not None else None
        faults = Faults(delay=delay, **self.wrong)
        return faults if delay or any((faults.drop, faults.duplicate, faults.corrupt, faults.reorder)) else None

    def tapes(self) -> list[Tape]:
        """The archives, each with the ids that follow its name; what has an offset of its own is a tape of its own."""
        offsets = dict(_offset(text) for text in self.offset)
        apart = self.played.get("align") == "start"
        tapes: list[Tape] = []
        for path, ids in self._groups():
            base = offsets.pop(path, 0.0)
            own = [name for name in ids if apart or name in offsets]
            together = [name for name in ids if name not in own]
            if together or not ids:
                tapes.append(Tape(path, together, base))
            tapes += [Tape(path, [name], base + offsets.pop(name, 0.0)) for name in own]
        for name in offsets:
            raise BadRequest(f"--offset {name}=...: {name} is neither an archive nor an id named in this command")
        return tapes

    def _groups(self) -> list[tuple[str, list[str]]]:
        groups: list[tuple[str, list[str]]] = []
        for name in self.names:
            if looks_like_archive(name):
                if self.archive is not None:
                    raise BadRequest(f"the archive is named twice: {name} and --archive {self.archive}")
                groups.append((name, []))
                continue
            if not groups:
                groups.append((self._located(), []))
            groups[-1][1].append(name)
        return groups or [(self._located(), [])]

    def _located(self) -> str:
        with as_bad_request():
            return str(locate(self.archive))


def time_of(text: str | None) -> datetime | None:
    """A time of a command line (UTC); BadRequest if it is none."""
    with as_bad_request():
        return parse_time(text) if text is not None else None


def _offset(text: str) -> tuple[str, float]:
    name, _, seconds = text.rpartition("=")
    try:
        return name, float(seconds)
    except ValueError:
        raise BadRequest(f"--offset {text}: write NAME=SECONDS, as in --offset b.tape=60") from None


@contextmanager
def as_bad_request() -> Iterator[None]:
    """What the archive calls wrong was wrong on the command line."""
    try:
        yield
    except GracetapeError as error:
        raise BadRequest(str(error)) from None
