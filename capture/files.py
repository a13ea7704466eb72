"""Brings the file versions of an object into the archive: several at once, those kept together that come within a moment."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Self

from gracetape.archive import Archive, Capture
from gracetape.archive.blobs import Blob, spool_in, together
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.listing import Wanted
from gracetape.capture.place import Place
from gracetape.capture.progress import Progress
from gracetape.capture.transfers import Absence, Come, fetch_file

#: Files of one object that are asked for, or wait to be kept, at once; more would only wait.
_AHEAD = 64
#: Seconds that a file waits for others: what is kept together is brought to the disk once.
_TOGETHER_S = 0.25


class Downloads:
    """The files of one object that are fetched. `found` are those that were kept, each with its blob, and those that are absent."""

    def __init__(self, hub: Hub[Any], task: Any, place: Place, graceid: str, client: Any, progress: Progress) -> None:
        self._hub, self._task, self._place, self._progress = hub, task, place, progress
        self._fetch = partial(fetch_file, place.archive, client, graceid=graceid, arrived=progress.arrived)
        self._waiting: list[Wanted] = []
        self._running: dict[Future[Come | Absence], Wanted] = {}
        self._came: list[tuple[Wanted, Come | Absence]] = []
        self.found: list[tuple[Wanted, Blob | Absence]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._running:
            future.cancel()

    def ask(self, files: Iterable[Wanted]) -> None:
        """Ask for files, a few at once."""
        self._waiting += reversed(list(files))
        self._ask_on()

    def arrive(self, capture: Capture) -> Steps[None]:
        """Wait until all have come. All are kept but the last, which wait for `keep`."""
        due = None
        while True:
            failed = self._take_in()
            if self._came and (failed or len(self._came) >= _AHEAD // 2 or (due and time.monotonic() >= due)):
                self.keep(capture)
                due = None
            for future in failed:
                future.result()  # raises what it failed with
            self._ask_on()
            if not self._running:
                return
            if self._came and due is None:
                due = time.monotonic() + _TOGETHER_S
                self._hub.later(self._task, _TOGETHER_S)
            yield

    def _ask_on(self) -> None:
        while self._waiting and len(self._running) + len(self._came) < _AHEAD:
            file = self._waiting.pop()
            self._running[self._hub.ask(self._task, partial(self._fetch, file))] = file

    def _take_in(self) -> list[Future[Come | Absence]]:
        """Put what has come to what waits to be kept; those that failed."""
        done = {future: self._running.pop(future) for future in list(self._running) if future.done()}
        self._came += [(file, future.result()) for future, file in done.items() if future.exception() is None]
        return [future for future in done if future.exception() is not None]

    def keep(self, capture: Capture) -> None:
        """Keep what has come."""
        if came := self._came:
            self._came = []
            self.found += _keep(self._place, capture, came)
            for file, _ in came:
                self._progress.file(file.name)


def _keep(
    place: Place, capture: Capture, files: Sequence[tuple[Wanted, Come | Absence]]
) -> list[tuple[Wanted, Blob | Absence]]:
    """Keep files that came, and say of the others why not, in one transaction."""
    found: list[tuple[Wanted, Blob | Absence]] = []
    ready = [(file, _on_disk(place.archive, came)) for file, came in files]
    with place.archive.transaction() as tx, together(place.archive.blobs):
        place.check(capture)
        for file, came in ready:
            if isinstance(came, Absence):
                tx.add_file(capture, file.name, None, file.version, absent=came.why)
                found.append((file, came))
            else:
                blob = tx.keep_blob(*came)
                tx.add_file(capture, file.name, blob, file.version)
                found.append((file, blob))
    return found


def _on_disk(archive: Archive, came: Come | Absence) -> tuple[Path, Blob] | Absence:
    return spool_in(archive.blobs, [came]) if isinstance(came, bytes) else came
