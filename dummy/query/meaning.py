"""What values mean alike in queries for events and for superevents: numbers, names, ids, runs and labels."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from gracetape.dummy.query import runs
from gracetape.dummy.query.search import Words
from gracetape.dummy.query.syntax import Term, Value
from gracetape.dummy.query.tree import AnyOf, Condition, Node, QueryError

EVENT_ID = re.compile(r"([GHTEM])(\d+)", re.IGNORECASE)
_SUPEREVENT_ID = re.compile(r"([TM]?)(S|GW)(\d{6})([a-z]*)", re.IGNORECASE)
_LARGEST = 1 << 62
#: What makes a condition of the values of a term, or None if they are of another kind.
Reader = Callable[[Term], Node | None]


def kind(term: Term) -> str:
    """The kind of value that all of a term's values are; empty if they differ."""
    kinds = {value.kind for value in term.values}
    return kinds.pop() if len(kinds) == 1 else ""


def in_values(field: str, values: Iterable[Any]) -> Condition:
    """That a field has one of some values."""
    return Condition(field, "in", tuple(values))


def reads(field: str, wanted: str) -> Reader:
    """A value or range of one kind, for a field."""

    def read(term: Term) -> Node | None:
        if kind(term) != wanted:
            return None
        return Condition(field, "between" if term.op == "between" else "=", tuple(value.value for value in term.values))

    return read


def contains(field: str, wanted: str) -> Reader:
    """A text that a field contains, in any case."""

    def read(term: Term) -> Node | None:
        return Condition(field, "contains", (term.values[0].value,)) if kind(term) == wanted else None

    return read


def named(field: str, known: dict[str, list[str]], kinds: tuple[str, ...] = ("word",)) -> Reader:
    """One of the names that are known for a field, in any case."""

    def read(term: Term) -> Node | None:
        value = term.values[0]
        found = known.get(str(value.value).lower()) if value.kind in kinds and len(term.values) == 1 else None
        return in_values(field, found) if found else None

    return read


def flag(true: Node, false: Node) -> Reader:
    """`True` or `False`, in any case."""

    def read(term: Term) -> Node | None:
        answers = {"true": true, "false": false}
        return (
            answers.get(str(term.values[0].value).lower()) if kind(term) == "word" and len(term.values) == 1 else None
        )

    return read


def event_numbers(field: str, letters: str) -> Reader:
    """An event's id or a range of them, told by their numbers, as on the server, where no two events share one."""

    def read(term: Term) -> Node | None:
        numbers = []
        for value in term.values:
            match = EVENT_ID.fullmatch(value.value) if value.kind == "word" else None
            if match is None or match[1].upper() not in letters:
                return None
            numbers.append(int(match[2]) if len(match[2]) < 19 else _LARGEST)
        return Condition(field, "between" if term.op == "between" else "=", tuple(numbers))

    return read


def run(field: str) -> Reader:
    """A run's name, for a field with GPS times."""

    def read(term: Term) -> Node | None:
        spans = runs.spans(term.values[0].value) if kind(term) == "word" and len(term.values) == 1 else None
        return AnyOf(tuple(Condition(field, "between", span) for span in spans)) if spans else None

    return read


def superevent_id(text: str) -> str | None:
    """A superevent's id as it is written, from any case and perhaps without its letters (then the first of the day)."""
    match = _SUPEREVENT_ID.fullmatch(text)
    if match is None:
        return None
    category, prefix, day, letters = match[1].upper(), match[2].upper(), match[3], match[4] or "a"
    return f"{category}{prefix}{day}{letters.upper() if prefix == 'GW' else letters.lower()}"


def label(term: Term, words: Words) -> Node | None:
    """A label's bare name."""
    found = named("label", words.label)(term)
    if found is None and term.labels:
        raise QueryError(f"{term.values[0].value} is not a label")
    return found


def first(readers: Iterable[tuple[str, Reader]], term: Term) -> tuple[str, Node] | None:
    """What the first reader that understands a term makes of it, with that reader's tag."""
    for tag, read in readers:
        if (found := read(term)) is not None:
            return tag, found
    return None


def check_joined(tags: Iterable[str], joinable: tuple[str, ...]) -> None:
    """QueryError if operators join terms that they do not join on the server."""
    for tag in tags:
        if tag not in joinable:
            raise QueryError(f"& | ~ join labels and comparisons, but no {tag}")


def spelled(term: Term) -> str:
    """A term for a message."""
    said = " .. ".join(_said(value) for value in term.values)
    return said if term.name is None else f"{term.name} {'in' if term.op == 'between' else term.op} {said}"


def _said(value: Value) -> str:
    return f'"{value.value}"' if value.kind == "string" else str(value.value)


def without_labels(text: str, words: Words) -> str:
    """A query's text with its labels taken out, which is all that the server's further checks look at.

    With a label goes what stands before it (`label:`, `~` or `-`, space), and what joins it to a label before. Places are looked
    for label by label, not by one pattern for all of this, which would look at a run of spaces from each of them.
    """
    names = "|".join(sorted((re.escape(name) for name in words.label), key=len, reverse=True))
    kept: list[str] = []
    end = 0
    for found in re.finditer(rf"\b(?:{names})\b", text, re.IGNORECASE):
        between = text[end : found.start()]
        if not (kept and _JOINT.fullmatch(between)):
            kept.append(_before_label(between))
        end = found.end()
    return "".join(kept) + text[end:]


_JOINT = re.compile(r"\s*[&,|][&,|~\-\s]*")


def _before_label(text: str) -> str:
    """What stands before a label, without what belongs to it."""
    rest = text.rstrip()
    if rest.endswith(("~", "-")):
        rest = rest[:-1]
        if not rest.rstrip().lower().endswith("label:"):
            return rest
    rest = rest.rstrip()
    return rest[: -len("label:")] if rest.lower().endswith("label:") else rest
