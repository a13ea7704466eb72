"""The command `capture plan`: what a capture would fetch, and how large it is."""

from pathlib import Path
from typing import Annotated

import typer

from gracetape.capture import CONNECTIONS
from gracetape.capture.choosing import (
    ApiVersionOption,
    CategoryOption,
    ConnectionsOption,
    FromFileOption,
    IdsArgument,
    MaxRateOption,
    OnlyOption,
    QueryOption,
    ServiceOption,
    WithEventsOption,
    choose,
)
from gracetape.options import JsonOption
from gracetape.terminal import commands, sentences

app = commands("")


@app.command()
@sentences
def plan(
    ids: IdsArgument = None,
    query: QueryOption = None,
    superevents: CategoryOption = True,
    from_file: FromFileOption = None,
    url: ServiceOption = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="The tape that the capture would go into (default: ./ID.tape)."
        ),
    ] = None,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Count the files' contents.")] = True,
    pattern: OnlyOption = None,
    with_events: WithEventsOption = True,
    connections: ConnectionsOption = CONNECTIONS,
    max_rate: MaxRateOption = None,
    api_version: ApiVersionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what a capture would fetch, and how large it is; nothing is kept.

    The records are asked for, and of each file that is not here the size.
    """
    chosen = choose(ids, query, from_file, api_version, max_rate)
    from gracetape.capture.planning import show_plan
    from gracetape.capture.run import Asked

    show_plan(
        archive or (Path(f"{chosen[0]}.tape") if ids else None), Asked(chosen, query, "superevent" if superevents else "event"),
        url, api_version, as_json=as_json, files=files, pattern=pattern, with_events=with_events, connections=connections,
        max_rate=max_rate,
    )  # fmt: skip
