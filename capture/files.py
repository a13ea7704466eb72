"""Downloads file versions: several at once, streamed to disk, each checked against its length and kept at once."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import Capture
from gracetape.archive.blobs import CHUNK, Blob, BlobStore, spool_in
from gracetape.capture.errors import Absent
from gracetape.capture.place import Place
from gracetape.capture.service import ask
from gracetape.capture.shapes import is_name, is_text
from gracetape.errors import CaptureError

_VERSIONED = re.compile(r"(.+),([0-9]{1,9})", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Wanted:
    """A file version and where it is."""

    name: str
    version: int
    url: str


def named(listing: Any, what: str) -> dict[str, str]:
    """Address by name from a server's list of files, which is such a mapping or holds a list of rows."""
    rows = listing.get("files") if isinstance(listing, dict) else listing
    if isinstance(rows, list):
        if not all(isinstance(row, dict) for row in rows):
            raise CaptureError(f"{what}: the answer holds a file that is no object")
        pairs = [(row.get("filename"), row.get("file")) for row in rows]
    elif isinstance(listing, dict):
        pairs = list(listing.items())
    else:
        raise CaptureError(f"{what}: the answer is neither an object nor a list")
    found: dict[str, str] = {}
    for name, url in pairs:
        if not is_name(name) or not is_text(url):
            raise CaptureError(f"{what}: {name!r:.80} with the address {url!r:.80} is no file")
        if found.setdefault(str(name), str(url)) != url:
            raise CaptureError(f"{what}: {name!r:.80} is there twice")
    return found


def versions(listing: dict[str, str], logs: list[dict[str, Any]]) -> list[Wanted]:
    """The file versions that the server lists. It names each twice, as `name` (the newest) and as `name,version`."""
    found: dict[tuple[str, int], str] = {}
    plain: dict[str, str] = {}
    for full, url in listing.items():
        if match := _VERSIONED.fullmatch(full):
            found[match[1], int(match[2])] = url
        else:
            plain[full] = url
    named = {name for name, _ in found}
    latest: dict[str, int] = {}
    for log in logs:
        if log.get("filename"):
            latest[log["filename"]] = max(latest.get(log["filename"], 0), int(log.get("file_version") or 0))
    for name, url in plain.items():
        if name not in named:  # old servers list only the newest
            found[name, latest.get(name, 0)] = url
    return [Wanted(name, version, url) for (name, version), url in sorted(found.items())]


def download(
    place: Place,
    capture: Capture,
    client: Any,
    wanted: list[Wanted],
    connections: int,
    arrived: Callable[[int], None],
) -> Iterator[tuple[Wanted, Blob | str]]:
    """Fetch files and keep each as soon as it is whole. Yields each with its blob, or with why it is absent.

    `arrived` is told of bytes as they come, from several threads.
    """
    with ThreadPoolExecutor(max_workers=connections) as pool:
        waiting = iter(wanted)
        running: dict[Future[tuple[Path, Blob] | str], Wanted] = {}

        def start() -> None:
            if (file := next(waiting, None)) is not None:
                running[pool.submit(_fetch, place.archive.blobs, client, file, capture.object, arrived)] = file

        try:
            for _ in range(connections):
                start()
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    file, result = running.pop(future), future.result()
                    start()
                    yield file, _keep(place, capture, file, result)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _keep(place: Place, capture: Capture, file: Wanted, result: tuple[Path, Blob] | str) -> Blob | str:
    with place.archive.transaction() as tx:
        place.check(capture)
        if isinstance(result, str):
            tx.add_file(capture, file.name, None, file.version, absent=result)
            return result
        blob = tx.keep_blob(*result)
        tx.add_file(capture, file.name, blob, file.version)
        return blob


def _fetch(
    store: BlobStore, client: Any, file: Wanted, graceid: str, arrived: Callable[[int], None]
) -> tuple[Path, Blob] | str:
    what = f"{file.name},{file.version} of {graceid}"

    def question() -> tuple[Path, Blob]:
        with client.get(file.url, stream=True) as response:
            if response.status_code != 200:
                raise HTTPError(response)
            return _spool(store, response, what, arrived)

    try:
        return ask(client, question, what)
    except Absent as error:
        return str(error)


def _spool(
    store: BlobStore, response: requests.Response, what: str, arrived: Callable[[int], None]
) -> tuple[Path, Blob]:
    size = 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for piece in response.iter_content(CHUNK):
            size += len(piece)
            arrived(len(piece))
            yield piece

    try:
        spool, blob = spool_in(store, pieces())
    except BaseException:
        arrived(-size)
        raise
    length = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    if _LENGTH.fullmatch(length) and not encoded and int(length) != blob.size:
        spool.unlink()
        arrived(-blob.size)
        raise requests.exceptions.ConnectionError(f"{what} broke off after {blob.size} of {length} bytes")
    return spool, blob
