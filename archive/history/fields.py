"""The fields in the texts of log entries that are more than any text: what each looks like, how it is read and written.

Strangers write logs: each pattern here takes time in proportion to the text, whatever it is.
"""

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from gracetape.archive.history.rule import Field

Change = tuple[str, Any, Any]

_GRACEID = r"[GTMEH][0-9]{1,15}"
_CHANGED = re.compile(r"\b(?P<name>\w++): ")
_NEXT_CHANGED = re.compile(r", \w++: |$")
#: Parameters that are times in GPS seconds.
GPS_TIMES = ("t_start", "t_0", "t_end")


def is_event(name: object) -> bool:
    """Whether something that a text names is an event's id."""
    return isinstance(name, str) and re.fullmatch(_GRACEID, name) is not None


def value_of(text: str) -> Any:
    """A parameter as the server's text shows it: None, a number, or a name."""
    if text == "None":
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _gps_text(value: Any) -> str:
    """A time as the log writes it: with six decimals."""
    return f"{value:.6f}" if isinstance(value, float | int) else str(value)


def graceids(listed: str | None) -> list[str]:
    """The ids in a list; a text that only looks like the server's may hold anything."""
    return [word for word in (listed or "").split(", ") if is_event(word)]


def _listed(names: Sequence[str] | str) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _changes(text: str) -> Iterator[Change]:
    """The changes that a text lists: `name: old -> new, name: old -> new`."""
    at = 0
    while (named := _CHANGED.search(text, at)) and (arrow := text.find(" -> ", named.end())) >= 0:
        end = _NEXT_CHANGED.search(text, arrow + 4)
        at = end.start() if end else len(text)
        yield named["name"], value_of(text[named.end() : arrow]), value_of(text[arrow + 4 : at])


def _changes_text(changes: Sequence[Change]) -> str:
    return ", ".join(f"{name}: {_value_text(name, old)} -> {_value_text(name, new)}" for name, old, new in changes)


def _value_text(name: str, value: Any) -> str:
    return _gps_text(value) if name in GPS_TIMES else str(value)


LABEL = Field(r"\S+")
NUMBER = Field(r"[0-9]{1,15}", int)
EVENT = Field(_GRACEID)
EVENTS = Field(read=graceids, write=_listed)
GPS = Field(r"[-+.\deE]+", value_of, _gps_text)
CHANGES = Field(read=lambda text: list(_changes(text)), write=_changes_text)
WORD = Field(r"\w+")
FREE = Field(".*")
