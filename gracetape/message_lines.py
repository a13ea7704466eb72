"""A message on a line (JSON Lines): the one writer and the one reader of what targets, dummies and recorders keep in files.

`{"time": "2022-06-09T22:18:16Z", "offset": 0.0, "node": "superevent", "graceid": "S220609hl", "n": 1, "certainty": "exact",
"payload": {…}}`: one line per message and node. `payload` comes last, as it was sent, nothing added.

Lines of others may say less. What one rule makes of that, whoever reads them:

| a line says | it came on | and at |
| --- | --- | --- |
| `node`, `time`, `payload` | that node (`topic` means the same) | that time |
| no `node`, or a payload alone | where the server sent such a message; a listener: the first node that it listens to | |
| no `time`, or a payload alone | | `created` of what it tells of, but after the line above it |
| and tells of nothing created | | no time: a replay plays it right after the line above it; who keeps times (add-alerts) refuses it |
| a `time` that is none | | the same |
"""

import base64
import json
import os
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from pathlib import Path
from typing import Any, NamedTuple

from gracetape.bounded_json import read_fast, read_json
from gracetape.errors import GracetapeError, UsageError
from gracetape.notices import AVRO_BASE64, from_avro, is_voevent
from gracetape.shown import target
from gracetape.times import iso_time, parse_time

#: How a line begins that we wrote, and what stands before its payload.
BEGINS = b'{"time": '
#: Bytes of a line that are looked at: no message is longer.
LONGEST_LINE = 32 << 20
_MOST_ENTRIES = 10**9
_PAYLOAD = b', "payload": '


class Envelope(NamedTuple):
    """What a line says beside the payload: the server's time or that of arrival (UTC), seconds since the first message, the node
    (LVAlert) or topic (igwn-alert), the id that the message is about (None: about none), the log entry that placed it (None: none
    did), and how surely it is known (recorded, exact, inferred, guessed).
    """

    time: datetime
    offset_s: float
    node: str
    graceid: str | None
    n: int | None
    certainty: str

    def fields(self) -> dict[str, Any]:
        """As the line's fields."""
        return {
            "time": iso_time(self.time), "offset": round(self.offset_s, 6), "node": self.node, "graceid": self.graceid,
            "n": self.n, "certainty": self.certainty,
        }  # fmt: skip

    def line(self, payload: str) -> str:
        """The whole line, given the payload's JSON; without its end."""
        begin = _begin(self.time, self.offset_s)
        graceid = "null" if self.graceid is None else _quoted(self.graceid)
        n = "null" if self.n is None else self.n
        about = f'"node": {_quoted(self.node)}, "graceid": {graceid}, "n": {n}, "certainty": "{self.certainty}"'
        return f'{begin}, {about}, "payload": {payload}}}'


@lru_cache(maxsize=1)  # many messages arrive, or go out, at once
def _begin(time: datetime, offset_s: float) -> str:
    return f'{{"time": "{iso_time(time)}", "offset": {json.dumps(round(offset_s, 6))}'


class NotAnObject(ValueError):
    """JSON, but no message."""


class Line(NamedTuple):
    """A line that was read. `payload` is the message, and `text` its JSON as it came; `node` and `time` are what the line says of
    them (None: nothing), `bare` that it is a payload alone, `n` the log entry that a line of ours says placed it.
    """

    payload: dict[str, Any]
    text: str
    node: str | None = None
    time: Any = None
    bare: bool = False
    n: int | None = None


def time_of(line: Line) -> datetime | None:
    """When a message came (UTC): as its line says, else when the server made what it tells of; None if neither is told.

    ValueError, with the reason, for what is no time.
    """
    said = line.time
    if said is None:
        about = (line.payload.get("data"), line.payload.get("object"))
        said = next((record["created"] for record in about if isinstance(record, dict) and record.get("created")), None)
        said = said or line.payload.get("time_created")  # of a notice to the public
    if said is None:
        return None
    if not isinstance(said, str):
        raise ValueError("its time is no text: write it as 2022-06-09T22:18:16.25Z")
    try:
        return parse_time(said)
    except GracetapeError as error:
        raise ValueError(str(error)) from None


