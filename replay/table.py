"""How a replay looks before it is played: a row per message and node, as a table or as JSON."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gracetape.replay.player import Player
from gracetape.replay.targets.stream import write_out
from gracetape.shown import printable

_UNBOUNDED = 10_000  # columns, where no terminal sets a width
_WIDE = 140  # columns from which a terminal has room for dates, offsets and reasons
_LONGEST = 100  # characters of `what`; comments may be pages
_STYLES = {"recorded": "green", "exact": "green", "inferred": "yellow", "guessed": "red"}


def rows(player: Player) -> Iterator[dict[str, Any]]:
    """What would be sent: time (ISO 8601, UTC), offset (s), n, node, graceid, alert_type, what, certainty, reason."""
    for queued, alert in player.queue.whole():
        for message in player.messages(alert, queued.dt):
            line = alert.envelope(message.node, message.offset_s).fields()
            yield {
                **{name: line[name] for name in ("time", "offset", "n", "node", "graceid")},
                "alert_type": message.payload.get("alert_type", alert.alert_type),
                "what": alert.what,
                "certainty": line["certainty"],
                "reason": alert.reason,
            }


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Text for a cell of a table: printable, and cut to a length."""
    text = printable(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def dry_run_table(player: Player, width: int | None) -> Table:
    """The rows as a table for people; for a terminal `width` columns wide the texts are shortened, in a narrow one the times too."""
    fits, wide = width is not None, width is None or width >= _WIDE
    table = Table(expand=fits)
    for name in ("time", *(["offset (s)"] if wide else []), "N", "node", "id", "alert type"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("offset (s)", "N") else "left")
    table.add_column("what", no_wrap=True, overflow="ellipsis", ratio=3 if fits else None)
    table.add_column("certainty", no_wrap=True)
    if wide:
        table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=2 if fits else None)
    for row in rows(player):
        when = (row["time"], f"{row['offset']:.0f}") if wide else (row["time"][11:19],)
        names = (row["node"], row["graceid"], row["alert_type"], shortened(row["what"]))
        cells = [Text(printable(str(cell))) for cell in (*when, "" if row["n"] is None else row["n"], *names)]
        certainty = Text(row["certainty"], _STYLES.get(row["certainty"], ""))
        table.add_row(*cells, certainty, *([Text(shortened(row["reason"]))] if wide else []))
    return table


def print_dry_run(player: Player, *, as_json: bool) -> None:
    """Write the rows to standard output, as a table or as one JSON array."""
    if as_json:
        text = json.dumps(list(rows(player)), indent=2) + "\n"
    else:
        terminal = sys.stdout.isatty()
        console = Console(width=None if terminal else _UNBOUNDED)
        with console.capture() as captured:
            console.print(dry_run_table(player, console.width if terminal else None))
        text = captured.get()
    encoding = sys.stdout.encoding or "utf-8"
    write_out(text.encode(encoding, "replace").decode(encoding))
