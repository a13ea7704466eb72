"""The tables of `listen status`."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Group
from rich.text import Text

from gracetape.shown import printable
from gracetape.tables import table_lines
from gracetape.times import shown_time

#: How a state of a check looks.
STYLES = {"ok": "green", "failed": "bold red", "late": "yellow", "pending": "dim"}

#: GraceIDs that are shown.
MOST = 20

_STATE = re.compile(rf"\b(?:{'|'.join(STYLES)})\b")


def status_view(record: dict[str, Any], width: int | None = None) -> Group:
    """The same lines as one thing that rich shows."""
    return Group(*status_lines(record, width))


def status_lines(record: dict[str, Any], width: int | None) -> list[Text]:
    """Children with their queues, and per GraceID the states of its checks, in lines of `width` cells at most (None: of any)."""
    return [_head(record), *_children(record["children"], width), *_checks(record["children"], width)]


def _head(record: dict[str, Any]) -> Text:
    since = shown_time(datetime.fromtimestamp(record["started"], UTC))
    how = f"runs since {since} UTC (process {record['pid']})" if record["running"] else "does not run"
    text = Text(f"the listener {how}; {record['accepted']} messages accepted")
    if record.get("refusing"):
        text.append(f"; NOTHING IS ACCEPTED NOW: {printable(record['refusing'])}", "bold red")
    return text


def _children(children: Iterable[dict[str, Any]], width: int | None) -> list[Text]:
    rows = []
    for child in children:
        wait = child["next_deadline"]
        due = "" if wait is None else f"{max(0.0, wait - time.time()):.1f} s"
        figures = [child[name] for name in ("alerts", "tasks", "errors", "queue")]
        begin = child["name"], child["process_type"], " ".join(child["nodes"]), child["state"]
        rows.append((*begin, *figures, due, child["restarts"]))
    names = [
        "~child",
        "?process type",
        "?~nodes",
        "state",
        ">alerts",
        ">tasks",
        ">errors",
        ">queue",
        ">next in",
        "?>restarts",
    ]
    return table_lines(names, rows, width, {"state": lambda state: Text(state, "" if state == "runs" else "bold red")})


def _checks(children: Iterable[dict[str, Any]], width: int | None) -> Iterator[Text]:
    rows = [(child["name"], graceid, states) for child in children for graceid, states in child["states"].items()]
    if not rows:
        return
    cells = [
        (name, graceid, ", ".join(f"{check} {state}" for check, state in sorted(states.items())))
        for name, graceid, states in rows[-MOST:]
    ]
    yield Text("")
    yield from table_lines(["~child", "GraceID", "~checks"], cells, width, {"checks": _coloured})
    total = Counter(state for _, _, states in rows for state in states.values())
    counted = ", ".join(f"{n} {state}" for state, n in sorted(total.items()))
    yield Text(f"{len(rows)} GraceIDs: {counted}", "dim")


def _coloured(cell: str) -> Text:
    text = Text(cell)
    for found in _STATE.finditer(cell):
        text.stylize(STYLES[found[0]], *found.span())
    return text
