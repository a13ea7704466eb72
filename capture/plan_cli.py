"""The command `capture plan`: what a capture would fetch, and how large it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gracetape.capture.choosing import Choosing
from gracetape.options import JsonOption, with_options
from gracetape.terminal import commands, sentences

app = commands("")


@dataclass(frozen=True, kw_only=True)
class PlanOptions(Choosing):
    """The options of `capture plan`."""

    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="The tape that the capture would go into (default: ./ID.tape)."
        ),
    ] = None
    files: Annotated[bool, typer.Option("--files/--no-files", help="Count the files' contents.")] = True
    as_json: JsonOption = False


@app.command()
@sentences
@with_options(PlanOptions)
def plan(options: PlanOptions) -> None:
    """Tell what a capture would fetch, and how large it is; nothing is kept.

    The records are asked for, and of each file that is not here the size.
    """
    chosen = options.chosen()
    from gracetape.capture.planning import show_plan
    from gracetape.capture.run import Asked

    show_plan(
        options.archive or (Path(f"{chosen[0]}.tape") if options.ids else None),
        Asked(chosen, options.query, options.category), options.url, options.api_version, as_json=options.as_json,
        files=options.files, pattern=options.pattern, with_events=options.with_events, connections=options.connections,
        max_rate=options.max_rate,
    )  # fmt: skip
