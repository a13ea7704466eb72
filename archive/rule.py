"""What a rule is: a text that tells of an act, and the alerts that the act causes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

Record = dict[str, Any]


@dataclass(frozen=True)
class Act:
    """What a log entry tells of: the rule's name, what its text names, and the rule."""

    name: str
    params: dict[str, Any]
    rule: "Rule"


class Announces(NamedTuple):
    """One alert of an act: its type, the kind of record that is its data (None: the object itself), and which record."""

    alert_type: str
    kind: str | None = None
    key: Callable[[dict[str, Any]], Any] = lambda params: None
    when: Callable[[dict[str, Any]], bool] = lambda params: True


@dataclass(frozen=True)
class Rule:
    """A row: the act's name, on which category of object, the entry's text with {fields}, what it announces, in order."""

    name: str
    category: str
    template: str
    announces: tuple[Announces, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    needs: Callable[[Record], bool] = lambda record: True
    finish: Callable[[dict[str, Any]], dict[str, Any]] = lambda params: params
    era: str = "modern"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.template)
        regex = "".join(
            f"(?P<{part}>{self.fields.get(part, '.+?')})" if i % 2 else re.escape(part) for i, part in enumerate(parts)
        )
        return re.compile(regex, re.DOTALL)

    @cached_property
    def end(self) -> str:
        """The literal text after the last field. Tested first, it leaves patterns nothing to try again and again."""
        return self.template.rpartition("}")[2]

    @cached_property
    def start(self) -> str:
        """The literal text before the first field: a quick test before the pattern."""
        return self.template.split("{", 1)[0]

    def read(self, record: Record) -> Act | None:
        comment = record.get("comment") or ""
        if not (isinstance(comment, str) and comment.startswith(self.start) and comment.endswith(self.end)):
            return None
        match = self.pattern.fullmatch(comment)
        if match is None or not self.needs(record):
            return None
        return Act(self.name, self.finish(match.groupdict()), self)
