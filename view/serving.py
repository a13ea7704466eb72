"""Serves the page on loopback, by the same server as the dummy."""

from typing import Any

from gracetape.archive import Archive
from gracetape.dummy.server import Server
from gracetape.same_origin import check_loopback
from gracetape.view.page_app import make_page


def serve_page(archive: Archive | None, host: str = "127.0.0.1", port: int = 0, page: Any = None) -> Server:
    """A server of the page over an archive: `with serve_page(archive) as server: page_url(server)`.

    UsageError for a host that is not this machine's alone, ArchiveError if the port cannot be listened on.
    """
    check_loopback(host, port)
    return Server(make_page(archive) if page is None else page, host, port, sealed=False)


def page_url(server: Server) -> str:
    """The address of the page itself."""
    return server.url.removesuffix("api/")
