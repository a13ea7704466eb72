"""Where a life is lived: a dummy archive, a served GraceDB by its URL, or a dummy of which only the alerts are kept."""

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from ligo.gracedb.rest import GraceDb as OrdinaryClient

from gracetape.archive import Archive, ArchiveError
from gracetape.destinations import is_dummy, is_server, server_address
from gracetape.dummy import GraceDb
from gracetape.dummy.announcing import open_alerts


@contextmanager
def live_in(place: str, now: Callable[[], datetime]) -> Iterator[Any]:
    """A client of a place; an archive that is not there yet is made, and its times are those that `now` tells."""
    if is_server(place):
        url = server_address(place)
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
