"""How one says which objects are meant, to the commands that ask a GraceDB for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gracetape.capture import CONNECTIONS
from gracetape.errors import UsageError
from gracetape.ids import category_of

_Option = typer.Option


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """What each of them takes, as it was written. `archive` and `files` mean something else for each: they say it themselves."""

    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Events (G1234, T1234, …) and superevents.")
    ] = None
    query: Annotated[
        str | None, _Option("--query", metavar="QUERY", help="All that this query of the server finds.")
    ] = None
    superevents: Annotated[
        bool, _Option("--superevents/--events", help="What the query is of.", show_default="superevents")
    ] = True
    from_file: Annotated[
        Path | None, _Option("--from-file", metavar="FILE", help="The ids in a file, or on standard input (-).")
    ] = None
    url: Annotated[
        str | None,
        _Option(
            "--service-url", metavar="URL", help="The API root (default: $GRACETAPE_SERVICE, or ligo.gracedb's own)."
        ),
    ] = None
    archive: Path | None = None
    files: bool = True
    pattern: Annotated[
        str | None,
        _Option("--only", "--files-like", metavar="PATTERN", help="Fetch only files like this, as in *.fits*."),
    ] = None
    with_events: Annotated[bool, _Option(help="Take a superevent's member events too.")] = True
    connections: Annotated[
        int, _Option(metavar="N", min=1, max=64, help="How many requests are under way at once.")
    ] = CONNECTIONS
    max_rate: Annotated[
        float | None,
        _Option("--max-rate", metavar="N", help="No more than N requests a second, over all connections."),
    ] = None
    api_version: Annotated[str | None, _Option(metavar="v1|v2", help="Default: the server's.")] = None

    @property
    def category(self) -> str:
        """What a query is of."""
        return "superevent" if self.superevents else "event"

    def chosen(self) -> list[str]:
        """The ids that were named, one way or another; none where a query finds them. UsageError if none of it makes sense."""
        named = (("ids", self.ids), ("--query", self.query), ("--from-file", self.from_file))
        ways = [name for name, given in named if given is not None]
        if not ways:
            raise UsageError("name what is to be captured: ids, --query QUERY or --from-file FILE")
        if len(ways) > 1:
            raise UsageError(f"{' and '.join(ways)} exclude each other")
        if self.query is not None and not self.query.strip():
            raise UsageError("--query is empty: name what it is to find, as in --query 'label: EM_READY'")
        if self.api_version not in (None, "v1", "v2"):
            raise UsageError(f"there is no API version {self.api_version!r}: --api-version is v1 or v2")
        if self.max_rate is not None and not self.max_rate > 0:
            raise UsageError(f"--max-rate is a number of requests a second above 0, not {self.max_rate:g}")
        for graceid in self.ids or ():
            category_of(graceid)
        if self.from_file is None:
            return list(self.ids or ())
        from gracetape.capture.asked import ids_of_file

        found = ids_of_file(self.from_file)
        if not found:
            raise UsageError(f"there is no id in {self.from_file}")
        return found
