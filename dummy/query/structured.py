"""Queries as JSON, which v2 of the API takes: a tree of {"and": […]}, {"or": […]}, {"not": …} and {"field", "op", "value"}."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dummy.query import attributes, dates, runs
from dummy.query.meaning import superevent_id
from dummy.query.superevents import CATEGORIES, same_id
from dummy.query.tree import AllOf, AnyOf, Condition, Node, Not, Query, QueryError

#: A query may be that long (characters), and nested that deep.
LONGEST, DEEPEST = 100_000, 50


class StructuredQueryError(QueryError):
    """A structured query that is not valid; `path` leads to the part that is not, such as ["and", 1]."""

    def __init__(self, message: str, path: tuple[str | int, ...] | str | None = None) -> None:
        super().__init__(message)
        self.path = path

    def body(self) -> dict[str, Any]:
        """What is answered."""
        path = list(self.path) if isinstance(self.path, tuple) else self.path
        place = _place(self.path) if isinstance(self.path, tuple) and self.path else ""
        return {"error": "invalid_query", "message": f"{self}{place}", "path": path, "version": "2"}


def _place(path: tuple[str | int, ...]) -> str:
    said = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f" (at {said.removeprefix('.')})"


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
_NO_DEFAULT = {"event": {"id", "group", "search"}, "superevent": {"id", "category"}}
_NOT_OF_PREFERRED = ("superevent", "in_superevent", "is_preferred_event", "runid")


def read(category: str, text: str) -> Query:
    """The query that a JSON text asks; StructuredQueryError if it is not valid."""
    if len(text) > LONGEST:
        raise StructuredQueryError(f"the query is longer than {LONGEST} characters")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StructuredQueryError(f"Could not parse query body: {error}") from None
    if not isinstance(data, dict):
        raise StructuredQueryError("Query body must be a JSON/YAML object.")
    declared = data.get("object_type")
    if declared not in (None, category):
        said = f"object_type '{declared}' does not match this endpoint (expected '{category}')."
        raise StructuredQueryError(said, "object_type")
    reader = _Reader(category)
    tree = reader.node(data.get("query", {k: v for k, v in data.items() if k != "object_type"}), ())
    default = not reader.named & _NO_DEFAULT[category]
    return Query(AllOf((tree,)), without_test=default, without_mdc=default)


class _Reader:
    """Reads the nodes of one query; `named` fills with the fields that it names."""

    def __init__(self, category: str) -> None:
        self.category, self.named = category, set[str]()

    def node(self, node: Any, path: tuple[str | int, ...]) -> Node:
        if not isinstance(node, dict):
            raise StructuredQueryError(f"Query node must be a JSON object, got {type(node).__name__}", path)
        if len(path) > 2 * DEEPEST:
            raise StructuredQueryError(f"the query is nested deeper than {DEEPEST}", path[:4])
        for joint, make in (("and", AllOf), ("or", AnyOf)):
            if joint in node:
                self._only(node, {joint}, path)
                parts = node[joint]
                if not isinstance(parts, list) or not parts:
                    raise StructuredQueryError(f"'{joint}' must be a non-empty list", (*path, joint))
                return make(tuple(self.node(part, (*path, joint, i)) for i, part in enumerate(parts)))
        if "not" in node:
            self._only(node, {"not"}, path)
            if isinstance(node["not"], dict) and node["not"].get("op") == "not_has":
                raise StructuredQueryError("NOT(label not_has ...) is redundant; use 'has' directly", (*path, "not"))
            return Not(self.node(node["not"], (*path, "not")))
        if "field" not in node:
            said = f"Node must have 'field' (leaf), 'and', 'or', or 'not' key. Got: {list(node)}"
            raise StructuredQueryError(said, path)
        self._only(node, {"field", "op", "value"}, path)
        return self._leaf(node, path)

    def _only(self, node: dict[str, Any], known: set[str], path: tuple[str | int, ...]) -> None:
        if extra := sorted(set(node) - known):
            raise StructuredQueryError(f"node has unexpected keys: {', '.join(extra)}", path)

    def _leaf(self, node: dict[str, Any], path: tuple[str | int, ...]) -> Node:
        op, value = node.get("op"), node.get("value")
        for key in ("field", "op", "value"):
            if node.get(key) is None:
                raise StructuredQueryError(f"Missing '{key}'", path)
        name, rule = self._rule(str(node["field"]), path)
        self.named.add(name)
        if op not in rule.ops:
            allowed = ", ".join(rule.ops)
            raise StructuredQueryError(
                f"Operator '{op}' is not allowed for field '{name}'. Allowed operators: {allowed}", path
            )
        try:
            return _MEANINGS.get(rule.type, _plain)(rule, str(op), value)
        except QueryError as error:
            raise StructuredQueryError(str(error), path) from None

    def _rule(self, field: str, path: tuple[str | int, ...]) -> tuple[str, Rule]:
        name = _ALIASES[self.category].get(field, field)
        found = _RULES[self.category].get(name) or (_event_rule(name) if self.category == "event" else _preferred(name))
        if found is None:
            said = f"Unknown field '{field}' for object type '{self.category}'"
            if self.category == "superevent" and _preferred(f"preferred_event.{field}"):
                said += f". Did you mean 'preferred_event.{field}'?"
            raise StructuredQueryError(said, path)
        return name, found


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
