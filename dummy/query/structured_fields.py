"""The fields of structured queries: what each takes, and which conditions its values make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gracetape.dummy.query import attributes, dates, runs
from gracetape.dummy.query.meaning import superevent_id
from gracetape.dummy.query.superevents import CATEGORIES, same_id
from gracetape.dummy.query.tree import AnyOf, Condition, Node, Not, QueryError

_COMPARED = ("=", "!=", "<", "<=", ">", ">=", "between")
_NULLABLE = (*_COMPARED, "is_null")
_TEXT = ("=", "!=", "contains", "startswith", "in", "is_null")
_NAME = ("=", "!=", "contains", "in")
_ID = ("=", "!=", "startswith", "in")


@dataclass(frozen=True)
class Rule:
    """What a field of structured queries takes, and the field of conditions that it is."""

    field: str
    type: str
    ops: tuple[str, ...]


_BOTH: Mapping[str, Rule] = {
    "created": Rule("created", "time", _COMPARED),
    "submitter": Rule("submitter", "text", ("contains",)),
    "label": Rule("label", "text", ("has", "not_has")),
}
_EVENT: Mapping[str, Rule] = {
    **_BOTH,
    "id": Rule("graceid", "id", _ID),
    "gpstime": Rule("gpstime", "number", _NULLABLE),
    "far": Rule("far", "number", _NULLABLE),
    "instruments": Rule("instruments", "text", ("=", "contains")),
    "nevents": Rule("nevents", "number", _NULLABLE),
    "group": Rule("group", "name", _NAME),
    "pipeline": Rule("pipeline", "name", _NAME),
    "search": Rule("search", "name", _TEXT),
    "replay_id": Rule("replay_id", "text", _TEXT),
    "runid": Rule("gpstime", "run", ("=",)),
    "in_superevent": Rule("superevent", "known", ("=",)),
    "is_preferred_event": Rule("preferred_for", "known", ("=",)),
    "superevent": Rule("superevent", "superevent", ("=",)),
}
_SUPEREVENT: Mapping[str, Rule] = {
    **_BOTH,
    "id": Rule("superevent_id", "superevent", _ID),
    **{name: Rule(name, "number", _COMPARED) for name in ("t_0", "t_start", "t_end")},
    "category": Rule("category", "category", ("=", "!=", "in")),
    "is_gw": Rule("gw_id", "known", ("=",)),
    "is_exposed": Rule("is_exposed", "flag", ("=",)),
    "runid": Rule("t_0", "run", ("=",)),
    "preferred_event": Rule("preferred_event", "id", _ID),
    "events": Rule("member", "id", _ID),
}
_RULES = {"event": _EVENT, "superevent": _SUPEREVENT}
_ALIASES = {
    "event": {"graceid": "id", "ifos": "instruments"},
    "superevent": {"superevent_id": "id", "gpstime": "t_0", "is_public": "is_exposed", "event": "events"},
}
#: Who names one of these asks for Test and MDC objects too.
NO_DEFAULT = {"event": {"id", "group", "search"}, "superevent": {"id", "category"}}
_NOT_OF_PREFERRED = ("superevent", "in_superevent", "is_preferred_event", "runid")


def rule_of(category: str, field: str) -> tuple[str, Rule] | None:
    """A field's proper name and rule; None if there is no such field."""
    name = _ALIASES[category].get(field, field)
    found = _RULES[category].get(name) or (_event_rule(name) if category == "event" else _preferred(name))
    return (name, found) if found else None


def _event_rule(name: str) -> Rule | None:
    """A field of events, an attribute among them."""
    name = _ALIASES["event"].get(name, name)
    if name in _EVENT:
        return _EVENT[name]
    attribute = attributes.canonical(name)
    if attribute is None:
        return None
    return Rule(attribute, "text", _TEXT) if attributes.is_text(attribute) else Rule(attribute, "number", _NULLABLE)


