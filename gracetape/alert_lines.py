"""Alerts as a person reads a log: one line each, that fits the terminal."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gracetape.message_lines import entry_number
from gracetape.notices import document_in_short, document_of, in_short, is_notice
from gracetape.plain_text import cut, plain
from gracetape.shown import columns_of, printable

#: What a line is coloured by: the alert's type, or how it begins.
STYLES = {
    "new": "bold green",
    "update": "yellow",
    "label_added": "cyan",
    "label_removed": "magenta",
    "signoff": "blue",
    "voevent": "bold yellow",
    "log": "default",
    "event_": "yellow",
    "gcn": "bold yellow",
}
#: How sure is said of what is less than exact; and what was heard live is told apart.
CERTAINTY_STYLES = {"recorded": "green", "exact": "green", "inferred": "yellow", "guessed": "red"}
#: How the description of a message of before late 2018 begins that tells of a log entry.
_OLD_LOG = ("LOG: ", "UPLOAD: ")
_NARROW = 80  # columns, where no terminal says how many it has
_LEAST_WHAT = 16  # columns that the words are given before the topics get any


@dataclass(frozen=True)
class AlertLine:
    """What a line says: when the server announced it (UTC), seconds since the first, the log entry that placed it (None: none did),
    the object's id, the alert's type, in a few words what happened, the topics it went to, how surely that is known.
    """

    time: datetime
    offset_s: float
    n: int | None
    graceid: str | None
    alert_type: str
    what: str
    topics: tuple[str, ...]
    certainty: str = "exact"


def what_of(payload: dict[str, Any]) -> str:
    """In a few words, what a message tells of: the label, the comment and file, the status, what is new of a superevent."""
    if is_notice(payload):
        return in_short(payload)
    if (document := document_of(payload)) is not None:
        return document_in_short(document)
    data = payload.get("data")
    data = data if isinstance(data, dict) else {}
    thing = payload.get("object", payload.get("event"))
    thing = thing if isinstance(thing, dict) else {}
    if ("comment" in data or "filename" in data) and "signoff_type" not in data:
        file = f" [{data['filename']}]" if data.get("filename") else ""
        return f"{plain(data.get('comment') or '')}{file}".strip()
    for name in ("name", "voevent_type", "status", "preferred_event"):
        if isinstance(value := data.get(name), str) and value:
            more = [str(data[key]) for key in ("signoff_type", "instrument") if data.get(key)]
            return " ".join([*more, value])
    far = data.get("far", thing.get("far"))
    about = [str(thing[key]) for key in ("pipeline", "search") if thing.get(key)]
    return ", ".join([" ".join(about), f"FAR {far:.3g} Hz" if isinstance(far, float) else ""]).strip(", ")


def entry_of(payload: dict[str, Any]) -> int | None:
    """The log entry that a message tells of; None if it tells of none, or of a number that no log comes to."""
    data = (
        payload.get("data") if payload.get("alert_type", "log") == "log" else None
    )  # VOEvents and observations have an N of their own
    if str(payload.get("description")).startswith(_OLD_LOG):
        data = payload.get("object")
    return entry_number(data.get("N")) if isinstance(data, dict) else None


def topics_in_short(topics: Sequence[str]) -> str:
    """`cbc_gstlal(_allsky)` for `cbc_gstlal, cbc_gstlal_allsky`."""
    if len(topics) < 2:
        return "".join(topics)
    first, *others = topics
    if all(topic.startswith(first) for topic in others):
        return first + "".join(f"({topic[len(first) :]})" for topic in others)
    return ", ".join(topics)


def _forms(topics: Sequence[str]) -> Iterator[str]:
    """The topics, the longest form first: all, or the first and how many more. A name that is cut says nothing."""
    names = [printable(topic) for topic in topics]
    yield topics_in_short(names)
    if len(names) > 1:
        yield f"{names[0]}(+{len(names) - 1})"


class AlertLines:
    """Prints alerts as lines, with the date once a day, to standard output; BrokenPipeError if its reader went away."""

    def __init__(self, width: int | None = None) -> None:
        self._width = width
        self._day = ""

    def show(self, line: AlertLine) -> None:
        """Print a line."""
        sys.stdout.write(self.text(line))
        sys.stdout.flush()

    def text(self, line: AlertLine) -> str:
        """The line with its end, and before it the date where a new day begins."""
        from rich.console import Console
        from rich.text import Text

        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        console = Console(
            force_terminal=colours, no_color=not colours, width=self.width, highlight=False, legacy_windows=False
        )
        time = line.time.astimezone(UTC)
        day = time.strftime("%Y-%m-%d")
        with console.capture() as captured:
            if day != self._day:
                console.print(Text(f"{day} (UTC)", "bold"), soft_wrap=True)
                self._day = day
            console.print(_shown(line, time, self.width), soft_wrap=True)
        return captured.get()

    @property
    def width(self) -> int:
        """Columns that a line may take."""
        return self._width if self._width is not None else columns_of(sys.stdout) or _NARROW


def _subject(line: AlertLine) -> tuple[object, ...]:
    return line.n, line.graceid, line.alert_type, line.what


def _shown(line: AlertLine, time: datetime, width: int) -> Any:
    from rich.cells import cell_len
    from rich.text import Text

    kind = printable(line.alert_type)
    style = next((style for begin, style in STYLES.items() if kind.startswith(begin)), "default")
    begin = Text(f"{time.strftime('%H:%M:%S')} ")
    begin.append(f"{_offset(line.offset_s):>8} ", "dim")
    begin.append(f"{'' if line.n is None else line.n:>3} ", "dim")
    begin.append(f"{printable(line.graceid or '-'):<10} ", "bold")
    begin.append(f"{kind:<13} ", style)
    sure = "" if line.certainty in ("exact", "recorded") else f" {line.certainty}"
    room = width - 1 - begin.cell_len - cell_len(sure)
    words = plain(line.what)
    # Where a line says how sure it is and the terminal is narrow, that has the topics' place, however short the words are.
    spare = room - 1 - (_LEAST_WHAT if sure else min(cell_len(words), _LEAST_WHAT))
    topics = next((form for form in _forms(line.topics) if cell_len(form) <= spare), "")
    what = cut(words, max(room - (cell_len(topics) + 1 if topics else 0), 1))
    room -= cell_len(what)
    begin.append(what, style).append(" " * (room - cell_len(topics) - 1 if topics else 0))
    return begin.append(sure, CERTAINTY_STYLES.get(line.certainty, "")).append(f" {topics}" if topics else "", "dim")


def _offset(seconds: float) -> str:
    """Seconds after the first message, in eight characters at most: `+1.5`, `+3:20:05`, `+12 d`."""
    if seconds < 1000:
        return f"{seconds:+.1f}"
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{whole:02}" if hours < 100 else f"+{hours // 24} d"


def shown_at_once(lines: Iterable[AlertLine], to: AlertLines) -> None:
    """Print lines; those of one message on several topics, which follow one another, as one."""
    last: AlertLine | None = None
    for line in lines:
        if last is not None and _subject(last) == _subject(line) and not set(line.topics) & set(last.topics):
            last = replace(last, topics=(*last.topics, *line.topics))
            continue
        if last is not None:
            to.show(last)
        last = line
    if last is not None:
        to.show(last)
