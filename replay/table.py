"""How a replay looks before it is played: a row per alert as a table, or one per message and node as JSON."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from gracetape.alert_lines import topics_in_short
from gracetape.archive.alerts.lines import line_of
from gracetape.plain_text import plain
from gracetape.replay.player import Player
from gracetape.replay.targets.stream import write_out
from gracetape.tables import say_reasons, show_table
from gracetape.times import shown_time

COLUMNS = ("time (UTC)", "?>offset (s)", ">N", "id", "alert type", "~what", "?~topics", "certainty")


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


def print_dry_run(player: Player, *, as_json: bool) -> None:
    """Write what would be sent to standard output: a row per alert as a table, or one per message and node as one JSON array."""
    if as_json:
        write_out(json.dumps(list(rows(player)), indent=2) + "\n")
        return
    names = topics_in_short if sys.stdout.isatty() else ", ".join
    cells, reasons = list[tuple[object, ...]](), list[tuple[str, str]]()
    for queued, alert in player.queue.whole():
        messages = player.messages(alert, queued.dt)
        if not messages:
            continue
        line = line_of(alert, messages[0].offset_s, tuple(message.node for message in messages))
        cells.append(
            (shown_time(line.time), f"{line.offset_s:.0f}", line.n, line.graceid, line.alert_type, plain(alert.what or line.what),
             names(line.topics), line.certainty)
        )  # fmt: skip
        if alert.reason:
            reasons.append((line.certainty, alert.reason))
    show_table(*(_of_one_day(cells) if sys.stdout.isatty() else (COLUMNS, cells)))
    say_reasons(reasons)


def _of_one_day(cells: Sequence[tuple[object, ...]]) -> tuple[Sequence[str], Sequence[tuple[object, ...]]]:
    """The table for a terminal: a day that all rows have stands above their times, which leaves more room for what they tell."""
    days = {str(time).partition(" ")[0] for time, *_ in cells}
    if len(days) != 1:
        return COLUMNS, cells
    return (days.pop(), *COLUMNS[1:]), [(str(time).partition(" ")[2], *rest) for time, *rest in cells]
