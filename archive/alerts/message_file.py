"""Reads files of alert messages: JSON Lines, each a message with its time and node, or a payload alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gracetape.archive.alerts.alert import nodes_of
from gracetape.archive.recorded import Recorded
from gracetape.bounded_json import no_json
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.ids import category_of
from gracetape.message_lines import LONGEST_LINE, Line, NotAnObject, read_line, text_of, time_of
from gracetape.notices import about, is_notice
from gracetape.topics import GWALERT_TOPIC

_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_NEXT = timedelta(microseconds=1)


@dataclass
class MessageFile:
    """What a file held: messages by the id of their object, how many lines were about others, and how many told no time."""

    messages: dict[str, list[Recorded]] = field(default_factory=dict)
    others: int = 0
    untimed: int = 0


#: A message with where it stands and the object that it is about.
_Row = tuple[str, Line, str]


def read_messages(
    path: Path, owner_of: Callable[[str], str | None], *, skip_others: bool = False, untimed: bool = False
) -> MessageFile:
    """The messages of a file. `owner_of` says which object a message's uid means, or None if it is not asked for.

    Raises ArchiveError, with the number of the line, for what is no message, (unless `skip_others`) for one about another
    object, and (unless `untimed`) for one of which nothing tells when it came: with it, such a one comes at once after the line above it.
    """
    found = MessageFile()
    for (where, read, owner), arrived in _timed(_rows(path, owner_of, skip_others, found), found, untimed):
        for node in _nodes(where, read):
            found.messages.setdefault(owner, []).append(Recorded(arrived, node, read.payload, read.text, read.n))
    return found


def _rows(path: Path, owner_of: Callable[[str], str | None], skip_others: bool, found: MessageFile) -> Iterator[_Row]:
    for number, line in _lines(path):
        where = f"{path} line {number}"
        read = _read(where, line)
        named, told = about(read.payload)
        uid, kind = read.payload.get("uid") or named, read.payload.get("alert_type") or told
        if not isinstance(uid, str) or not isinstance(kind, str):
            raise ArchiveError(f"{where} is no alert message: it has no uid and alert_type")
        owner = owner_of(uid)
        if owner is not None:
            yield where, read, owner
        elif not skip_others:
            raise ArchiveError(f"{where} is about {uid}: import only its own messages, or say --skip-others")
        else:
            found.others += 1


def _timed(rows: Iterator[_Row], found: MessageFile, untimed: bool) -> Iterator[tuple[_Row, datetime]]:
    """Each message with when it came; those before the first that tells come right before that, or, where none tells, now."""
    latest, waiting = _LONG_AGO, list[_Row]()
    for row in rows:
        where, read, _ = row
        told = _told(where, read)
        if told is None:
            if not untimed:
                raise ArchiveError(
                    f"{where} has no time of arrival: write it as {{'time': '2022-06-09T22:18:16.25Z', ...}}"
                )
            found.untimed += 1
            if latest is _LONG_AGO:
                waiting.append(row)
                continue
            arrived = latest + _NEXT
        else:
            # `created` may be that of the object, and is in whole seconds; lines come in the order of sending
            arrived = told if read.time is not None else max(told, latest + _NEXT)
        yield from _before(arrived, waiting)
        waiting.clear()
        latest = max(arrived, latest)
        yield row, arrived
    yield from _before(datetime.now(UTC), waiting)


def _before(moment: datetime, rows: list[_Row]) -> Iterator[tuple[_Row, datetime]]:
    return ((row, moment - _NEXT * (len(rows) - number)) for number, row in enumerate(rows))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
                if len(line) > LONGEST_LINE:
                    raise ArchiveError(f"{path} line {number} is longer than any message: is it a file of messages?")
                if text_of(line):
                    yield number, line
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from None


def _read(where: str, line: bytes) -> Line:
    try:
        line.decode()
        return read_line(line)
    except UnicodeDecodeError:
        raise ArchiveError(f"{where} is no alert message: it is not UTF-8 text") from None
    except NotAnObject as error:
        raise ArchiveError(f"{where} is no alert message: {error}") from None
    except ValueError as error:
        raise ArchiveError(f"{where} is not JSON: {no_json(error)}") from None


def _told(where: str, read: Line) -> datetime | None:
    """When the message arrived, as its line says, or when the server made what it tells of; None if neither is told."""
    try:
        return time_of(read)
    except ValueError as error:
        raise ArchiveError(f"{where}: {error}") from None


def _nodes(where: str, read: Line) -> tuple[str, ...]:
    """The node that the message came on; where the line does not say, those that the server sent it to."""
    if read.node is not None:
        return (read.node,)
    if is_notice(read.payload):
        return (GWALERT_TOPIC,)
    record = read.payload.get("object") or read.payload.get("data")
    try:
        return nodes_of(record if isinstance(record, dict) else {}, category_of(read.payload["uid"]))
    except (GracetapeError, KeyError):
        raise ArchiveError(f"{where} does not say on which node it came, and its payload does not tell") from None
