"""Brings the file versions of an object into the archive: several at once, each kept as soon as it is whole."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from gracetape.archive import Capture
from gracetape.archive.blobs import Blob, together
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.listing import Wanted
from gracetape.capture.place import Place
from gracetape.capture.progress import Progress
from gracetape.capture.transfers import fetch_file

#: Files of one object that are asked for, or wait to be kept, at once; more would only wait.
_AHEAD = 64
_Result = tuple[Path, Blob] | str


def download(
    hub: Hub[Any], task: Any, place: Place, capture: Capture, client: Any, wanted: Sequence[Wanted], progress: Progress
) -> Steps[list[tuple[Wanted, Blob | str]]]:
    """Fetch files and keep each; each with its blob, or with why it is absent."""
    waiting, found = iter(wanted), list[tuple[Wanted, Blob | str]]()
    running: dict[Future[_Result], Wanted] = {}
    try:
        while True:
            while len(running) < _AHEAD and (file := next(waiting, None)) is not None:
                question = partial(fetch_file, place.archive, client, file, capture.object, progress.arrived)
                running[hub.ask(task, question)] = file
            if not running:
                return found
            done = {future: running.pop(future) for future in list(running) if future.done()}
            if not done:
                yield
                continue
            came = [(file, future.result()) for future, file in done.items() if future.exception() is None]
            if came:
                found += _keep(place, capture, came)
            for future, file in done.items():
                future.result()  # of one that failed: what failed
                progress.file(file.name)
    finally:
        for future in running:
            future.cancel()


def _keep(place: Place, capture: Capture, files: Sequence[tuple[Wanted, _Result]]) -> list[tuple[Wanted, Blob | str]]:
    """Keep files that came, and say of the others why not, in one transaction."""
    found: list[tuple[Wanted, Blob | str]] = []
    with place.archive.transaction() as tx, together(place.archive.blobs):
        place.check(capture)
        for file, result in files:
            if isinstance(result, str):
                tx.add_file(capture, file.name, None, file.version, absent=result)
                found.append((file, result))
            else:
                blob = tx.keep_blob(*result)
                tx.add_file(capture, file.name, blob, file.version)
                found.append((file, blob))
    return found
