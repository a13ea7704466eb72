"""Reads the text of a query into terms joined by and, or and not, without knowing what their names mean."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, VisitError

from gracetape.dummy.query import dates
from gracetape.dummy.query.tree import AllOf, AnyOf, Not, QueryError, TooMuch, Tree

#: A query may be that long (characters) and have that many parentheses.
LONGEST, DEEPEST = 20_000, 50


@dataclass(frozen=True)
class Value:
    """A value as it was written. `kind`: number, string (in quotes), word, wildcard (`S2509*`), ifos, time (POSIX seconds)."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Term:
    """`name op value`, `name: first .. last` (op `between`), or a bare value or range, whose name is None.

    `labels` says that `label:` stood before it.
    """

    name: str | None
    op: str
    values: tuple[Value, ...]
    labels: bool = False


Written: TypeAlias = Tree[Term]


def parse(text: str, now: datetime) -> list[Written]:
    """The terms of a query that stand side by side. `now` (UTC) is what words like `yesterday` refer to.

    Raises QueryError for what no query can be written like.
    """
    if len(text) > LONGEST or text.count("(") > DEEPEST:
        raise TooMuch(f"the query is too long: at most {LONGEST} characters and {DEEPEST} parentheses")
    try:
        found: list[Written] = _Reader(now).transform(_parser().parse(text))
    except VisitError as error:
        raise error.orig_exc if isinstance(error.orig_exc, QueryError) else QueryError(str(error.orig_exc)) from None
    except LarkError as error:
        place = getattr(error, "pos_in_stream", None)
        rest = text[place:] if isinstance(place, int) and place >= 0 else ""
        raise QueryError(f"not understood from {rest[:20]!r} on" if rest else "the query ends too early") from None
    return found


@cache
def _parser() -> Lark:
    grammar = files("gracetape.dummy.query").joinpath("grammar.lark").read_text()
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Makes terms of what the grammar found."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now

    def start(self, *terms: Written) -> list[Written]:
        return list(terms)

    def both(self, *parts: Written) -> Written:
        return AllOf(parts)

    def either(self, *parts: Written) -> Written:
        return AnyOf(parts)

    def group(self, *parts: Written) -> Written:
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def negated(self, part: Written) -> Written:
        return Not(part)

    def labelled(self, _: Token, part: Written) -> Written:
        if not isinstance(part, Term) or part.name is not None or part.op != "=":
            raise QueryError("label: is followed by something that is no label")
        return Term(None, "=", part.values, labels=True)

    def labelled_not(self, label: Token, part: Written) -> Written:
        return Not(self.labelled(label, part))

    # -- terms

    def compared(self, name: Token, op: Token, value: Value) -> Term:
        return Term(str(name), str(op), (value,))

    def ranged(self, name: Token, *rest: Any) -> Term:
        if isinstance(rest[0], Token) and rest[0] not in (":", "=", "=="):
            raise QueryError(f"{name} {rest[0]} is followed by a range: write {name}: first .. last")
        return Term(str(name), "between", tuple(rest[-2:]))

    def replay(self, text: Token) -> Term:
        return Term("replay_id", ":", (Value("string", text.partition(":")[2].strip().strip('"')),))

    def bare(self, value: Value) -> Term:
        return Term(None, "=", (value,))

    def span(self, first: Value, last: Value) -> Term:
        return Term(None, "between", (first, last))

    # -- values

    def number(self, text: Token) -> Value:
        return Value("number", float(text))

    def string(self, text: Token) -> Value:
        return Value("string", str(text[1:-1]))

    def word(self, text: Token) -> Value:
        return Value("word", str(text))

    def wildcard(self, text: Token) -> Value:
        return Value("wildcard", str(text[:-1]))

    def ifos(self, text: Token) -> Value:
        return Value("ifos", str(text))

    def date(self, text: Token) -> Value:
        return _time(dates.date(text))

    def now(self) -> Value:
        return _time(self._now)

    def day(self, text: Token) -> Value:
        return _time(dates.day(text, self._now))

    def ago(self, by: Token) -> Value:
        return _time(dates.shifted(self._now, by, "before"))

    def ahead(self, by: Token) -> Value:
        return _time(dates.shifted(self._now, by, "after"))

    def shifted(self, by: Token, direction: Token, moment: Value) -> Value:
        return _time(dates.shifted(_moment(moment, self._now), by, direction))

    def clock(self, time: Token, day: Token | str = "today") -> Value:
        return _time(dates.day(day, self._now) + dates.clock(time))

    def clock_shifted(self, time: Token, by: Token, direction: Token, day: Token) -> Value:
        return _time(dates.shifted(dates.day(day, self._now) + dates.clock(time), by, direction))


def _time(moment: datetime) -> Value:
    return Value("time", moment.timestamp())


def _moment(value: Value, now: datetime) -> datetime:
    return datetime.fromtimestamp(value.value, now.tzinfo)
