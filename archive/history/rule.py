"""What a rule is: an act, the text that the server writes of it and that tells of it, and the alerts that it causes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

Record = dict[str, Any]
Params = dict[str, Any]


class Field(NamedTuple):
    """What stands at a {field} of a text: how it looks, how it is read, and how the server writes it."""

    pattern: str = ".+?"
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str


_ANYTHING = Field()


@dataclass(frozen=True)
class Act:
    """What was done: the rule's name, what it was done with, and the rule."""

    name: str
    params: dict[str, Any]
    rule: "Rule"

    @property
    def text(self) -> str:
        """What today's servers write of it in the log."""
        return self.rule.text(self.params)


class Causes(NamedTuple):
    """One alert of an act: its type, the kind of record that is its data (None: the object itself), and which record."""

    alert_type: str
    kind: str | None = None
    key: Callable[[Params], Any] = lambda params: None
    when: Callable[[Params], bool] = lambda params: True


@dataclass(frozen=True)
class Rule:
    """A row: an act on a category of object, the text with {fields} that it leaves in the log, the alerts it causes, in order.

    `fields` are those that are more than any text; `unnamed` parameters do not stand in the text. `derive` adds what
    follows from the parameters, whether the act is written or read. `needs` says which log records can be of the act.
    `era` is who wrote the text: today's servers (`modern`) or others, whose texts are only read. Acts without `read_back`
    share their text with others, so that it alone does not tell of them; those without `logged` leave no entry at all.
    """

    name: str
    category: str
    template: str
    causes: tuple[Causes, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    unnamed: tuple[str, ...] = ()
    derive: Callable[[Params], Params] = lambda params: params
    needs: Callable[[Record], bool] = lambda record: True
    era: str = "modern"
    read_back: bool = True
    logged: bool = True

    def act(self, params: Params) -> Act:
        """The act with these parameters."""
        return Act(self.name, self.derive(params), self)

    # -- writing

    def text(self, params: Params) -> str:
        """The text that tells of the act with these parameters."""
        words = {name: self.fields.get(name, _ANYTHING).write(params[name]) for name in self.pattern.groupindex}
        return self.template.format(**words)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of what the act is done with."""
        return frozenset((*self.pattern.groupindex, *self.unnamed))

    # -- reading what others wrote

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.template)
        regex = "".join(
            f"(?P<{part}>{self.fields.get(part, _ANYTHING).pattern})" if i % 2 else re.escape(part)
            for i, part in enumerate(parts)
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
        return self.act({name: self.fields.get(name, _ANYTHING).read(said) for name, said in match.groupdict().items()})
