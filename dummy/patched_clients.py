"""Makes `ligo.gracedb.rest.GraceDb(...)`, in code that cannot be edited, answer from an archive: `use`, and GRACETAPE_DUMMY."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from ligo.gracedb.client import GraceDBClient
from requests.adapters import BaseAdapter

from gracetape.archive import Archive
from gracetape.dummy.client import InProcess, app_over
from gracetape.dummy.client_patch import ToServer, catch, caught, elsewhere
from gracetape.dummy.option_checks import check_options
from gracetape.dummy.tapes import Tape, opened

#: The variable that names an archive, or the API root of a served dummy, for all clients of a process.
VARIABLE = "GRACETAPE_DUMMY"
#: The variable that names a Kafka broker (HOST:PORT) for all listeners of a process to GCN's and SCiMMA's.
PUBLIC_VARIABLE = "GRACETAPE_PUBLIC"


class Use:
    """Clients of this process answered by a dummy, from `start()` until `stop()` or the end of the `with` block.

    `app` is the dummy's web application, `archive` what it serves.
    """

    def __init__(self, archive: Tape, *, keep: bool = False, read_only: bool = False, **options: Any) -> None:
        check_options({name: value for name, value in options.items() if name not in ("as_of", "follow")})
        self._given, self._options = archive, options
        self._writes = {"keep": keep, "read_only": read_only}
        self._own: Archive | None = None
        self._undo: Callable[[], None] = lambda: None

    @cached_property
    def archive(self) -> Archive:
        fixed = self._options.get("as_of") is not None or self._options.get("follow") is not None
        archive, own = opened(self._given, **(self._writes | ({"read_only": True} if fixed else {})))
        self._own = archive if own else None
        return archive

    @cached_property
    def app(self) -> Any:
        options = dict(self._options)
        return app_over(self.archive, options.pop("as_of", None), options.pop("follow", None), **options)

    def adapter(self, asked: str, retries: Any) -> BaseAdapter:
        """The transport of a client that asks at the API root `asked`."""
        return _InsteadOf(asked, self.app, retries)

    def start(self) -> Self:
        self._undo = catch(GraceDBClient, self.adapter)
        return self

    def stop(self) -> None:
        """Let new clients be ordinary ones again, and close the archive if it was opened here."""
        self._undo()
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _InsteadOf(InProcess):
    """The in-process transport for a client that asks at `asked`; it sees links on the host that it asked."""

    def __init__(self, asked: str, app: Any, retries: Any) -> None:
        super().__init__(app, retries)
        host = urlsplit(asked)
        self._asked, self._root = asked, f"{host.scheme}://{host.netloc}/api/"

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = elsewhere(str(request.url), self._asked, self._root)
        return super().send(request, **options)


def use(
    archive: Tape,
    as_of: int | str | Mapping[str, int] | datetime | None = None,
    **options: Any,
) -> Use:
    """Let every `GraceDb` (or subclass) made in this process from now on be a dummy over `archive`.

    `with dummy.use("run.tape"):` ends with the block; as a plain call it lasts until `.stop()`. Options are those of
    `dummy.GraceDb`: `as_of`, `keep`, `read_only`, `follow`, `user`, `on_alert`, `now`, `faults`, `throttle`,
    `labels`, `pipelines`, `searches`, `server_version`, `first_id`. Raises ArchiveError if the archive
    cannot be opened, and then changes nothing.
    """
    using = Use(archive, as_of=as_of, **options)
    try:
        using.app  # noqa: B018
    except BaseException:
        using.stop()
        raise
    return using.start()


def honour(where: str | None = None) -> None:
    """Do what GRACETAPE_DUMMY asks for (or `where`, in its place), unless that was done or the variable is not set.

    Clients are led to a URL, or answered from an archive, which is opened when the first client is made.
    """
    where = where or os.environ.get(VARIABLE)
    if not where or caught(GraceDBClient):
        return
    if where.startswith(("http://", "https://")):
        catch(GraceDBClient, lambda asked, retries: ToServer(where, asked, retries))
    else:
        Use(where).start()
