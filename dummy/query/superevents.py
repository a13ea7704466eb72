"""What a query means for superevents, and what the server says of one that it does not understand."""

import re

from gracetape.archive.searchable import MDC, TEST
from gracetape.dummy.query.meaning import (
    Reader,
    check_joined,
    contains,
    event_numbers,
    first,
    flag,
    kind,
    label,
    reads,
    run,
    spelled,
    superevent_id,
    without_labels,
)
from gracetape.dummy.query.search import Words
from gracetape.dummy.query.syntax import Term, Written
from gracetape.dummy.query.tree import AllOf, AnyOf, Condition, Node, Query, QueryError, leaves, mapped

CATEGORIES = {"production": 0, "test": TEST, "mdc": MDC}
_GW = (Condition("gw_id", "null", (False,)), Condition("gw_id", "null", (True,)))
_EXPOSED = (Condition("is_exposed", "=", (1,)), Condition("is_exposed", "=", (0,)))
#: Who names one of these asks for Test and MDC superevents too.
_NO_DEFAULT = {"category", "superevent_id"}


def query(terms: list[Written], text: str, words: Words) -> Query:
    """The query of some terms. QueryError if they name what is not known."""
    tags: set[str] = set()
    for term in terms:
        own = {_term(leaf, words)[0] for leaf in leaves(term)}
        if not isinstance(term, Term):
            check_joined(own, ("label", "far"))
        tags |= own
    parts = tuple(mapped(term, lambda leaf: _term(leaf, words)[1]) for term in terms)
    default = not tags & _NO_DEFAULT
    return Query(AllOf(parts), without_test=default, without_mdc=default)


def same_id(graceid: str) -> Node:
    """A superevent by its id or, once confirmed, its GW id."""
    return AnyOf((Condition("superevent_id", "=", (graceid,)), Condition("gw_id", "=", (graceid,))))


def _id(term: Term) -> Node | None:
    graceid = superevent_id(term.values[0].value) if kind(term) == "word" and len(term.values) == 1 else None
    return same_id(graceid) if graceid else None


def _prefix(term: Term) -> Node | None:
    """The start of an id, written with a star: `S2509*`, `GW2509*`."""
    match = re.fullmatch(r"([TM]?)(S|GW)(\d+)([a-z]*)", str(term.values[0].value), re.IGNORECASE)
    if kind(term) != "wildcard" or match is None or len(term.values) > 1:
        return None
    confirmed = match[2].upper() == "GW"
    letters = match[4].upper() if confirmed else match[4].lower()
    start = f"{match[1]}{match[2]}".upper() + match[3] + letters
    return Condition("gw_id" if confirmed else "superevent_id", "startswith", (start,))


def _either(*readers: Reader) -> Reader:
    """What the first of several readers understands."""

    def read(term: Term) -> Node | None:
        found = first([("", reader) for reader in readers], term)
        return found[1] if found else None

    return read


def _category(term: Term) -> Node | None:
    code = CATEGORIES.get(str(term.values[0].value).lower()) if kind(term) == "word" and len(term.values) == 1 else None
    return Condition("category", "=", (code,)) if code is not None else None


def _status(term: Term) -> Node | None:
    """`public` or `internal`."""
    answers = dict(zip(("public", "internal"), _EXPOSED, strict=True))
    return answers.get(str(term.values[0].value).lower()) if kind(term) == "word" and len(term.values) == 1 else None


_BARE: tuple[tuple[str, Reader], ...] = (
    ("superevent_id", _either(_id, _prefix)),
    ("t_0", run("t_0")),
    ("t_0", reads("t_0", "number")),
    ("submitter", contains("submitter", "string")),
    ("is_exposed", _status),
    ("created", reads("created", "time")),
    ("category", _category),
)
_KEYWORDS: dict[str, tuple[str, Reader]] = {
    **dict.fromkeys(("id", "superevent_id"), _BARE[0]),
    **{name: ("t_0", reads("t_0", "number")) for name in ("t_0", "gpstime")},
    **{name: ("event", event_numbers("member_id", "GHTEM")) for name in ("event", "events")},
    **{name: ("is_exposed", flag(*_EXPOSED)) for name in ("is_public", "is_exposed")},
    "runid": ("t_0", run("t_0")),
    "t_start": ("t_start", reads("t_start", "number")),
    "t_end": ("t_end", reads("t_end", "number")),
    "submitter": ("submitter", contains("submitter", "string")),
    "preferred_event": ("preferred_event", event_numbers("preferred_id", "GHTM")),
    "is_gw": ("is_gw", flag(*_GW)),
    "status": ("is_exposed", _status),
    "created": ("created", reads("created", "time")),
    "category": ("category", _category),
}


def _term(term: Term, words: Words) -> tuple[str, Node]:
    name = (term.name or "").lower()
    if term.name is None:
        labels = label(term, words)
        found = ("label", labels) if labels is not None else first(_BARE, term)
    elif name == "far":
        found = _far(term)
    else:
        found = first([_KEYWORDS[name]], term) if name in _KEYWORDS and term.op in (":", "between") else None
    if found is None:
        raise QueryError(f"{spelled(term)} is not understood")
    return found


def _far(term: Term) -> tuple[str, Node] | None:
    """The preferred event's false alarm rate, in Hz."""
    if kind(term) != "number":
        return None
    op = "=" if term.op in (":", "==") else term.op
    return "far", Condition("far", op, tuple(value.value for value in term.values))


def complaint(text: str, reason: QueryError, words: Words) -> str:
    """What the server says of a query that it does not understand."""
    text = without_labels(text, words)
    if "*" not in text and any(mark in text for mark in "?#%$"):
        return f"Invalid wildcard in query: '{text}'. Only '*' is supported as a wildcard."
    if re.fullmatch(r"G\d+", text.strip()):
        return f"'{text}' looks like an event graceid. Only superevent IDs (S, MS, TS, GW) are valid in this search."
    prefix = re.match(r"([A-Za-z]+)\d{6,}\*?", text)
    if prefix and prefix[1] not in ("S", "MS", "TS", "GW"):
        return f"Invalid superevent prefix in query: '{prefix[1]}'. Allowed prefixes are: S, MS, TS, GW."
    if not re.fullmatch(r"(S|MS|TS|GW)\d{6,}([a-zA-Z]*)\*?", text.strip()):
        return (
            f"'{text}' is not a valid superevent ID or query. Valid superevent IDs start with S, MS, TS, or GW followed "
            "by a date and optional suffix. Example: S250908a or GW250908A."
        )
    return f"Invalid superevent query: '{text}'. {reason}"
