"""From what a command line of `gracetape replay` asks for to the parts of a replay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from os import fspath
from typing import TypeVar

from gracetape.archive import locate, looks_like_archive
from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS
from gracetape.clocks import clock_for
from gracetape.errors import BadRequest, GracetapeError
from gracetape.progress import progress
from gracetape.replay.chance import parse_distribution
from gracetape.replay.copies import Arrangement
from gracetape.replay.faults import Faults
from gracetape.replay.options import Options
from gracetape.replay.player import Player
from gracetape.replay.prepare import Tape, prepare
from gracetape.replay.selection import Wanted
from gracetape.replay.sharding import Shard, Share
from gracetape.times import parse_time

_Part = TypeVar("_Part", Wanted, Arrangement, Faults)


def player_of(options: Options) -> Player:
    """The player that is asked for; BadRequest or ArchiveError if it can't be had."""
    clock = clock_for(options.speed, options.maximum)
    wanted = _read(Wanted, options, until=time_of(options.until), format=format_of(options))
    arrangement = _read(
        Arrangement,
        options,
        every_s=options.every,
        names=options.rename or (),
        retime=datetime.now(UTC) if options.retime else time_of(options.retime_to),
        laps=1 if options.loop is None else options.loop or None,
        gap_s=options.gap,
    )
    shard = Shard.read(options.shard) if options.shard is not None else None
    with progress("preparing the replay"):
        player = prepare(tapes_of(options), wanted, arrangement, clock, options.rate)
    if shard is not None:
        player.share = Share(shard, player.queue, options.copies)
    return player


def format_of(options: Options) -> str:
    """The form of the messages that are asked for; BadRequest where the public had no such messages."""
    wanted = Wanted(format=options.format or ("gwalert" if options.as_public else "modern"))
    if options.as_public and not wanted.public:
        raise BadRequest(
            f"--as-public sends notices, which the form {options.format} is not: use {', '.join(PUBLIC_FORMATS)}"
        )
    return wanted.format


def faults_of(options: Options) -> Faults | None:
    """What is to go wrong; None: nothing."""
    delay = parse_distribution(options.delay) if options.delay is not None else None
    faults = _read(Faults, options, delay=delay)
    return faults if faults.asked_for else None


def _read(part: type[_Part], options: Options, **otherwise: object) -> _Part:
    """A part of a replay, each field from the option of its name; `otherwise` are those that are written otherwise on a command line."""
    known = {option.name for option in fields(options)}
    named = {field.name: getattr(options, field.name) for field in fields(part) if field.name in known}
    return part(**named | otherwise)


def tapes_of(options: Options) -> list[Tape]:
    """The archives, each with the ids that follow its name; what has an offset of its own is a tape of its own."""
    offsets = dict(_offset(text) for text in options.offset or ())
    apart = options.align == "start"
    tapes: list[Tape] = []
    for path, ids in _groups(options):
        base = offsets.pop(path, 0.0)
        own = [name for name in ids if apart or name in offsets]
        together = [name for name in ids if name not in own]
        if together or not ids:
            tapes.append(Tape(path, together, base))
        tapes += [Tape(path, [name], base + offsets.pop(name, 0.0)) for name in own]
    for name in offsets:
        raise BadRequest(f"--offset {name}=...: {name} is neither an archive nor an id named in this command")
    return tapes


def _groups(options: Options) -> list[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for name in options.names or ():
        if looks_like_archive(name):
            if options.archive is not None:
                raise BadRequest(f"the archive is named twice: {name} and --archive {options.archive}")
            groups.append((name, []))
            continue
        if not groups:
            groups.append((_located(options.archive), []))
        groups[-1][1].append(name)
    return groups or [(_located(options.archive), [])]


def _located(archive: str | None) -> str:
    with as_bad_request():
        return fspath(locate(archive))


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
