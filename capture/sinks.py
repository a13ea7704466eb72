"""Where heard messages are kept: a file of JSON lines, standard output, or an archive; a restart doubles nothing."""

import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TextIO

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.inside import open_inside
from gracetape.archive.recorded import Recorded, add_recorded, add_texts
from gracetape.bounded_json import read_fast
from gracetape.brokers import Gap, Heard, Recent
from gracetape.brokers.heard_lines import HeardLines
from gracetape.live_pages import Teller
from gracetape.message_lines import BEGINS, Envelope, read_line, text_of
from gracetape.notices import about
from gracetape.shown import identity, say
from gracetape.times import iso_time

#: How many of the last messages of a file are compared with what comes after a restart.
_REMEMBERED = 50_000
#: A burst is gathered beside the database (up to 128 MiB, in pages of 4 KiB) before it is brought in, each page once.
_LATER = "PRAGMA wal_autocheckpoint = 32000"
_HALF = re.compile("[\ud800-\udfff]")


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


def _message(heard: Heard) -> dict[str, Any]:
    return opened(heard)[0]


def opened(heard: Heard) -> tuple[dict[str, Any], str]:
    """The message's JSON object, and its text as it came. JSON in JSON is opened; what is no object is put into one, as `text`."""
    text = heard.payload
    for _ in range(2):  # `igwn-alert send` packs twice
        try:
            value = read_fast(text)
        except ValueError:
            break
        if isinstance(value, dict):
            return value, text if _is_text(text) else json.dumps(value)
        if not isinstance(value, str):
            break
        text = value
    payload = {"text": heard.payload}
    return payload, json.dumps(payload)


def payload_of(heard: Heard) -> dict[str, Any]:
    """The message's JSON object, as `opened`."""
    return opened(heard)[0]


def graceid_of(payload: dict[str, Any]) -> str | None:
    """The id of the object that a message is about, None if it is about none (a command, a heartbeat)."""
    uid = payload["uid"] if "uid" in payload else about(payload)[0]
    return uid if isinstance(uid, str) and _is_text(uid) else None


def _is_text(text: str) -> bool:
    """Whether it can be written: half a surrogate pair, which JSON can spell, cannot."""
    return text.isascii() or not _HALF.search(text)


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
        lines = [line for heard in batch if (line := self._line(heard)) is not None]
        self._stream.write("".join(lines))
        self._stream.flush()
        return len(lines)

    def _line(self, heard: Heard) -> str | None:
        """The record of a message file, the payload verbatim if it is one line of JSON; None if it was kept already."""
        payload, text = opened(heard)
        if "\n" in text or "\r" in text:
            text = json.dumps(json.loads(text))
        if not self._is_new(heard.node, text):
            return None
        self._first = self._first or heard.arrived
        offset_s = (heard.arrived - self._first).total_seconds()
        envelope = Envelope(heard.arrived, offset_s, heard.node, graceid_of(payload), None, "recorded")
        return f"{envelope.line(text)}\n"

    def _is_new(self, node: str, text: str) -> bool:
        return True

    def gap(self, gap: Gap) -> None:
        say(f"gap: {gap}", error=True)

    def alive(self, moment: datetime) -> None:
        pass

    def after(self, log: str) -> int | None:
        return None


class Shown:
    """Shows a person what another sink has kept, a line per message on standard output."""

    def __init__(self, kept: Sink | None = None) -> None:
        self._kept, self._lines = kept, HeardLines()
        self.since = None if kept is None else kept.since

    def keep(self, batch: Sequence[Heard]) -> int:
        new = len(batch) if self._kept is None else self._kept.keep(batch)
        self.show(batch)
        return new

    def show(self, batch: Sequence[Heard]) -> None:
        """Let a person see messages."""
        self._lines.show(batch)

    def gap(self, gap: Gap) -> None:
        if self._kept is not None:
            self._kept.gap(gap)
        else:
            say(f"gap: {gap}", error=True)

    def alive(self, moment: datetime) -> None:
        if self._kept is not None:
            self._kept.alive(moment)

    def after(self, log: str) -> int | None:
        return None if self._kept is None else self._kept.after(log)


class Told(Shown):
    """Tells a page what another sink has kept."""

    def __init__(self, kept: Sink, tell: Teller) -> None:
        super().__init__(kept)
        self._tell = tell

    def show(self, batch: Sequence[Heard]) -> None:
        for heard in batch:
            self._tell(self._lines.line(heard), partial(_message, heard))


