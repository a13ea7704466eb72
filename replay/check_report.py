"""What `gracetape replay check` shows: how well the messages of an object can be rebuilt, against those that were heard."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from gracetape.archive import Archive
from gracetape.archive.which import locate
from gracetape.plain_text import plain
from gracetape.progress import progress
from gracetape.replay.check import Checked, Report, check
from gracetape.tables import show_table
from gracetape.terminal import FAILURE, say, show_json
from gracetape.times import shown_time

_LONGEST = 60  # characters of a value in the table


def compare(graceid: str, archive: Path | None, *, every: bool, as_json: bool) -> None:
    """Compare an object's rebuilt messages with those that were recorded; typer.Exit if any differs."""
    with Archive.open(locate(archive)) as tape, progress("comparing messages"):
        report = check(tape, graceid)
    if as_json:
        show_json(_as_json(report))
    else:
        _show(report, every=every)
    if not report.faithful:
        raise typer.Exit(FAILURE)


def _as_json(report: Report) -> dict[str, object]:
    return {
        "id": report.graceid,
        "matched": report.count("equal", "differs"),
        **{name: report.count(name) for name in ("equal", "differs", "missing", "extra")},
        "score": round(report.score, 6),
        "messages": [asdict(message) for message in report.messages],
    }


def _show(report: Report, *, every: bool) -> None:
    rows = [row for message in report.messages if every or message.verdict != "equal" for row in _rows(message)]
    if rows:
        show_table(
            ["", "time (UTC)", ">N", "?node", "alert type", "?certainty", "~field", "~rebuilt", "~recorded"], rows
        )
    told = f"{report.graceid}: {report.count('equal', 'differs')} matched, {report.count('equal')} of them equal in every field"
    say(f"{told}; {report.count('missing')} missing, {report.count('extra')} extra; score {report.score:.4f}")


def _rows(message: Checked) -> list[tuple[object, ...]]:
    """A message as a row, and one more for each further field in which it differs."""
    start = (message.verdict, shown_time(message.time), message.n, message.node, message.alert_type, message.certainty)
    fields = [(d.field, _short(d.rebuilt), _short(d.recorded)) for d in message.differences] or [
        ("", plain(message.what), "")
    ]
    return [((start if i == 0 else ("",) * len(start)) + field) for i, field in enumerate(fields)]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
