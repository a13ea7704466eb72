"""Tables of LIGO_LW as its library makes them, without comparing each column with all before it."""

from typing import Any

from igwn_ligolw import ligolw, types as ligolwtypes

_ATTRIBUTES_OF_COLUMNS: frozenset[str] = ligolw.Column.validattributes()


class _Column(ligolw.Column):  # type: ignore[misc]
    @classmethod
    def validattributes(cls) -> frozenset[str]:
        """The library asks `dir` for these at each column."""
        return _ATTRIBUTES_OF_COLUMNS


class _Table(ligolw.Table):  # type: ignore[misc]
    """A table being read: of a new column it needs to know only the names so far. What is out of order is left to the library to refuse."""

    TableByName: dict[str, Any] = {}  # whatever tables the library knows by name, if somebody else imported them

    def __init__(self, attributes: Any = None) -> None:
        super().__init__(attributes)
        self._names: set[str] | None = set()

    def _verifyChildren(self, index: int) -> None:
        child = self.childNodes[index]
        if child.tagName == ligolw.Column.tagName and self._names is not None:
            name = child.Name
            if name not in self._names and child.Type in ligolwtypes.ToPyType:
                self._names.add(name)
                return
        elif child.tagName != ligolw.Comment.tagName:
            self._names = None  # no column may come after it
        super()._verifyChildren(index)


class WithTables:
    """What the library's handlers inherit from, to make these tables."""

    def startColumn(self, parent: Any, attributes: Any) -> _Column:
        return _Column(attributes)

    def startTable(self, parent: Any, attributes: Any) -> _Table:
        return _Table(attributes)
