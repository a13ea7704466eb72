"""The table of docs/clients.md: what was reached, by whom, when; it is written from runs, and is what later runs are measured by."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
HEAD = "| client | version | date | step | reached |\n|---|---|---|---|---|\n"
_BEGIN, _END = "<!-- written by `make clients` -->\n", "<!-- end -->\n"
YES = "yes"


@dataclass(frozen=True)
class Row:
    """One step of one client, as the page tells it; `reached` is "yes", or why not."""

    client: str
    version: str
    date: str
    step: str
    reached: str

    @property
    def key(self) -> tuple[str, str]:
        """What a later run of the same step has, too."""
        return self.client, self.step

    def __str__(self) -> str:
        cells = (self.client, self.version, self.date, self.step, self.reached)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def read() -> list[Row]:
    """The rows of the page."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    lines = rest.partition(_END)[0].splitlines()[2:]
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [Row(*row) for row in cells]


def write(rows: list[Row]) -> None:
    """Put rows between the marks of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    PAGE.write_text(before + _BEGIN + HEAD + "".join(map(str, rows)) + _END + after, encoding="utf-8")


def merged(old: list[Row], new: list[Row], order: list[str]) -> list[Row]:
    """The page after a run: a client that ran has its new rows, the others have those that they had; in the order of the table."""
    ran = {row.client for row in new}
    rows = [row for row in old if row.client not in ran] + new
    return sorted((row for row in rows if row.client in order), key=lambda row: order.index(row.client))


def lost(old: list[Row], new: list[Row]) -> list[Row]:
    """What the page calls reached, and a run of the same client did not reach."""
    ran = {row.client for row in new}
    reached = {row.key for row in new if row.reached == YES}
    return [row for row in old if row.client in ran and row.reached == YES and row.key not in reached]