def text_of(line: bytes | str) -> str:
    """What is on a line, which may be nothing, without the mark (BOM) with which some editors begin a file."""
    text = line if isinstance(line, str) else line.decode("utf-8", "replace")
    return text.strip().removeprefix("\ufeff").strip()


def read_line(line: bytes | str) -> Line:
    """The message on a line: of ours, or a payload alone, which may be JSON in JSON. ValueError, with the reason, if it is
    no JSON, NotAnObject if it is no message.
    """
    raw = line.encode(errors="surrogatepass") if isinstance(line, str) else line
    text = text_of(raw)
    record = read_fast(text)
    if not isinstance(record, dict):
        raise NotAnObject("it is not a JSON object")
    if "payload" not in record:
        return Line(record, text, _node(record), bare=True)
    payload = record["payload"]
    if isinstance(payload, str):  # the text as it came over the wire
        if is_voevent(payload):
            return _of_record(record, {"text": payload}, json.dumps({"text": payload}))
        inner = from_avro(base64.b64decode(payload)) if payload.startswith(AVRO_BASE64) else read_fast(payload)
        if payload.startswith(AVRO_BASE64):
            return _of_record(record, inner, json.dumps(inner))
        if not isinstance(inner, dict):
            raise NotAnObject("its payload is not a JSON object")
        return _of_record(record, inner, payload)
    if not isinstance(payload, dict):
        raise NotAnObject("its payload is not a JSON object")
    return _of_record(record, payload, _verbatim(raw, payload))


def holds_messages(path: Path) -> bool:
    """Whether a file of messages is there, which has some. UsageError, with the right spelling, if it is a file of something else:
    nothing may be written over it, or behind it.
    """
    try:
        if not path.is_file() or not path.stat().st_size:
            return False
        with path.open("rb") as file:
            first = next(filter(text_of, iter(lambda: file.readline(LONGEST_LINE), b"")), b"")
    except (OSError, ValueError):  # it cannot be written either, probably, which is told then
        return False
    if _is_message(first):
        return True
    if not first:  # blank lines alone
        return False
    name = target(str(path))
    run = f", or to run it, write exec:{name}" if os.access(path, os.X_OK) or first.startswith(b"#!") else ""
    raise UsageError(f"{name} is there and is no file of messages: name another file{run}")


def _is_message(line: bytes) -> bool:
    """Whether a line is a message of GraceDB's, by itself or with what a line of ours says beside it."""
    try:
        found = read_line(line)
    except ValueError:
        return False
    return not found.bare or bool({"uid", "alert_type"} & found.payload.keys())


def _of_record(record: dict[str, Any], payload: dict[str, Any], text: str) -> Line:
    return Line(payload, text, _node(record), record.get("time"), n=entry_number(record.get("n")))


def entry_number(n: object) -> int | None:
    """A number of a log entry; None for what is none, or a number that no log comes to."""
    return n if type(n) is int and 0 < n < _MOST_ENTRIES else None


def _node(record: dict[str, Any]) -> str | None:
    node = record.get("node", record.get("topic"))
    return node if isinstance(node, str) and node else None


def _verbatim(line: bytes, payload: dict[str, Any]) -> str:
    """The payload's text as it stands in the line, if it comes last there, as it does in those that we write."""
    _, found, rest = line.rstrip().partition(_PAYLOAD)
    text = rest[:-1].decode("utf-8", "replace")
    try:
        if found and read_fast(text) == payload:
            return text
    except ValueError:
        pass
    return json.dumps(
        read_json(text_of(line))["payload"]
    )  # not the one that was read fast: its long integers are no integers
