"""The table of `listen status`."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gracetape.shown import printable

#: How a state of a check looks.
STYLES = {"ok": "green", "failed": "bold red", "late": "yellow", "pending": "dim"}

#: GraceIDs that are shown.
MOST = 20


def status_view(record: dict[str, Any]) -> RenderableType:
    """Children with their queues, and per GraceID the states of its checks."""
    return Group(_head(record), _children(record["children"]), *_checks(record["children"]))


def _head(record: dict[str, Any]) -> Text:
    since = datetime.fromtimestamp(record["started"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    how = f"runs since {since} (process {record['pid']})" if record["running"] else "does not run"
    text = Text(f"the listener {how}; {record['accepted']} messages accepted")
    if record.get("refusing"):
        text.append(f"; NOTHING IS ACCEPTED NOW: {printable(record['refusing'])}", "bold red")
    return text


def _children(children: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("child", "process type", "nodes"):
        table.add_column(name, overflow="fold")
    for name in ("state", "alerts", "tasks", "errors", "queue", "next in", "restarts"):
        table.add_column(name, justify="right")
    for child in children:
        figures = [str(child[name]) for name in ("alerts", "tasks", "errors", "queue")]
        state = Text(printable(child["state"]), "" if child["state"] == "runs" else "bold red")
        wait = child["next_deadline"]
        due = "" if wait is None else f"{max(0.0, wait - time.time()):.1f} s"
        table.add_row(
            *(Text(printable(text)) for text in (child["name"], child["process_type"], " ".join(child["nodes"]))),
            state,
            *figures,
            due,
            str(child["restarts"]),
        )
    return table


def _checks(children: Iterable[dict[str, Any]]) -> list[RenderableType]:
    rows = [(child["name"], graceid, states) for child in children for graceid, states in child["states"].items()]
    if not rows:
        return []
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("child", "GraceID", "checks"):
        table.add_column(name, overflow="fold")
    for child_name, graceid, states in rows[-MOST:]:
        cells = Text(", ").join(
            Text(printable(f"{check} {state}"), STYLES.get(state, "")) for check, state in sorted(states.items())
        )
        table.add_row(Text(printable(child_name)), Text(printable(graceid)), cells)
    total = Counter(state for _, _, states in rows for state in states.values())
    counted = ", ".join(f"{n} {state}" for state, n in sorted(total.items()))
    return [Text(""), table, Text(f"{len(rows)} GraceIDs: {counted}", "dim")]
