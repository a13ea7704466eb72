"""Reads files of alert messages: JSON Lines, each a message with its time and node, or a payload alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gracetape.archive.alerts.alert import nodes_of
from gracetape.archive.recorded import Recorded
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.ids import category_of
from gracetape.message_lines import LONGEST_LINE, Line, NotAnObject, read_line, text_of, time_of
from gracetape.notices import about, is_notice
from gracetape.topics import GWALERT_TOPIC

_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass
class MessageFile:
    """What a file held: messages by the id of their object, and how many lines were about others."""

    messages: dict[str, list[Recorded]] = field(default_factory=dict)
    others: int = 0


def read_messages(path: Path, owner_of: Callable[[str], str | None], *, skip_others: bool = False) -> MessageFile:
    """The messages of a file. `owner_of` says which object a message's uid means, or None if it is not asked for.

    Raises ArchiveError, with the number of the line, for what is no message, and (unless `skip_others`) for one about
    another object.
    """
    found, latest = MessageFile(), _LONG_AGO
    for number, line in _lines(path):
        where = f"{path} line {number}"
        read = _read(where, line)
        named, told = about(read.payload)
        uid, kind = read.payload.get("uid") or named, read.payload.get("alert_type") or told
        if not isinstance(uid, str) or not isinstance(kind, str):
            raise ArchiveError(f"{where} is no alert message: it has no uid and alert_type")
        owner = owner_of(uid)
        if owner is None:
            if not skip_others:
                raise ArchiveError(f"{where} is about {uid}: import only its own messages, or say --skip-others")
            found.others += 1
            continue
        arrived = _arrival(where, read, latest)
        latest = max(arrived, latest)
        for node in _nodes(where, read):
            found.messages.setdefault(owner, []).append(Recorded(arrived, node, read.payload, read.text))
    return found


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
        raise ArchiveError(f"{where} is not JSON: {error}") from None


def _arrival(where: str, read: Line, latest: datetime) -> datetime:
    """When the message arrived: as its line says, else as the message tells, but after the line above."""
    try:
        told = time_of(read)
    except ValueError as error:
        raise ArchiveError(f"{where}: {error}") from None
    if told is None:
        raise ArchiveError(f"{where} has no time of arrival: write it as {{'time': '2022-06-09T22:18:16.25Z', ...}}")
    if read.time is not None:
        return told
    # `created` may be that of the object, and is in whole seconds; lines come in the order of sending
    return max(told, latest + timedelta(microseconds=1))


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
