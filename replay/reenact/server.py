"""The GraceDB that a re-enactment writes to: a dummy's archive, or a server named in a way that nobody writes by accident."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.store import PassingArchive
from gracetape.brokers.gracedb import Client
from gracetape.destinations import check_writes, server_address
from gracetape.dummy.server_settings import settings_of
from gracetape.errors import BadRequest, GracetapeError, ReplayError
from gracetape.replay.reenact import SCHEMES
from gracetape.shown import sentence, target


def open_server(
    url: str,
    really: Collection[str] = (),
    now: Callable[[], datetime] | None = None,
    tape: Archive | None = None,
) -> Any:
    """The client for `dummy:ARCHIVE` (made if it is not there), `gracedb+http://…` or `gracedb+https://…`.

    A production server is written to only if its host is named once more, among `really`. `now` gives the time (UTC) of a dummy,
    which knows the labels, pipelines and searches that `tape` tells of. Raises BadRequest, ReplayError.
    """
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "dummy":
        return _dummy(rest, now, tape)
    address = server_address(url)
    if scheme.lower() not in SCHEMES or not urlsplit(address).hostname:
        raise BadRequest(f"{target(url)!r} names no GraceDB: write dummy:ARCHIVE or gracedb+https://HOST/api/")
    check_writes(url, really)
    return _client(address if address.endswith("/") else address + "/")


def _dummy(path: str, now: Callable[[], datetime] | None, tape: Archive | None) -> Any:
    if not path:
        raise BadRequest("dummy: needs an archive, as in dummy:new.tape")
    try:
        archive = PassingArchive.at(path)
    except GracetapeError as error:
        raise BadRequest(str(error)) from None
    known = settings_of(archive, *([tape] if tape is not None else []))
    return dummy.GraceDb(archive, now=now, settings=known)


def client_at(address: str) -> Any:
    """The client of a served GraceDB, which asks nobody else, and gives a name only over HTTPS; ReplayError if there can be none."""
    try:
        return Client(address if address.endswith("/") else address + "/")
    except Exception as error:  # credentials and certificates fail in many ways
        raise ReplayError(_cannot(address, error)) from None


def _client(address: str) -> Any:
    client = client_at(address)
    try:
        client.ping()
    except Exception as error:  # so do networks
        raise ReplayError(_cannot(address, error)) from None
    return client


def _cannot(address: str, error: Exception) -> str:
    return f"{target(address)} cannot be written to: {' '.join(sentence(error).split())[:200]}"
