"""One run of the command `capture`: opens the client and the archive, shows progress, and ends on a signal with what it has."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gracetape.capture.asked import found_by
from gracetape.capture.polling import poll
from gracetape.capture.progress import Progress, progress_for
from gracetape.capture.pull import capture_each, come
from gracetape.capture.service import connect, service_url
from gracetape.capture.stopping import stopped_by_signals
from gracetape.errors import CaptureError
from gracetape.shown import target
from gracetape.terminal import complain, say

_LAST_WORDS = "stopped; what was fetched is kept, and the same command goes on from there"


@dataclass(frozen=True)
class Asked:
    """What is asked for: ids, or what a query finds among the `category`s (`event`, `superevent`) of the server."""

    ids: Sequence[str] = ()
    query: str | None = None
    category: str = "superevent"

    def found(self, client: Any, on_count: Callable[[int | None], object]) -> Iterator[str]:
        """The ids; `on_count` is told how many come, None if nobody can tell."""
        if self.query is not None:
            yield from found_by(client, self.query, self.category, on_count)
            return
        on_count(len(self.ids))
        yield from self.ids

    @property
    def nothing(self) -> str:
        """What to say where the query finds nothing."""
        other = "events" if self.category == "superevent" else "superevents"
        return (
            f"nothing found: no {self.category} matches {self.query!r:.200} "
            f"(--{other} looks among {other}; those of group Test, or MDC, are found where a query names them)"
        )


@contextmanager
def asking(url: str | None, api_version: str | None, *, as_public: bool, last_words: str) -> Iterator[Any]:
    """A client for a service, as long as no signal ends it; what goes wrong names who was asked."""
    service = service_url(url)
    with (
        connect(service, api_version, anonymous=as_public) as client,
        stopped_by_signals(partial(_stop, client), last_words) as stopping,
    ):
        try:
            yield client
        except CaptureError as error:
            raise CaptureError(f"{error} (asked: {target(service)})") from None
        except KeyboardInterrupt:
            complain(last_words, stopping.status)


def capture_into(
    path: Path,
    asked: Asked,
    url: str | None,
    api_version: str | None,
    *,
    quiet: bool,
    as_public: bool = False,
    follow: float | None = None,
    **options: Any,
) -> None:
    """Capture objects into the archive at `path`, made when the first of them has come. `options` are those of `capture`.

    `follow`: again and again, after so many seconds at first, until a signal comes.
    """
    service_url(url)
    progress = progress_for(quiet, following=follow is not None)
    with asking(url, api_version, as_public=as_public, last_words=_LAST_WORDS) as client:
        once = partial(
            _once, asked=asked, path=path, client=client, progress=progress, options=options | {"as_public": as_public}
        )
        came = 0

        def each(result: Any) -> None:
            nonlocal came
            came += 1

        try:
            if follow is None:
                once(each)
            else:
                poll(client, once, follow)
        finally:
            progress.close()
        if asked.query is not None and not came and follow is None and not quiet:
            say(asked.nothing, error=True)


def _once(
    each: Callable[[Any], object], asked: Asked, path: Path, client: Any, progress: Progress, options: dict[str, Any]
) -> None:
    ids = asked.found(client, progress.more)
    come(capture_each(ids, path, client, progress=progress, **options), each)


def _stop(client: Any) -> NoReturn:
    client.stop()
    raise KeyboardInterrupt
