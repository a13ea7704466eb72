"""Tables that fit the terminal: no column shrinks to nothing, no date or name is cut, and texts are shortened at their end.

A column's name says how it behaves: `>` before it puts it flush right, `~` makes it a text that may be cut, `^` one that is cut in its
middle, `?` leaves it out where there is no room for all. Off a terminal every cell is whole, and no line has blanks at its end.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from gracetape.plain_text import cut, cut_within
from gracetape.shown import printable

TYPE_CHECKING = False  # as typing's, whose import costs more
if TYPE_CHECKING:
    from rich.text import Text

_BETWEEN = 2  # blanks between columns
_LEAST_TEXT = 12  # cells that a text keeps, or columns of the kind `?` go
_LEAST_LONGEST = 24  # and that the longest text keeps: it is what one reads


@dataclass
class _Column:
    name: str
    right: bool
    text: bool
    within: bool
    optional: bool
    cells: list[str]
    width: int = 0

    def fitted(self, number: int) -> str:
        """A cell in the column's width."""
        cell = self.cells[number]
        return cut_within(cell, self.width) if self.within else cut(cell, self.width) if self.text else cell


def _columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[_Column]:
    from rich.cells import cell_len

    found = []
    for number, spelt in enumerate(names):
        name = spelt.lstrip(">~^?")
        marks = spelt[: len(spelt) - len(name)]
        cells = ["" if row[number] is None else printable(row[number]) for row in rows]
        column = _Column(name, ">" in marks, bool({"~", "^"} & set(marks)), "^" in marks, "?" in marks, cells)
        column.width = max(map(cell_len, [name, *cells]))
        found.append(column)
    return found


def _fitted(columns: list[_Column], width: int) -> list[_Column]:
    """The columns that there is room for, each as wide as it is shown."""

    longest = max((c for c in columns if c.text and not c.optional), key=lambda c: c.width, default=None)

    def least(column: _Column) -> int:
        if not column.text:
            return column.width
        return min(column.width, max(_LEAST_LONGEST if column is longest else _LEAST_TEXT, len(column.name)))

    columns = list(columns)
    while sum(map(least, columns)) + _BETWEEN * (len(columns) - 1) > width and any(c.optional for c in columns):
        columns.remove(next(c for c in reversed(columns) if c.optional))
    texts = sorted((c for c in columns if c.text), key=lambda c: c.width)
    room = width - sum(c.width for c in columns if not c.text) - _BETWEEN * (len(columns) - 1)
    for number, column in enumerate(texts):
        share = room // (len(texts) - number)
        if column.optional and longest is not None and longest in texts[number:]:
            share = min(share, room - least(longest) - _LEAST_TEXT * (len(texts) - number - 2))
        column.width = min(column.width, max(_LEAST_TEXT, share))
        room -= column.width
    return columns


def table_lines(
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    width: int | None = None,
    styles: "Sequence[str] | Mapping[str, str | Callable[[str], Text]]" = (),
) -> "list[Text]":
    """The table, the names of its columns first; `width` cells wide at most, if its names and numbers leave it the choice.

    `styles`: how the cells of each column are coloured, as rich has it; by the columns' names, it may be a function of a cell, too.
    """
    from rich.text import Text

    columns = _columns(names, list(rows))
    shown = columns if width is None else _fitted(columns, width)
    lines = [_line([c.name for c in shown], shown, ["bold"] * len(shown))] if any(c.name for c in shown) else []
    if isinstance(styles, Mapping):
        style_of = {id(column): styles[column.name] for column in columns if column.name in styles}
    else:
        style_of = {id(column): style for column, style in zip(columns, styles, strict=False)}
    for number in range(len(columns[0].cells) if columns else 0):
        cells = [c.cells[number] if width is None else c.fitted(number) for c in shown]
        lines.append(_line(cells, shown, [style_of.get(id(c), "") for c in shown]))
    left_out = [c.name for c in columns if c not in shown]
    if left_out:
        lines.append(Text(f"(a wider terminal shows {', '.join(left_out)}, too)", "dim"))
    return lines


def _line(cells: Sequence[str], columns: Sequence[_Column], styles: "Sequence[str | Callable[[str], Text]]") -> "Text":
    from rich.cells import cell_len
    from rich.text import Text

    line = Text()
    for cell, column, style in zip(cells, columns, styles, strict=True):
        blanks = " " * max(0, column.width - cell_len(cell))
        line.append(blanks if column.right else "")
        line.append(cell, style) if isinstance(style, str) else line.append_text(style(cell))
        line.append("" if column.right else blanks)
        line.append(" " * _BETWEEN)
    line.rstrip()
    return line


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None, styles: Sequence[str] = ()
) -> None:
    """Print rows as a table, under a title if there is one. Cells may be strangers' texts."""
    from rich.console import Console
    from rich.text import Text

    terminal = sys.stdout.isatty()
    console = Console(soft_wrap=True, highlight=False)
    if title is not None:
        console.print(Text(printable(title), "bold")) if terminal else print(printable(title))
    for line in table_lines(columns, rows, console.width if terminal else None, styles):
        console.print(line) if terminal else print(line.plain)


def say_reasons(reasons: Iterable[tuple[str, str]]) -> None:
    """What rows have in common, once: `inferred (12): tags put on within a second …` for pairs of a word and its reason."""
    from gracetape.shown import say

    for (word, reason), count in Counter(reasons).items():
        say(f"{word} ({count}): {reason}")


def html_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table for a notebook; cells may be strangers' texts."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = ("".join(f"<td>{escape(printable('' if cell is None else cell))}</td>" for cell in row) for row in rows)
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{cells}</tr>" for cells in body) + "</table>"
