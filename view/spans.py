"""From which place to which each thing of an object was there, with what was known of it: found by comparing neighbouring places."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass
class Span:
    """A thing at the places from `first` up to, not including, `last` (None: to the end). `again`: it was there before, otherwise."""

    key: str
    first: int
    record: Any
    last: int | None = None
    again: bool = False

    def document(self) -> Record:
        found: Record = {"key": self.key, "from": self.first, "to": self.last, "record": self.record}
        return found | ({"again": True} if self.again else {})


@dataclass
class Spans:
    """The spans of the things of one kind, in the order in which they began."""

    all: list[Span] = field(default_factory=list)
    _open: dict[str, Span] = field(default_factory=dict)

    def at(self, place: int, there: Mapping[str, Any]) -> None:
        """Take in what is there at a place, by key; places come in order."""
        for key in [key for key in self._open if key not in there]:
            self._open.pop(key).last = place
        for key, record in there.items():
            before = self._open.get(key)
            if before is not None and before.record == record:
                continue
            if before is not None:
                before.last = place
            span = self._open[key] = Span(key, place, record, again=before is not None)
            self.all.append(span)

    def documents(self) -> list[Record]:
        return [span.document() for span in self.all]
