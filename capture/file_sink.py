"""Keeps heard messages as lines of JSON at the end of a file; a restart doubles nothing."""

import json
import os
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gracetape.archive import ArchiveError
from gracetape.archive.inside import open_inside
from gracetape.bounded_json import read_fast, read_json
from gracetape.brokers import Gap, Heard, Recent
from gracetape.capture.sinks import StreamSink, gap_record
from gracetape.message_lines import BEGINS, read_line, text_of
from gracetape.times import iso_time

#: How many of the last messages of a file are compared with what comes after a restart.
_REMEMBERED = 50_000
#: Characters that the places in all logs may take.
_MOST_PLACES = 1 << 20


class FileSink(StreamSink):
    """JSON lines at the end of a file; gaps in `FILE.gaps`, a line each; in `FILE.until` the time until which all was heard; in
    `FILE.places` the last message that was kept of each log of a broker or a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gaps, self._until, self._left_off = (
            path.with_name(path.name + end) for end in (".gaps", ".until", ".places")
        )
        try:
            if path.exists() and not path.is_file():
                raise ArchiveError(f"{path} is no regular file: name one, or `-` for standard output")
            file = path.open("a+", encoding="utf-8", newline="\n")
            super().__init__(file)
            tail = self._tail()
            self._known = Recent(_REMEMBERED, tail)
            # Beside a file that holds nothing, or nothing any more, it tells of another one.
            self._places: dict[str, int] = self._last_places() if tail else {}
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

    def _last_places(self) -> dict[str, int]:
        try:
            with os.fdopen(open_inside(self._left_off.parent, self._left_off.name), encoding="utf-8") as file:
                found = read_json(file.read(_MOST_PLACES))
        except FileNotFoundError:
            return {}
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(type(place) is int for place in found.values()):
            raise ArchiveError(
                f"{self._left_off} does not hold places in logs: remove it, and what is still there is heard again"
            )
        return found

    def keep(self, batch: Sequence[Heard]) -> int:
        places = {heard.place.log: heard.place.offset for heard in batch if heard.place is not None}
        try:
            kept = super().keep(batch)
            if places:
                self._places |= places
                self._write(self._left_off, json.dumps(self._places))
            return kept
        except OSError as error:
            raise ArchiveError(f"cannot write {self.path}: {error.strerror}") from None

    def after(self, log: str) -> int | None:
        return self._places.get(log)

    def _is_new(self, node: str, text: str) -> bool:
        return self._known.is_new(_mark(node, text))

    def gap(self, gap: Gap) -> None:
        super().gap(gap)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(open_inside(self._gaps.parent, self._gaps.name, flags=flags), "a", encoding="utf-8") as file:
            file.write(json.dumps(gap_record(gap)) + "\n")

    def alive(self, moment: datetime) -> None:
        self._write(self._until, iso_time(moment))

    @staticmethod
    def _write(path: Path, line: str) -> None:
        """Let a file hold a line, all of it or what it held before."""
        new = path.with_name(path.name + ".new")
        flags = os.O_WRONLY | os.O_TRUNC | os.O_CREAT
        with os.fdopen(open_inside(new.parent, new.name, flags=flags), "w", encoding="utf-8") as file:
            file.write(line + "\n")
        new.replace(path)


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
