"""The alert messages that were really heard: how an archive keeps them beside the logs of their objects.

A row of the table `alerts` is one message on one node. Its column `payload` holds two digests: that of the record which
is the payload (messages on several nodes share it), and that of the row itself, by which `verify` sees damage.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from gracetape.archive.tables import Held, Tables, put_rows
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.plain_text import cut, plain

Record = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A message as heard: when it arrived (UTC, to the microsecond), on which node or topic, and the message itself.

    `text` is its JSON as it came; where that is not known, as the server writes JSON. `n` is the log entry that placed it, where
    the line of a file says that (archives keep what came alone, and that tells of no more than it holds).
    """

    arrived: datetime
    node: str
    payload: Record
    text: str = field(default="", repr=False, compare=False)
    n: int | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        uid = self.payload.get("uid") if isinstance(self.payload, dict) else None
        about = f"{uid} {self.payload.get('alert_type')}" if uid is not None else "about no object"
        return f"<Recorded {cut(plain(about), 40)} on {cut(plain(self.node), 30)}, {self.arrived:%Y-%m-%d %H:%M:%S.%f} UTC>"

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", json.dumps(self.payload))


def _seal(graceid: str, arrived: str, node: str, sha256: str) -> str:
    return hashlib.sha256(repr((graceid, arrived, node, sha256)).encode()).hexdigest()


def make_index(connection: sqlite3.Connection) -> None:
    """Let the messages of one object be found without reading those of all; made when the first ones come."""
    connection.execute("CREATE INDEX IF NOT EXISTS alerts_of_object ON alerts (object, arrived)")


def add_recorded(tx: Held, messages: Mapping[str, Iterable[Recorded]]) -> int:
    """Keep messages about objects (by the ids under which the archive keeps them, or will); how many were new.

    The same payload on the same node is kept once, with its first arrival: brokers may deliver twice.
    """
    return add_texts(
        tx, ((graceid, one.arrived, one.node, one.text) for graceid, heard in messages.items() for one in heard)
    )


def add_texts(tx: Held, messages: Iterable[tuple[str, datetime, str, str]]) -> int:
    """As `add_recorded`, of messages that come by the thousand: object, arrival, node, and the payload's JSON."""
    connection = tx.archive.connection
    make_index(connection)
    first: dict[tuple[str, str, str], datetime] = {}
    texts: dict[str, str] = {}
    for graceid, came, node, text in messages:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        texts[sha256] = text
        first.setdefault((graceid, node, sha256), came)
    (newest,) = connection.execute("SELECT max(id) FROM records").fetchone()
    # In the order of the index, which is then gone through once.
    insert = "INSERT OR IGNORE INTO records (sha256, json)"
    if put_rows(connection, insert, sorted(texts.items())) < len(texts):  # some are not new to the archive
        older = "SELECT sha256 FROM records WHERE id <= ? AND sha256 IN (SELECT value FROM json_each(?))"
        old = {sha256 for (sha256,) in connection.execute(older, (newest, json.dumps(list(texts))))}
        kept = "SELECT node, substr(payload, 1, 64) FROM alerts WHERE object = ?"
        about = {graceid for graceid, _, sha256 in first if sha256 in old}
        known = {(graceid, *row) for graceid in about for row in connection.execute(kept, (graceid,))}
        first = {key: came for key, came in first.items() if key not in known}
    rows = []
    for (graceid, node, sha256), came in first.items():
        arrived = _written(came)
        rows.append((graceid, arrived, node, f"{sha256} {_seal(graceid, arrived, node, sha256)}"))
    return put_rows(connection, "INSERT INTO alerts (object, arrived, node, payload)", rows)


@lru_cache(maxsize=1)  # many messages arrive at once
def _written(arrived: datetime) -> str:
    """A time to the microsecond."""
    return arrived.astimezone(UTC).isoformat(timespec="microseconds")


_OF_OBJECT = (
    "SELECT a.id, a.arrived, a.node, a.payload, r.json FROM {layer}.alerts a "
    "LEFT JOIN {layer}.records r ON r.sha256 = substr(a.payload, 1, 64) WHERE a.object = ?{bounds} ORDER BY a.arrived, a.id"
)
_PAGE = 256


