"""Downloads file versions: several at once, streamed to disk, each checked against its length and kept at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import Archive, Capture
from gracetape.archive.blobs import CHUNK, Blob, spool_in
from gracetape.capture.errors import Absent
from gracetape.capture.service import ask


@dataclass(frozen=True)
class Wanted:
    """A file version and where it is."""

    name: str
    version: int
    url: str


def named(listing: Any) -> dict[str, str]:
    """Address by name from a server's list of files, which is such a mapping or holds a list of rows."""
    rows = listing.get("files") if isinstance(listing, dict) else listing
    if isinstance(rows, list):
        return {str(row["filename"]): str(row["file"]) for row in rows}
    return {str(name): str(url) for name, url in listing.items()} if isinstance(listing, dict) else {}


def versions(listing: dict[str, str], logs: list[dict[str, Any]]) -> list[Wanted]:
    """The file versions that the server lists. It names each twice, as `name` (the newest) and as `name,version`."""
    found: dict[tuple[str, int], str] = {}
    plain: dict[str, str] = {}
    for full, url in listing.items():
        name, comma, version = full.rpartition(",")
        if comma and name and version.isdigit():
            found[name, int(version)] = url
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
    archive: Archive,
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
                running[pool.submit(_fetch, archive, client, file, capture.object, arrived)] = file

        try:
            for _ in range(connections):
                start()
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    file, result = running.pop(future), future.result()
                    start()
                    yield file, _keep(archive, capture, file, result)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _keep(archive: Archive, capture: Capture, file: Wanted, result: tuple[Path, Blob] | str) -> Blob | str:
    with archive.transaction() as tx:
        if isinstance(result, str):
            tx.add_file(capture, file.name, None, file.version, absent=result)
            return result
        blob = tx.keep_blob(*result)
        tx.add_file(capture, file.name, blob, file.version)
        return blob


def _fetch(
    archive: Archive, client: Any, file: Wanted, graceid: str, arrived: Callable[[int], None]
) -> tuple[Path, Blob] | str:
    what = f"{file.name},{file.version} of {graceid}"

    def question() -> tuple[Path, Blob]:
        with client.get(file.url, stream=True) as response:
            if response.status_code >= 400:
                raise HTTPError(response)
            return _spool(archive, response, what, arrived)

    try:
        return ask(question, what)
    except Absent as error:
        return str(error)


def _spool(
    archive: Archive, response: requests.Response, what: str, arrived: Callable[[int], None]
) -> tuple[Path, Blob]:
    def pieces() -> Iterator[bytes]:
        for piece in response.iter_content(CHUNK):
            arrived(len(piece))
            yield piece

    spool, blob = spool_in(archive.blobs, pieces())
    length = response.headers.get("Content-Length")
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    if length is not None and not encoded and int(length) != blob.size:
        spool.unlink()
        arrived(-blob.size)
        raise requests.exceptions.ConnectionError(f"{what} broke off after {blob.size} of {length} bytes")
    return spool, blob
