"""Reads files of alert messages: JSON Lines, each a message with its time and node, or a payload alone."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gracetape.archive.alerts import nodes_of
from gracetape.archive.recorded import Recorded
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.ids import category_of
from gracetape.times import parse_time

Record = dict[str, Any]


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
    found = MessageFile()
    for number, line in _lines(path):
        where = f"{path} line {number}"
        record = _object(where, line)
        payload = record.get("payload", record)
        if isinstance(payload, str):  # the text as it came over the wire
            payload = _object(where, payload)
        uid = payload.get("uid") if isinstance(payload, dict) else None
        if not isinstance(uid, str) or not isinstance(payload.get("alert_type"), str):
            raise ArchiveError(f"{where} is no alert message: it has no uid and alert_type")
        owner = owner_of(uid)
        if owner is None:
            if not skip_others:
                raise ArchiveError(f"{where} is about {uid}: import only its own messages, or say --skip-others")
            found.others += 1
            continue
        arrived = _arrival(where, record, payload)
        for node in _nodes(where, record, payload):
            found.messages.setdefault(owner, []).append(Recorded(arrived, node, payload))
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise ArchiveError(f"{path} is no file of messages: it is not UTF-8 text") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from None


def _object(where: str, line: str) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{where} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ArchiveError(f"{where} is no alert message: it is not a JSON object")
    return record


def _arrival(where: str, record: Record, payload: Record) -> datetime:
    """When the message arrived; for a payload alone, when the server made what it tells of."""
    if "payload" not in record:
        about = [payload.get("data"), payload.get("object")]
        text = next((a["created"] for a in about if isinstance(a, dict) and a.get("created")), None)
    else:
        text = record.get("time")
    if not isinstance(text, str):
        raise ArchiveError(f"{where} has no time of arrival: write it as {{'time': '2022-06-09T22:18:16.25Z', ...}}")
    try:
        return parse_time(text)
    except GracetapeError as error:
        raise ArchiveError(f"{where}: {error}") from None


def _nodes(where: str, record: Record, payload: Record) -> tuple[str, ...]:
    """The node that the message came on; where the line does not say, those that the server sent it to."""
    if isinstance(node := record.get("node", record.get("topic")), str) and node:
        return (node,)
    about = payload.get("object") or payload.get("data")
    try:
        return nodes_of(about if isinstance(about, dict) else {}, category_of(payload["uid"]))
    except (GracetapeError, KeyError):
        raise ArchiveError(f"{where} does not say on which node it came, and its payload does not tell") from None
