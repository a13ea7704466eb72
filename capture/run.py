"""One run of the command `capture`: opens the client and the archive, shows progress, and ends on a signal with what it has."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gracetape.archive import Archive
from gracetape.archive.making import is_free
from gracetape.capture.progress import progress_for
from gracetape.capture.pull import capture
from gracetape.capture.service import connect, service_url
from gracetape.capture.stopping import stopped_by_signals
from gracetape.errors import CaptureError
from gracetape.shown import target
from gracetape.terminal import complain

_LAST_WORDS = "stopped; what was fetched is kept, and the same command goes on from there"


def capture_into(
    path: Path,
    ids: Sequence[str],
    url: str | None,
    api_version: str | None,
    *,
    quiet: bool,
    as_public: bool = False,
    **options: Any,
) -> None:
    """Capture objects into the archive at `path`, made when the first of them has come. `options` are those of `capture`."""
    service = service_url(url)
    progress = progress_for(quiet)
    if not is_free(path):
        Archive.at(path).close()  # a sentence now, if there is something that is no archive
    with (
        connect(service, api_version, anonymous=as_public) as client,
        stopped_by_signals(partial(_stop, client), _LAST_WORDS) as stopping,
    ):
        try:
            capture(ids, partial(Archive.at, path), client, progress=progress, as_public=as_public, **options)
        except CaptureError as error:
            raise CaptureError(f"{error} (asked: {target(service)})") from None
        except KeyboardInterrupt:
            complain(_LAST_WORDS, stopping.status)
        finally:
            progress.close()


def _stop(client: Any) -> NoReturn:
    client.stop()
    raise KeyboardInterrupt
