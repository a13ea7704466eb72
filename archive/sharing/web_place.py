"""A web server as a place for shared tapes: read with GET and ranges, written with PUT where the server takes that."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from gracetape.archive.blob_places import OutOfReach
from gracetape.archive.incoming import CHUNK
from gracetape.archive.sharing.places import Changed, NoRanges, Stamp, checked_name
from gracetape.destinations import is_loopback
from gracetape.errors import ArchiveError, NotFound
from gracetape.shown import target

#: Seconds that a server may take to be reached, and between two pieces of an answer.
TIMEOUT_S = (20.0, 60.0)
#: How often an answer may lead elsewhere.
MOST_REDIRECTS = 5
#: The slowest that is waited for: so many bytes in so many seconds.
SLOWEST_BYTES, SLOWEST_S = 32 << 10, 30.0
_GONE = (404, 410)


class WebPlace:
    """Files below a URL. A login of the URL, or of `.netrc`, goes to its own host alone, and never in the clear to another machine."""

    guarded = False  # many servers take no notice of If-Match

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.url, self.shown = url, target(url)
        self._session = requests.Session()

    def _url(self, name: str) -> str:
        path = self._parts.path.rstrip("/") + ("/" + name if checked_name(name) else "")
        return urlunsplit(self._parts._replace(path=path if name else self._parts.path, fragment=""))

    def stamp(self, name: str) -> Stamp | None:
        with self._asked("HEAD", name, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code in _GONE:
                return None
            self._check(answer, name)
            return Stamp(int(answer.headers.get("Content-Length") or 0), tag_of(answer.headers))

    def read(self, name: str, start: int = 0, end: int | None = None, tag: str | None = None) -> Iterator[bytes]:
        headers = {"Accept-Encoding": "identity"}
        ranged = start > 0 or end is not None
        if ranged:
            headers["Range"] = f"bytes={start}-{end - 1 if end is not None else ''}"
        with self._asked("GET", name, headers=headers, stream=True) as answer:
            if answer.status_code in _GONE:
                raise NotFound(f"there is no {name or 'file'} at {self.shown}")
            self._check(answer, name)
            if tag is not None and tag_of(answer.headers) != tag:
                raise Changed(f"{self._shown(name)} has changed while it was read: open it again")
            if ranged and answer.status_code != 206:
                raise NoRanges(f"{self._shown(name)}: the server gives no ranges of files, only the whole")
            if ranged and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise ArchiveError(f"{self._shown(name)}: the server gave another range than it was asked for")
            try:
                yield from _no_more(_pieces(answer, self._shown(name)), None if end is None else end - start)
            except (HTTPError, OSError) as error:
                raise ArchiveError(f"{self._shown(name)} broke off: {_reason(error)}; try again") from None

    def put(self, name: str, file: Path) -> None:
        with file.open("rb") as stream:
            self._put(name, stream, {"Content-Length": str(file.stat().st_size)})

    def replace(self, name: str, contents: bytes, tag: str | None) -> None:
        strong = tag is not None and tag.startswith('"')
        self._put(name, contents, {"If-None-Match": "*"} if tag is None else {"If-Match": str(tag)} if strong else {})

    def remove(self, name: str) -> None:
        """What a web server has is left to whoever keeps it."""

    def _put(self, name: str, body: bytes | IO[bytes], headers: Mapping[str, str]) -> None:
        with self._asked("PUT", name, data=body, headers=dict(headers)) as answer:
            if answer.status_code == 412:
                raise Changed(f"{self._shown(name)} has changed meanwhile")
            if answer.status_code in (404, 405, 501):
                raise ArchiveError(
                    f"{self.shown}: the server takes no files (it answered PUT with {answer.status_code}): "
                    "push into a folder that it serves, or into an object store"
                )
            self._check(answer, name)

    def _check(self, answer: requests.Response, name: str) -> None:
        if answer.status_code >= 400:
            raise ArchiveError(f"{self._shown(name)}: the server answered {answer.status_code} {answer.reason:.80}")

    def _shown(self, name: str) -> str:
        return target(self._url(name))

    @contextmanager
    def _asked(self, method: str, name: str, **options: Any) -> Iterator[requests.Response]:
        """An answer; what it leads to is followed for reading, but never from HTTPS to HTTP."""
        url = self._url(name)
        try:
            for _ in range(MOST_REDIRECTS + 1):
                _check_login(url)
                login = None if _keeps_secrets(url) else _no_login
                answer = self._session.request(
                    method, url, auth=login, allow_redirects=False, timeout=TIMEOUT_S, **options
                )
                where = answer.headers.get("Location")
                if not answer.is_redirect or not where or method == "PUT":
                    break
                answer.close()
                url, before = urljoin(url, where), url
                if urlsplit(before).scheme == "https" and urlsplit(url).scheme != "https":
                    raise ArchiveError(
                        f"{self._shown(name)} leads to {target(url)}, which is not encrypted: not followed"
                    )
            else:
                raise ArchiveError(f"{self._shown(name)} leads from one address to the next, without end")
        except (requests.RequestException, OSError, ValueError) as error:
            raise OutOfReach(f"cannot reach {self._shown(name)}: {_reason(error)}") from None
        try:
            yield answer
        finally:
            answer.close()


def _check_login(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ArchiveError(f"{target(url)} is no address of a web server")
    if parts.username is not None and not _keeps_secrets(url):
        raise ArchiveError(f"{target(url)}: a password is sent over https alone")


def _keeps_secrets(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _no_login(request: Any) -> Any:
    """Adds none, where requests would look into .netrc for want of one."""
    return request


def tag_of(headers: Mapping[str, str]) -> str:
    """What tells one state of a file from the next: its ETag, else when it was changed, and how long it is."""
    total = (headers.get("Content-Range") or "").rpartition("/")[2] or headers.get("Content-Length", "")
    return headers.get("ETag") or f"{headers.get('Last-Modified', '')} {total} bytes"


def _pieces(answer: requests.Response, shown: str) -> Iterator[bytes]:
    """An answer's bytes as they come; ArchiveError if they come slower than the slowest that is waited for."""
    read = getattr(answer.raw, "read1", answer.raw.read)
    begun, came = time.monotonic(), 0
    while piece := read(CHUNK):
        yield piece
        came += len(piece)
        if time.monotonic() - begun > SLOWEST_S:
            if came < SLOWEST_BYTES:
                raise ArchiveError(f"{shown} comes too slowly: {came} bytes in {SLOWEST_S:g} s; try again later")
            begun, came = time.monotonic(), 0


def _no_more(pieces: Iterator[bytes], most: int | None) -> Iterator[bytes]:
    for piece in pieces:
        yield piece if most is None else piece[:most]
        if most is not None and (most := most - len(piece)) <= 0:
            return


def _reason(error: Exception) -> str:
    """Without the address, which may hold a secret."""
    text = str(error)
    for word, said in (("refused", "connection refused"), ("timed out", "it does not answer"), ("resolve", "no such host"),
                       ("certificate", "its certificate is not trusted")):  # fmt: skip
        if word in text.lower():
            return said
    return type(error).__name__
