"""The addresses of a page that shows what happens now, and the page served with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import falcon

from gracetape.archive import Archive
from gracetape.bounded_json import read_json
from gracetape.errors import BadRequest, UsageError
from gracetape.live_pages import Mover, Teller
from gracetape.view.live import Live
from gracetape.view.page_app import answer, make_page
from gracetape.view.serving import page_url, serve_page

_LARGEST = 10_000  # bytes of what a page asks


def live_rows(live: Live) -> dict[str, Any]:
    """The resources of a page over what happens now, by their addresses."""
    return {
        "/api/live": _Events(live),
        "/api/live/messages/{number:int}": _Message(live),
        "/api/live/moves": _Moves(live),
    }


class _OfLive:
    def __init__(self, live: Live) -> None:
        self.live = live


class _Events(_OfLive):
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = "text/event-stream"
        resp.stream = self.live.events(self.live.after(req.get_header("Last-Event-ID")))


class _Message(_OfLive):
    def on_get(self, req: falcon.Request, resp: falcon.Response, number: int) -> None:
        answer(resp, self.live.message(number))


class _Moves(_OfLive):
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        # A form of another page can send texts and forms without asking, but no JSON.
        if not (req.content_type or "").startswith("application/json"):
            raise UsageError("say what to do in JSON")
        try:
            asked = read_json(req.bounded_stream.read(_LARGEST))
        except ValueError as error:
            raise UsageError(f"what to do is no JSON: {error}") from None
        try:
            self.live.move(asked)
        except BadRequest as error:  # it cannot be done as the replay stands: nothing is wrong with the page
            answer(resp, self.live.state() | {"said": str(error)})
        else:
            answer(resp, self.live.state())


@contextmanager
def live_page(
    port: int, what: str, archive: Archive | Path | str | None, mover: Mover | None, listener: Path | None
) -> Iterator[tuple[str, Teller]]:
    """Serve a page of what happens now; gives its address, and what to tell alerts to."""
    live = Live(what, mover, listener)
    with ExitStack() as stack:
        tape = archive
        if isinstance(archive, str | Path):
            tape = stack.enter_context(Archive.open(archive))
        page = make_page(tape if isinstance(tape, Archive) else None, live_rows(live), what)
        server = stack.enter_context(serve_page(None, port=port, page=page))
        stack.callback(live.close)
        yield f"{page_url(server)}#/live", live.tell
