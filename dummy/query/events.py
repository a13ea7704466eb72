"""What a query means for events: which words and keywords there are, and how terms side by side combine."""

from collections.abc import Mapping

from gracetape.dummy.query import attributes, dates
from gracetape.dummy.query.fields import EVENT
from gracetape.dummy.query.meaning import (
    Reader,
    check_joined,
    contains,
    event_numbers,
    first,
    flag,
    kind,
    label,
    named,
    reads,
    run,
    spelled,
    superevent_id,
    without_labels,
)
from gracetape.dummy.query.search import Words
from gracetape.dummy.query.syntax import Term, Value, Written
from gracetape.dummy.query.tree import AllOf, AnyOf, Condition, Node, Not, Query, QueryError, mapped

#: Terms of the same tag that stand side by side are joined by "or", except these; different tags by "and".
_JOINED_BY_AND = ("nevents", "label", "joined")
_PREFERRED = Condition("preferred_for", "null", (False,))
_IN_SUPEREVENT = Condition("superevent", "null", (False,))
#: Which events the letter of an id stands for, besides the number.
_LETTERS: Mapping[str, Condition] = {
    "tid": Condition("group", "=", ("Test",)),
    "hid": Condition("pipeline", "=", ("HardwareInjection",)),
    "eid": Condition("group", "=", ("External",)),
    "mid": Condition("search", "=", ("MDC",)),
}


def query(terms: list[Written], text: str, words: Words) -> Query:
    """The query of some terms, whose text was `text`. QueryError if they name what is not known."""
    reader = _Reader(words)
    tags: dict[str, list[Node]] = {}
    for term in terms:
        tag, found = reader.read(term)
        tags.setdefault(tag, []).append(found)
    parts: list[Node] = []
    for tag, nodes in tags.items():
        parts += nodes if tag in _JOINED_BY_AND or len(nodes) == 1 else [AnyOf(tuple(nodes))]
        parts += [_LETTERS[tag]] if tag in _LETTERS else []
    rest = without_labels(text, words).lower()
    return Query(
        AllOf(tuple(parts)), without_test="test" not in rest and "tid" not in tags,
        without_mdc="mdc" not in rest and "mid" not in tags,
    )  # fmt: skip


class _Reader:
    """Reads terms where some words are known: what they mean, each with a tag that says of what kind it is."""

    def __init__(self, words: Words) -> None:
        self._words = words
        names = {name: getattr(words, name) for name in ("search", "pipeline", "group")}
        self._bare: tuple[tuple[str, Reader], ...] = (
            ("ifos", contains("instruments", "ifos")),
            *map(_ids, "GHTEM"),
            *((name, named(name, known)) for name, known in names.items()),
            ("gpstime", reads("gpstime", "number")),
            ("created", reads("created", "time")),
            ("submitter", contains("submitter", "string")),
            ("gpstime", run("gpstime")),
        )
        self._keywords = _KEYWORDS | {
            name: (name, named(name, known, ("word", "string"))) for name, known in names.items()
        }

    def read(self, term: Written) -> tuple[str, Node]:
        """Labels or comparisons that operators join keep their tag, a mixture of both does not."""
        tags: set[str] = set()

        def change(leaf: Term) -> Node:
            tag, found = self._term(leaf)
            tags.add(tag)
            return found

        found = mapped(term, change)
        if not isinstance(term, Term):
            check_joined(tags, ("label", "attr"))
        return (tags.pop() if len(tags) == 1 else "joined"), found

    def _term(self, term: Term) -> tuple[str, Node]:
        found = self._unnamed(term) if term.name is None else self._named(term) or ("attr", attribute(term))
        if found is None:
            raise QueryError(f"{spelled(term)} is not understood")
        return found

    def _unnamed(self, term: Term) -> tuple[str, Node] | None:
        if (found := label(term, self._words)) is not None:
            return "label", found
        if kind(term) == "word" and term.values[0].value.lower() == "hasfar":
            return "hasfar", Condition("far", "null", (False,))
        return first(self._bare, term)

    def _named(self, term: Term) -> tuple[str, Node] | None:
        """`keyword: value`, for the keywords that are not simply columns; None for what may be a comparison."""
        name = (term.name or "").lower()
        if term.op not in (":", "between") or name not in self._keywords:
            return None
        # A hardware injection H1 reads like an instrument until its keyword says what it is.
        values = (Value("word", v.value) if v.kind == "ifos" and name != "ifos" else v for v in term.values)
        return first([self._keywords[name]], Term(None, term.op, tuple(values)))


def _ids(letter: str) -> tuple[str, Reader]:
    return f"{letter.lower()}id", event_numbers("id", letter)


def _ifos(term: Term) -> Node | None:
    return contains("instruments", "ifos")(term) or contains("instruments", "string")(term)


def _superevent(term: Term) -> Node | None:
    """Events of a superevent, by any id that it has or had."""
    graceid = superevent_id(str(term.values[0].value)) if len(term.values) == 1 else None
    if graceid is None:
        return None
    names = ("superevent", "superevent_id", "superevent_gw_id")
    return AnyOf(tuple(Condition(name, "=", (graceid,)) for name in names))


_KEYWORDS: dict[str, tuple[str, Reader]] = {
    "ifos": ("ifos", _ifos),
    "gpstime": ("gpstime", reads("gpstime", "number")),
    "created": ("created", reads("created", "time")),
    "submitter": ("submitter", contains("submitter", "string")),
    "runid": ("gpstime", run("gpstime")),
    "nevents": ("nevents", reads("nevents", "number")),
    "in_superevent": ("in_superevent", flag(_IN_SUPEREVENT, Not(_IN_SUPEREVENT))),
    "is_preferred_event": ("is_preferred_event", flag(_PREFERRED, Not(_PREFERRED))),
    "superevent": ("superevent", _superevent),
    "replay_id": ("replay_id", reads("replay_id", "string")),
    **{f"{letter.lower()}id": _ids(letter) for letter in "GHTEM"},
}
_SAME = {"group.name": "group", "pipeline.name": "pipeline", "search.name": "search", "submitter.username": "submitter"}
_NOT_COMPARED = ("group", "pipeline", "search", "submitter", "label", "superevent", "preferred_for")


def attribute(term: Term) -> Node:
    """A comparison of a column or an attribute; QueryError if there is none of that name or the value does not fit."""
    name = (term.name or "").lower()
    field = attributes.canonical(name)
    if field is None:
        field = _SAME.get(name, name if name in EVENT and name not in _NOT_COMPARED else "")
        if field not in EVENT:
            raise QueryError(f"there is no {term.name} to query for")
    wanted = EVENT[field].type if field in EVENT else "text" if attributes.is_text(field) else "number"
    op = "=" if term.op in (":", "==") else term.op
    return Condition(field, op, tuple(_fitting(value, wanted, term) for value in term.values))


def _fitting(value: Value, wanted: str, term: Term) -> float | str:
    """A value as the column's type; QueryError if it is none."""
    if wanted == "text" and value.kind in ("string", "ifos", "number"):
        return str(value.value)
    if value.kind == wanted:
        return float(value.value)
    if wanted == "time" and value.kind == "string":
        return dates.date(value.value).timestamp()
    raise QueryError(f"{spelled(term)}: the value is not a {wanted}")
