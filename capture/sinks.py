"""Where heard messages are kept: a file of JSON lines, standard output, or an archive; a restart doubles nothing."""

import hashlib
import json
import os
import sys
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

from archive import Archive, ArchiveError
from archive.recorded import Recorded, add_recorded
from archive.times import iso_time
from brokers import Gap, Heard

#: How many of the last messages of a file are compared with what comes after a restart.
_REMEMBERED = 10_000


class Sink(Protocol):
    """Keeps messages for good. `since` is when the recorder before us last listened, None if there was none."""

    since: datetime | None

    def keep(self, batch: Sequence[Heard]) -> int:
        """Keep messages, all or none; how many were new. What was kept already is not kept twice."""

    def gap(self, gap: Gap) -> None:
        """Write down that messages may have been missed."""

    def alive(self, moment: datetime) -> None:
        """Write down that all was heard until `moment`."""

    def after(self, log: str) -> int | None:
        """The offset of the last message that was kept of a broker's log."""


def payload_of(heard: Heard) -> Any:
    """The message's JSON; a message that is no JSON object is put into one, as its text. JSON in JSON is opened."""
    value: Any = heard.payload
    for _ in range(2):  # `igwn-alert send` packs twice
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                break
    return value if isinstance(value, dict) else {"text": heard.payload}


def graceid_of(payload: Any) -> str | None:
    """The id of the object that a message is about, None if it is about none (a command, a heartbeat)."""
    uid = payload.get("uid") if isinstance(payload, dict) else None
    return uid if isinstance(uid, str) else None


def gap_record(gap: Gap) -> dict[str, Any]:
    """A gap as it is written down."""
    return {
        "gap": {
            "nodes": list(gap.nodes), "since": iso_time(gap.since), "until": iso_time(gap.until), "reason": gap.reason,
        }
    }  # fmt: skip


class StreamSink:
    """JSON lines on standard output; gaps are told of on standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.since: datetime | None = None
        self._stream = stream or sys.stdout
        self._first: datetime | None = None

    def keep(self, batch: Sequence[Heard]) -> int:
        for heard in batch:
            self._stream.write(self.line(heard) + "\n")
        self._stream.flush()
        return len(batch)

    def line(self, heard: Heard) -> str:
        """The record of a message file, the payload verbatim where it is JSON."""
        self._first = self._first or heard.arrived
        payload = payload_of(heard)
        place = {
            "time": iso_time(heard.arrived), "offset": (heard.arrived - self._first).total_seconds(),
            "node": heard.node, "graceid": graceid_of(payload), "n": None, "certainty": "recorded",
        }  # fmt: skip
        one_line = "\n" not in heard.payload and "\r" not in heard.payload
        verbatim = one_line and heard.payload.lstrip().startswith("{") and "text" not in payload
        return f'{json.dumps(place)[:-1]}, "payload": {heard.payload if verbatim else json.dumps(payload)}}}'

    def gap(self, gap: Gap) -> None:
        print(f"gap: {gap}", file=sys.stderr, flush=True)

    def alive(self, moment: datetime) -> None:
        pass

    def after(self, log: str) -> int | None:
        return None


class FileSink(StreamSink):
    """JSON lines at the end of a file; gaps in `FILE.gaps`, a line each; in `FILE.until` the time until which all was heard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gaps, self._until = path.with_name(path.name + ".gaps"), path.with_name(path.name + ".until")
        try:
            file = path.open("a+", encoding="utf-8", newline="\n")
            super().__init__(file)
            self._known = dict.fromkeys(self._tail())
            self.since = datetime.fromisoformat(self._until.read_text().strip()) if self._until.exists() else None
        except OSError as error:
            raise ArchiveError(f"cannot write {path}: {error.strerror}") from None
        except ValueError:
            raise ArchiveError(f"{self._until} does not hold a time") from None

    def _tail(self) -> deque[bytes]:
        """Digests of the last messages; a last line that was cut short by a crash is taken away."""
        kept, end = deque[bytes](maxlen=_REMEMBERED), 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    os.truncate(self.path, end)
                    break
                end += len(line)
                try:
                    record = json.loads(line)
                    self._first = self._first or datetime.fromisoformat(record["time"])
                    kept.append(_digest(record["node"], record["payload"]))
                except (ValueError, KeyError, TypeError):
                    raise ArchiveError(f"{self.path}: line {number} is no message that was recorded") from None
        return kept

    def keep(self, batch: Sequence[Heard]) -> int:
        new = [heard for heard in batch if self._is_new(_digest(heard.node, payload_of(heard)))]
        try:
            return super().keep(new)
        except OSError as error:
            raise ArchiveError(f"cannot write {self.path}: {error.strerror}") from None

    def _is_new(self, digest: bytes) -> bool:
        if digest in self._known:
            return False
        self._known[digest] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return True

    def gap(self, gap: Gap) -> None:
        super().gap(gap)
        with self._gaps.open("a", encoding="utf-8") as file:
            file.write(json.dumps(gap_record(gap)) + "\n")

    def alive(self, moment: datetime) -> None:
        new = self._until.with_name(self._until.name + ".new")
        new.write_text(iso_time(moment) + "\n")
        new.replace(self._until)


def _digest(node: str, payload: Any) -> bytes:
    return hashlib.sha256(json.dumps([node, payload]).encode()).digest()


class ArchiveSink:
    """Messages beside the objects that they are about, and where the broker's logs were left, in one transaction.

    What is about no object (commands, heartbeats, gaps) is kept under the empty id.
    """

    def __init__(self, archive: Archive, source: str) -> None:
        self.archive, self._alive = archive, f"heard until, {source}"
        last = archive.number(self._alive)
        self.since = datetime.fromtimestamp(last / 1e6, UTC) if last is not None else None

    def keep(self, batch: Sequence[Heard]) -> int:
        messages: dict[str, list[Recorded]] = {}
        for heard in batch:
            payload = payload_of(heard)
            messages.setdefault(self._object(payload), []).append(Recorded(heard.arrived, heard.node, payload))
        with self.archive.transaction() as tx:
            added = sum(add_recorded(tx, graceid, some) for graceid, some in messages.items())
            for heard in batch:
                if heard.place is not None:
                    tx.set_number(_left_off(heard.place.log), heard.place.offset)
        return added

    def _object(self, payload: Any) -> str:
        uid = graceid_of(payload)
        try:
            return self.archive.resolve(uid) if uid else ""
        except ArchiveError:
            return uid or ""

    def gap(self, gap: Gap) -> None:
        print(f"gap: {gap}", file=sys.stderr, flush=True)
        with self.archive.transaction() as tx:
            add_recorded(tx, "", [Recorded(gap.until, ", ".join(gap.nodes), gap_record(gap))])

    def alive(self, moment: datetime) -> None:
        with self.archive.transaction() as tx:
            tx.set_number(self._alive, int(moment.timestamp() * 1e6))

    def after(self, log: str) -> int | None:
        return self.archive.number(_left_off(log))


def _left_off(log: str) -> str:
    return f"heard of {log}"
