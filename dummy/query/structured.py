"""Queries as JSON or YAML, which v2 of the API takes: a tree of {"and": […]}, {"or": […]}, {"not": …} and {"field", "op", "value"}."""

from typing import Any

from gracetape.bounded_json import read_json
from gracetape.dummy.query.bounded_yaml import read_yaml
from gracetape.dummy.query.structured_fields import NO_DEFAULT, Rule, meaning, rule_of
from gracetape.dummy.query.tree import AllOf, AnyOf, Node, Not, Query, QueryError

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


def read(category: str, text: str, *, is_yaml: bool = False) -> Query:
    """The query that a text asks, JSON or YAML; StructuredQueryError if it is not valid."""
    if len(text) > LONGEST:
        raise StructuredQueryError(f"the query is longer than {LONGEST} characters")
    try:
        data = read_yaml(text) if is_yaml else read_json(text)
    except ValueError as error:
        raise StructuredQueryError(f"Could not parse query body: {error}") from None
    if not isinstance(data, dict):
        raise StructuredQueryError("Query body must be a JSON/YAML object.")
    declared = data.get("object_type")
    if declared not in (None, category):
        said = f"object_type '{declared}' does not match this endpoint (expected '{category}')."
        raise StructuredQueryError(said, "object_type")
    reader = _Reader(category)
    tree = reader.node(data.get("query", {k: v for k, v in data.items() if k != "object_type"}), ())
    default = not reader.named & NO_DEFAULT[category]
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
                self._only(node, {joint}, path, f"'{joint}' node must not have extra keys")
                parts = node[joint]
                if not isinstance(parts, list) or not parts:
                    raise StructuredQueryError(f"'{joint}' must be a non-empty list", (*path, joint))
                return make(tuple(self.node(part, (*path, joint, i)) for i, part in enumerate(parts)))
        if "not" in node:
            self._only(node, {"not"}, path, "'not' node must not have extra keys")
            if isinstance(node["not"], dict) and node["not"].get("op") == "not_has":
                raise StructuredQueryError("NOT(label not_has ...) is redundant; use 'has' directly", (*path, "not"))
            return Not(self.node(node["not"], (*path, "not")))
        if "field" not in node:
            said = f"Node must have 'field' (leaf), 'and', 'or', or 'not' key. Got: {list(node)}"
            raise StructuredQueryError(said, path)
        self._only(node, {"field", "op", "value"}, path, "Leaf node has unexpected keys")
        return self._leaf(node, path)

    def _only(self, node: dict[str, Any], known: set[str], path: tuple[str | int, ...], said: str) -> None:
        if extra := sorted(str(key) for key in set(node) - known):
            raise StructuredQueryError(f"{said}: {{{', '.join(map(repr, extra))}}}", path)

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
            return meaning(rule, str(op), value)
        except QueryError as error:
            raise StructuredQueryError(str(error), path) from None

    def _rule(self, field: str, path: tuple[str | int, ...]) -> tuple[str, Rule]:
        found = rule_of(self.category, field)
        if found is None:
            said = f"Unknown field '{field}' for object type '{self.category}'"
            if self.category == "superevent" and rule_of("superevent", f"preferred_event.{field}"):
                said += f". Did you mean 'preferred_event.{field}'?"
            raise StructuredQueryError(said, path)
        return found