class FileSink(StreamSink):
    """JSON lines at the end of a file; gaps in `FILE.gaps`, a line each; in `FILE.until` the time until which all was heard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gaps, self._until = path.with_name(path.name + ".gaps"), path.with_name(path.name + ".until")
        try:
            if path.exists() and not path.is_file():
                raise ArchiveError(f"{path} is no regular file: name one, or `-` for standard output")
            file = path.open("a+", encoding="utf-8", newline="\n")
            super().__init__(file)
            self._known = Recent(_REMEMBERED, self._tail())
            self.since = self._last_until()
        except OSError as error:
            raise ArchiveError(f"cannot write {path}: {error.strerror}") from None
        except ValueError:
            raise ArchiveError(f"{self._until} does not hold a time") from None

    def _tail(self) -> deque[int]:
        """Marks of the last messages; a last line that a crash cut short is taken away, or ended if it is whole."""
        kept, end = deque[int](maxlen=_REMEMBERED), 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not text_of(line):
                    end += len(line)
                    continue
                if _is_cut_short(line):
                    os.truncate(self.path, end)
                    break
                try:
                    found = read_line(line)
                    self._first = self._first or datetime.fromisoformat(found.time)
                    if found.node is None:
                        raise ValueError("it names no node")
                    kept.append(_mark(found.node, found.text))
                except (ValueError, TypeError):
                    raise ArchiveError(f"{self.path}: line {number} is no message that was recorded") from None
                end += len(line)
                if not line.endswith(b"\n"):
                    self._stream.write("\n")
        return kept

    def _last_until(self) -> datetime | None:
        try:
            with os.fdopen(open_inside(self._until.parent, self._until.name), encoding="utf-8") as file:
                return datetime.fromisoformat(file.read(100).strip())
        except FileNotFoundError:
            return None

    def keep(self, batch: Sequence[Heard]) -> int:
        try:
            return super().keep(batch)
        except OSError as error:
            raise ArchiveError(f"cannot write {self.path}: {error.strerror}") from None

    def _is_new(self, node: str, text: str) -> bool:
        return self._known.is_new(_mark(node, text))

    def gap(self, gap: Gap) -> None:
        super().gap(gap)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(open_inside(self._gaps.parent, self._gaps.name, flags=flags), "a", encoding="utf-8") as file:
            file.write(json.dumps(gap_record(gap)) + "\n")

    def alive(self, moment: datetime) -> None:
        new = self._until.with_name(self._until.name + ".new")
        flags = os.O_WRONLY | os.O_TRUNC | os.O_CREAT
        with os.fdopen(open_inside(new.parent, new.name, flags=flags), "w", encoding="utf-8") as file:
            file.write(iso_time(moment) + "\n")
        new.replace(self._until)


def _is_cut_short(line: bytes) -> bool:
    """Whether a line is the beginning of one that we wrote."""
    if line.endswith(b"\n") or line[: len(BEGINS)] != BEGINS[: len(line)]:
        return False
    try:
        read_fast(line)
    except ValueError:
        return True
    return False


def _mark(node: str, text: str) -> int:
    """By what a message is known again within this process: 64 bits, keyed with a secret of the process (SipHash), a quarter of the
    work of SHA-256. Once in 10^14 messages one would be taken for another of the 50,000 that are remembered.
    """
    return hash((node, text))


class ArchiveSink:
    """Messages beside the objects that they are about, and where the broker's logs were left, in one transaction.

    What is about no object (commands, heartbeats, gaps) is kept under the empty id. `on_objects` is told of the objects that
    messages were about, once these are kept, and of how many messages.
    """

    def __init__(
        self, archive: Archive, source: str, on_objects: Callable[[set[str], int], object] = lambda names, count: None
    ) -> None:
        self._on_objects = on_objects
        whole = source if source.startswith("exec:") else source.partition("?")[0]
        self.archive, self._alive = archive, _heard_until(whole)
        # Where those before us wrote it: a command was cut at a question mark, and kept as it was, secrets and all.
        cut = source.partition("?")[0]
        self._older = {f"until {cut}", _heard_until(cut)} - {self._alive}
        known = (archive.heard(name) for name in (self._alive, *self._older))
        last = next((number for number in known if number is not None), None)
        self.since = datetime.fromtimestamp(last / 1e6, UTC) if last is not None else None

    def keep(self, batch: Sequence[Heard]) -> int:
        messages, left_off = [], dict[str, int]()
        for heard in batch:
            payload, text = opened(heard)
            messages.append((graceid_of(payload) or "", heard.arrived, heard.node, text))
            if heard.place is not None:
                left_off[heard.place.log] = heard.place.offset
        self.archive.connection.execute(_LATER)
        with self.archive.transaction() as tx:
            # By the ids under which the archive keeps the objects, or will.
            about = {message[0] for message in messages}
            owners = self.archive.owners(about)
            added = add_texts(tx, ((owners.get(uid, uid), came, node, text) for uid, came, node, text in messages))
            for log, offset in left_off.items():
                tx.set_heard(_left_off(log), offset)
        self._on_objects(about, len(messages))
        return added

    def gap(self, gap: Gap) -> None:
        say(f"gap: {gap}", error=True)
        with self.archive.transaction() as tx:
            add_recorded(tx, {"": [Recorded(gap.until, ", ".join(gap.nodes), gap_record(gap))]})

    def alive(self, moment: datetime) -> None:
        with self.archive.transaction() as tx:
            tx.set_heard(self._alive, int(moment.timestamp() * 1e6))
            for name in self._older:
                tx.forget_heard(name)
            self._older = set()

    def after(self, log: str) -> int | None:
        return self.archive.heard(_left_off(log))


def _heard_until(source: str) -> str:
    return f"until {identity(source)}"


def _left_off(log: str) -> str:
    return f"offset {log}"
