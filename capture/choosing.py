"""How one says which objects are meant, to the commands that ask a GraceDB for them."""

from pathlib import Path
from typing import Annotated

import typer

from gracetape.errors import UsageError
from gracetape.ids import category_of

IdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="Events (G1234, T1234, …) and superevents.")
]
QueryOption = Annotated[
    str | None, typer.Option("--query", metavar="QUERY", help="All that this query of the server finds.")
]
CategoryOption = Annotated[bool, typer.Option("--superevents/--events", help="What the query is of.")]
FromFileOption = Annotated[
    Path | None, typer.Option("--from-file", metavar="FILE", help="The ids in a file, or on standard input (-).")
]
ServiceOption = Annotated[
    str | None,
    typer.Option(
        "--service-url", metavar="URL", help="The API root (default: $GRACETAPE_SERVICE, or ligo.gracedb's own)."
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option("--only", "--files-like", metavar="PATTERN", help="Fetch only files like this, as in *.fits*."),
]
WithEventsOption = Annotated[bool, typer.Option(help="Take a superevent's member events too.")]
ConnectionsOption = Annotated[
    int, typer.Option(metavar="N", min=1, max=64, help="How many requests are under way at once.")
]
MaxRateOption = Annotated[
    float | None,
    typer.Option("--max-rate", metavar="N", help="No more than N requests a second, over all connections."),
]
ApiVersionOption = Annotated[str | None, typer.Option(metavar="v1|v2", help="Default: the server's.")]


def choose(
    ids: list[str] | None, query: str | None, from_file: Path | None, api_version: str | None, max_rate: float | None
) -> list[str]:
    """The ids that were named, one way or another; none where a query finds them. UsageError if none of it makes sense."""
    ways = [name for name, given in (("ids", ids), ("--query", query), ("--from-file", from_file)) if given is not None]
    if not ways:
        raise UsageError("name what is to be captured: ids, --query QUERY or --from-file FILE")
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} exclude each other")
    if query is not None and not query.strip():
        raise UsageError("--query is empty: name what it is to find, as in --query 'label: EM_READY'")
    if api_version not in (None, "v1", "v2"):
        raise UsageError(f"there is no API version {api_version!r}: --api-version is v1 or v2")
    if max_rate is not None and not max_rate > 0:
        raise UsageError(f"--max-rate is a number of requests a second above 0, not {max_rate:g}")
    for graceid in ids or ():
        category_of(graceid)
    if from_file is None:
        return list(ids or ())
    from gracetape.capture.asked import ids_of_file

    found = ids_of_file(from_file)
    if not found:
        raise UsageError(f"there is no id in {from_file}")
    return found