def recorded_of(archive: Tables, graceid: str) -> list[Recorded]:
    """The messages heard about an object, by time of arrival; ArchiveError if one is damaged."""
    query = _OF_OBJECT.format(layer=archive.recordings, bounds="")
    return [_checked(graceid, row) for row in archive.connection.execute(query, (graceid,))]


def recorded_along(archive: Tables, graceid: str, newest: int) -> Iterator[Recorded]:
    """As `recorded_of`, read a page at a time; those whose rows came after the row `newest` are left out."""

    def page(after: str, *values: object) -> list[tuple[Any, ...]]:
        query = _OF_OBJECT.format(layer=archive.recordings, bounds=f" AND a.id <= ?{after}")
        return archive.connection.execute(f"{query} LIMIT {_PAGE}", (graceid, newest, *values)).fetchall()

    rows = page("")
    while rows:
        yield from (_checked(graceid, row) for row in rows)
        rows = page(" AND (a.arrived, a.id) > (?, ?)", rows[-1][1], rows[-1][0])


def _checked(graceid: str, row: tuple[Any, ...]) -> Recorded:
    _, arrived, node, seals, text = row
    if fault := _fault(graceid, arrived, node, seals, text):
        raise ArchiveError(f"{fault}: `gracetape archive verify` tells which")
    return _message(graceid, arrived, node, text or "")


def _message(graceid: str, arrived: str, node: str, text: str) -> Recorded:
    try:
        when, payload = datetime.fromisoformat(arrived), read_kept(text)
        if not isinstance(payload, dict) or when.tzinfo is None:
            raise ValueError("it is no JSON object, or its time of arrival is none")
    except ValueError as error:
        raise ArchiveError(f"a recorded message of {graceid} cannot be read: {error}") from None
    return Recorded(when, node, payload, text)


_ONLY_HEARD = (
    "FROM alerts WHERE object NOT IN (SELECT object FROM captures WHERE completed IS NOT NULL) "
    "AND object NOT IN (SELECT name FROM names)"
)


class OnlyHeard(NamedTuple):
    """An object that was never captured: how many messages were heard of it, and when the first one came (as it is written)."""

    object: str
    messages: int
    first: str


def only_heard(archive: Tables) -> list[OnlyHeard]:
    """The objects that messages were heard of, but that were never captured, in order of the first one."""
    query = f"SELECT object, count(*), min(arrived) {_ONLY_HEARD} GROUP BY object ORDER BY min(arrived)"
    return [OnlyHeard(str(row[0]), int(row[1]), str(row[2])) for row in archive.connection.execute(query)]


def heard_only(archive: Tables) -> dict[str, int]:
    """As `only_heard`: how many messages, by object."""
    return {one.object: one.messages for one in only_heard(archive)}


def nodes_of_only_heard(archive: Tables) -> Iterator[str]:
    """Where messages of such objects were heard, each node once, as they are found."""
    return (str(node) for (node,) in archive.connection.execute(f"SELECT DISTINCT node {_ONLY_HEARD}"))


def count_recorded(archive: Tables, graceid: str) -> int:
    """How many messages were heard about an object."""
    query = "SELECT count(*) FROM alerts WHERE object = ?"
    return int(archive.connection.execute(query, (graceid,)).fetchone()[0])


def faults(archive: Tables) -> Iterator[str]:
    """What is wrong with the recorded messages, one sentence each."""
    query = (
        "SELECT a.id, a.object, a.arrived, a.node, a.payload, r.json FROM alerts a "
        "LEFT JOIN records r ON r.sha256 = substr(a.payload, 1, 64) ORDER BY a.id"
    )
    for number, *row in archive.connection.execute(query):
        fault = _fault(*row)
        try:
            if not fault:
                graceid, arrived, node, _, text = row
                _message(graceid, arrived, node, text)
        except GracetapeError as error:
            fault = str(error)
        if fault:
            yield f"{fault} (row {number} of the table alerts)"


def _fault(graceid: str, arrived: str, node: str, seals: str, text: str | None) -> str | None:
    sha256, _, seal = str(seals).partition(" ")
    if not all(isinstance(value, str) for value in (graceid, arrived, node, text or "")):
        return f"a recorded message of {graceid!r:.80} is damaged"
    if seal != _seal(graceid, arrived, node, sha256):
        return f"a recorded message of {graceid} has changed: its digest does not match"
    if text is None or hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest() != sha256:
        return f"the payload of a recorded message of {graceid} is missing or has changed"
    return None
