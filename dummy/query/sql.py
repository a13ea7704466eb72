"""Compiles a tree to SQL over the search tables; values always go as parameters."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from gracetape.dummy.query.attributes import canonical
from gracetape.dummy.query.fields import FIELDS, Field, attribute_field
from gracetape.dummy.query.tree import AllOf, AnyOf, Condition, Node, Not, QueryError, TooMuch, leaves

#: More conditions than this (after equal tests of one field, such as ids, were put together) are refused.
MOST_CONDITIONS = 100
#: A text to look for may be that long (characters): it is compared with each place of what it is looked for in.
LONGEST_TEXT = 256
_ANY = (0, 1, 2, 3)
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Sql:
    """A boolean expression about the row `o` and its parameters; `rows`, if it names objects, is where it finds them."""

    text: str
    params: tuple[Any, ...] = ()
    rows: str = ""


class Compiler:
    """Writes conditions on events or superevents; `hidden` are the values of that column that the answer may have.

    `driving`, they are written so that an index finds the objects that meet them; else so that they are soon checked of an
    object that is found already.
    """

    def __init__(self, category: str, hidden: tuple[int, ...] = _ANY, *, driving: bool = True) -> None:
        self._category, self._fields, self._driving = category, FIELDS[category], driving
        self._shown = f"o.hidden IN ({', '.join(map(str, hidden))})"

    def compile(self, tree: Node) -> Sql:
        """A tree as SQL."""
        match tree:
            case AllOf(parts) | AnyOf(parts) if len(parts) > 1 and _table_of(tree):
                lines = self._lines(tree)
                return self._owners(f"FROM ({lines.text}) WHERE 1", lines.params)
            case AllOf(parts):
                return joined("AND", map(self.compile, _lines_together(parts)), empty="1")
            case AnyOf(parts):
                return joined("OR", map(self.compile, parts), empty="0")
            case Not(part):
                inner = Compiler(self._category, driving=False).compile(part)
                return Sql(f"({inner.text}) IS NOT TRUE", inner.params)
            case _:
                return self._condition(tree)

    def _condition(self, condition: Condition) -> Sql:
        name = condition.field
        if name.startswith("preferred_event."):
            inner = Compiler("event").compile(replace(condition, field=name.partition(".")[2]))
            return Sql(f"o.preferred_event IN (SELECT o.object FROM search_events o WHERE {inner.text})", inner.params)
        field = self._fields.get(name) or attribute_field(name)
        if field.within:
            return self._elsewhere(field, condition)
        found = test(field, f"o.{field.column}" if self._driving else f"+o.{field.column}", condition)
        return found if field.indexed or not self._driving else Sql(f"({self._shown} AND {found.text})", found.params)

    def _elsewhere(self, field: Field, condition: Condition) -> Sql:
        """A condition on rows of another table, that name the object."""
        if condition.op == "null" and condition.values[0]:
            inner = self._elsewhere(field, replace(condition, values=(False,)))
            return Sql(f"NOT {inner.text}", inner.params)
        found = test(field, field.column, condition)
        params = found.params if condition.field in self._fields else (condition.field, *found.params)
        return self._owners(f"{field.within} {found.text}", params, field.owner)

    def _owners(self, rows: str, params: tuple[Any, ...], owner: str = "object") -> Sql:
        """That the object is named by one of some rows (FROM and WHERE)."""
        if self._driving:
            return Sql(f"o.object IN (SELECT {owner} {rows})", params, rows)
        return Sql(f"EXISTS (SELECT 1 {rows} AND {owner} = o.object)", params)

    def _lines(self, tree: Node) -> Sql:
        """The lines (object, line) that meet conditions on one table of attributes."""
        match tree:
            case AllOf(parts) | AnyOf(parts):
                found = [self._lines(part) for part in parts]
                op = " INTERSECT " if isinstance(tree, AllOf) else " UNION "
                text = op.join(f"SELECT object, line FROM ({part.text})" for part in found)
                return Sql(text, tuple(value for part in found for value in part.params))
            case Not():
                raise ValueError("lines are never negated")
            case _:
                inner = test(attribute_field(tree.field), "value", tree)
                here = "" if self._driving else " AND object = o.object"
                text = f"SELECT object, line FROM search_attributes WHERE name = ? AND {inner.text}{here}"
                return Sql(text, (tree.field, *inner.params))


def _lines_together(parts: tuple[Node, ...]) -> Iterator[Node]:
    """Parts that hold together; those on one table of attributes hold for the same line of it (one single inspiral)."""
    tables: dict[str, list[Node]] = defaultdict(list)
    for part in parts:
        if table := _table_of(part):
            tables[table].append(part)
        else:
            yield part
    for found in tables.values():
        yield found[0] if len(found) == 1 else AllOf(tuple(found))


def _table_of(tree: Node) -> str | None:
    """The one table of attributes that a tree without `not` is about, or None."""
    match tree:
        case Not():
            return None
        case AllOf(parts) | AnyOf(parts):
            tables = {_table_of(part) for part in parts}
            return tables.pop() if len(tables) == 1 else None
        case _:
            return tree.field.partition(".")[0] if canonical(tree.field) == tree.field and tree.op != "null" else None


def gathered(tree: Node) -> Node:
    """The same tree with `a = 1 or a = 2` written as `a in (1, 2)`, and joints within joints of their kind dissolved.

    TooMuch if it has too many conditions even so.
    """
    found = _gathered(tree)
    if sum(1 for _ in leaves(found)) > MOST_CONDITIONS:
        raise TooMuch(f"the query has more than {MOST_CONDITIONS} conditions")
    return found


def _gathered(tree: Node) -> Node:
    match tree:
        case AllOf(parts):
            return _all(tuple(inner for part in parts for inner in _dissolved(_gathered(part))))
        case Not(part):
            return Not(_gathered(part))
        case AnyOf(parts):
            equal: dict[str, list[Any]] = defaultdict(list)
            rest: list[Node] = []
            inside = [part.parts if isinstance(part, AnyOf) else (part,) for part in map(_gathered, parts)]
            for part in (part for some in inside for part in some):
                if isinstance(part, Condition) and part.op in ("=", "in"):
                    equal[part.field] += part.values
                else:
                    rest.append(part)
            return AnyOf((*(Condition(field, "in", tuple(values)) for field, values in equal.items()), *rest))
        case _:
            return tree


def _all(parts: tuple[Node, ...]) -> Node:
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _dissolved(tree: Node) -> tuple[Node, ...]:
    """The parts of what is true where all of them are, for another such joint.

    Attributes stay in theirs unless it is about one table: those that stand together are of one line of it.
    """
    if not isinstance(tree, AllOf):
        return (tree,)
    alone = _table_of(tree) is None and any(canonical(leaf.field) == leaf.field for leaf in leaves(cast(Node, tree)))
    return (tree,) if alone else tree.parts


def joined(op: str, parts: Iterable[Sql], empty: str) -> Sql:
    """Expressions joined by an operator, as a balanced tree: SQLite refuses deep ones."""
    found = list(parts)
    if len(found) < 2:
        return found[0] if found else Sql(empty)
    left, right = joined(op, found[: len(found) // 2], empty), joined(op, found[len(found) // 2 :], empty)
    return Sql(f"({left.text} {op} {right.text})", left.params + right.params)


def test(field: Field, column: str, condition: Condition) -> Sql:
    """One test of a column."""
    op, values = condition.op, condition.values
    match op:
        case "=" | "<" | "<=":
            return Sql(f"{column} {op} ?", values)
        case ">" | ">=":  # texts sort after all numbers, and some columns hold either
            bound = f" AND {column} < ''" if field.type == "number" else ""
            return Sql(f"{column} {op} ?{bound}", values)
        case "between":
            return Sql(f"{column} BETWEEN ? AND ?", values)
        case "in":
            return Sql(f"{column} IN ({', '.join('?' * len(values))})", values)
        case "null":
            # not IS NOT NULL, which finds nothing by an index
            return Sql(
                f"{column} IS NULL" if values[0] else f"{column} >= {chr(39) * 2 if field.type == 'text' else '-9e999'}"
            )
        case "startswith":
            return Sql(f"{column} >= ? AND {column} < ?", (values[0], values[0] + _LAST))
        case "contains" | "begins" | "like":
            if len(values[0]) > LONGEST_TEXT:
                raise TooMuch(f"a text to look for has more than {LONGEST_TEXT} characters")
            inside = "".join("\\" + c if c in "\\%_" else c for c in values[0])
            pattern = f"{'%' if op == 'contains' else ''}{inside}{'' if op == 'like' else '%'}"
            if not field.words:
                return Sql(f"{column} LIKE ? ESCAPE '\\'", (pattern,))
            words = "SELECT word FROM search_words WHERE kind = ? AND word LIKE ? ESCAPE '\\'"
            return Sql(f"{column} IN ({words})", (field.words, pattern))
    raise QueryError(f"there is no operator {op}")
