"""What a query means, as a tree: conditions on named fields, joined by and, or and not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class QueryError(Exception):
    """A query that is not understood; the text says what is wrong with it, and `reason` so where the text is worded as by the server."""

    def __init__(self, text: str = "", reason: str | None = None) -> None:
        super().__init__(text)
        self.reason = " ".join((text if reason is None else reason).split())


class TooMuch(QueryError):
    """A query that could be understood, but is longer or deeper than the dummy's limits; the text names the limit."""


@dataclass(frozen=True)
class AllOf(Generic[T]):
    """True where all parts are; with no parts, everywhere."""

    parts: tuple["Tree[T]", ...]


@dataclass(frozen=True)
class AnyOf(Generic[T]):
    """True where any part is; with no parts, nowhere."""

    parts: tuple["Tree[T]", ...]


@dataclass(frozen=True)
class Not(Generic[T]):
    """True where the part is not, also where that is unknown."""

    part: "Tree[T]"


Tree: TypeAlias = T | AllOf[T] | AnyOf[T] | Not[T]


@dataclass(frozen=True)
class Condition:
    """A test of one field of an object.

    `op` is one of = < <= > >= between in startswith null, or, ignoring case, contains begins like; `values` has one value,
    two for `between` (both ends belong to it), any number for `in`. An unknown value (None) meets none but `null`.
    """

    field: str
    op: str
    values: tuple[Any, ...]


Node: TypeAlias = Tree[Condition]


@dataclass(frozen=True)
class Query:
    """A tree and whether Test and MDC objects are left out of what it finds."""

    tree: Node
    without_test: bool = True
    without_mdc: bool = True


#: What a list shows that was asked without a query: everything.
EVERYTHING = Query(AllOf(()), without_test=False, without_mdc=False)


def mapped(tree: Tree[T], change: Callable[[T], Tree[U]]) -> Tree[U]:
    """A tree with every leaf changed."""
    match tree:
        case AllOf(parts):
            return AllOf(tuple(mapped(part, change) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(mapped(part, change) for part in parts))
        case Not(part):
            return Not(mapped(part, change))
        case _:
            return change(tree)


def leaves(tree: Tree[T]) -> Iterator[T]:
    """The leaves of a tree, in order."""
    match tree:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield tree
