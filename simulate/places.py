"""Where a life is lived: a dummy archive, a served GraceDB by its URL, or a dummy of which only the alerts are kept."""

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ligo.gracedb.rest import GraceDb as OrdinaryClient

from archive import Archive, ArchiveError
from dummy import GraceDb
from dummy.announcing import open_alerts
from simulate.errors import SimulateError


def is_url(place: str) -> bool:
    """Whether a place is a server, not an archive."""
    return place.removeprefix("gracedb+").startswith(("http://", "https://"))


def is_dummy(place: str) -> bool:
    """Whether a place is surely a dummy: an archive, or a server of plain HTTP on this machine (GraceDB itself has HTTPS alone)."""
    if not is_url(place):
        return True
    url = urlsplit(place.removeprefix("gracedb+"))
    if url.scheme != "http":
        return False
    try:
        return url.hostname == "localhost" or ip_address(url.hostname or "").is_loopback
    except ValueError:
        return False


def check_safe(place: str, groups: set[str], unsafe: bool) -> None:
    """SimulateError if events of another group than Test would go to a real server without being asked for twice."""
    others = sorted(groups - {"Test"})
    if others and not unsafe and not is_dummy(place):
        raise SimulateError(
            f"{place} may be a real GraceDB, where only group Test is simulated, not {', '.join(others)}: --unsafe allows it"
        )


@contextmanager
def live_in(place: str, now: Callable[[], datetime]) -> Iterator[Any]:
    """A client of a place; an archive that is not there yet is made, and its times are those that `now` tells."""
    if is_url(place):
        url = place.removeprefix("gracedb+")
        with OrdinaryClient(
            url if url.endswith("/") else f"{url}/", **({"force_noauth": True} if is_dummy(place) else {})
        ) as client:
            yield client
        return
    path = Path(place.removeprefix("dummy:"))
    opened = Archive.open(path, read_only=False) if path.exists() else Archive.create(path)
    with opened as archive, GraceDb(archive, now=now) as client:
        yield client


@contextmanager
def alerts_alone(target: str, now: Callable[[], datetime], really: Collection[str] = ()) -> Iterator[Any]:
    """A client of a dummy that is thrown away at the end; its alerts go to `target`, any that replay knows.

    `really`: hosts other than this machine to which the user lets alerts go.
    Raises ArchiveError at the end if the target says that something went wrong on the way.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gracetape-") as folder,
        Archive.create(Path(folder) / "simulated.tape") as archive,
    ):
        sink = open_alerts(target, archive, really)
        try:
            with GraceDb(archive, now=now, on_alert=sink) as client:
                yield client
        finally:
            problem = sink.close()
        if problem:
            raise ArchiveError(problem)