def _preferred(name: str) -> Rule | None:
    """`preferred_event.far`: a field of a superevent's preferred event."""
    prefix, dot, field = name.partition(".")
    rule = _event_rule(field) if dot and prefix == "preferred_event" and field not in _NOT_OF_PREFERRED else None
    return replace(rule, field=f"preferred_event.{rule.field}") if rule else None


def meaning(rule: Rule, op: str, value: Any) -> Node:
    """What `field op value` says; QueryError if the value does not fit."""
    return _MEANINGS.get(rule.type, _plain)(rule, op, value)


# -- what values mean, by the type of the field


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QueryError(f"Expected a number, got {type(value).__name__}")
    return float(max(min(value, 1e308), -1e308))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise QueryError(f"Expected a string, got {type(value).__name__}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise QueryError("Expected true or false")
    return value


def _time(value: Any) -> float:
    return dates.date(_text(value)).timestamp()


def _id(value: Any) -> str:
    return _text(value).upper()


def _category(value: Any) -> int:
    found = CATEGORIES.get(_text(value).lower())
    if found is None:
        raise QueryError(f"Unknown category '{value}'. Valid values: Production, Test, MDC")
    return found


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "number": _number, "text": _text, "name": _text, "time": _time, "id": _id, "category": _category, "flag": _flag,
}  # fmt: skip


def _values(rule: Rule, op: str, value: Any) -> tuple[Any, ...]:
    """The values of a condition, read as the field's type."""
    if op not in ("between", "in"):
        return (_READERS[rule.type](value),)
    if not isinstance(value, list) or (len(value) != 2 if op == "between" else not value):
        wanted = "a 2-element array [lo, hi]" if op == "between" else "a non-empty array"
        raise QueryError(f"'{op}' requires {wanted}")
    found = tuple(_READERS[rule.type](part) for part in value)
    if op == "between" and found[0] > found[1]:
        raise QueryError(f"'between' range: lo ({value[0]}) must be <= hi ({value[1]})")
    return found


def _plain(rule: Rule, op: str, value: Any) -> Node:
    if op == "is_null":
        return Condition(rule.field, "null", (_flag(value),))
    if op in ("!=", "not_has"):
        return Not(_plain(rule, "=", value))
    values = _values(rule, op, value)
    if (op == "startswith" and rule.type == "text") or (rule.type == "name" and op != "contains"):
        return AnyOf(
            tuple(Condition(rule.field, "like" if op != "startswith" else "begins", (text,)) for text in values)
        )
    return Condition(rule.field, "=" if op == "has" else op, values)


def _run(rule: Rule, op: str, value: Any) -> Node:
    spans = runs.spans(_text(value))
    if spans is None:
        raise QueryError(f"Unknown run ID '{value}'")
    return AnyOf(tuple(Condition(rule.field, "between", span) for span in spans))


def _known(rule: Rule, op: str, value: Any) -> Node:
    """A flag that says whether another field has a value."""
    found = Condition(rule.field, "null", (False,))
    return found if _flag(value) else Not(found)


def _superevent(rule: Rule, op: str, value: Any) -> Node:
    """Superevents by their ids, or, where the rule is one of events, the members of one."""
    if op == "!=":
        return Not(_superevent(rule, "=", value))
    if op == "startswith":
        text = _text(value)
        return AnyOf((Condition("superevent_id", "begins", (text,)), Condition("gw_id", "begins", (text,))))
    ids = [
        superevent_id(text) or text for text in map(_text, value if op == "in" and isinstance(value, list) else [value])
    ]
    if rule.field == "superevent_id":
        return AnyOf(tuple(same_id(graceid) for graceid in ids))
    names = ("superevent", "superevent_id", "superevent_gw_id")
    return AnyOf(tuple(Condition(name, "=", (graceid,)) for graceid in ids for name in names))


_MEANINGS: Mapping[str, Callable[[Rule, str, Any], Node]] = {
    "run": _run, "known": _known, "superevent": _superevent,
}  # fmt: skip
