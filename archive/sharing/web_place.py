"""A web server as a place for shared tapes: read with GET and ranges, written with PUT where the server takes that."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from gracetape.archive.incoming import CHUNK
from gracetape.archive.sharing.at_once import go_on, pause
from gracetape.archive.sharing.places import Changed, NoRanges, Refused, Stamp, checked_name
from gracetape.archive.sharing.web_answers import (
    ANSWERED,
    KEPT,
    broke,
    check_encoding,
    is_still,
    later_s,
    length_of,
    pieces_of,
    reason,
    silent,
    tag_of,
    total_of,
)
from gracetape.destinations import is_loopback
from gracetape.errors import ArchiveError, NotFound, OutOfReach
from gracetape.shown import target

#: Seconds that a server may take to be reached, and between two pieces of an answer.
TIMEOUT_S = (20.0, 60.0)
#: How often an answer may lead elsewhere.
MOST_REDIRECTS = 5
#: How often a server is asked for the same where it is busy or breaks off, and the seconds before the second time, which double.
MOST_TRIES, PAUSE_S = 5, 0.5
#: An answer that breaks off is gone on with as long as so many bytes come each time.
_GOES_ON = 32 << 10
_GONE = (404, 410)
#: What some servers answer to HEAD, or to an address that was signed for GET alone, though they give the file.
_NO_HEAD = (400, 403, 405, 501)


class WebPlace:
    """Files below a URL. A login of the URL, or of `.netrc`, goes to its own host alone, and never in the clear to another machine."""

    guarded = False  # many servers take no notice of If-Match

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.url, self.shown = url, target(url)
        self._session = requests.Session()
        self._reached = False

    def _url(self, name: str) -> str:
        path = self._parts.path.rstrip("/") + ("/" + name if checked_name(name) else "")
        return urlunsplit(self._parts._replace(path=path if name else self._parts.path, fragment=""))

    def stamp(self, name: str) -> Stamp | None:
        with self._asked("HEAD", name) as answer:
            if answer.status_code in _GONE:
                return None
            if answer.status_code not in _NO_HEAD:
                self._check(answer, name)
                if (size := length_of(answer.headers)) is not None:
                    return Stamp(size, tag_of(answer.headers))
        with self._asked("GET", name, headers={"Range": "bytes=0-0"}, stream=True) as answer:
            if answer.status_code in _GONE:
                return None
            if answer.status_code != 416:  # of an empty file
                self._check(answer, name)
            return Stamp(total_of(answer.headers) or 0, tag_of(answer.headers))

    def read(self, name: str, start: int = 0, end: int | None = None, tag: str | None = None) -> Iterator[bytes]:
        """As `Place.read`. What breaks off is gone on with where it was, if it is still the same file."""
        at, begun, tries = start, start, MOST_TRIES
        while end is None or at < end:
            try:
                with self._given(name, at, end, tag) as (tag, pieces):
                    for piece in pieces:
                        go_on()
                        yield piece
                        at += len(piece)
                if end is None or at in (begun, end):  # who asks for a range sees that there is less of it
                    return
                begun = at
            except NoRanges:
                if at == start:
                    raise
                raise ArchiveError(f"{self._shown(name)} broke off after {at - start} bytes: try again") from None
            except (HTTPError, OSError) as error:
                goes_on, begun = at - begun >= _GOES_ON, at
                tries = MOST_TRIES if goes_on else tries - 1
                if not tries or silent(error):
                    raise ArchiveError(f"{self._shown(name)} broke off: {reason(error)}; try again") from None
                pause(0.0 if goes_on else PAUSE_S)

    @contextmanager
    def _given(self, name: str, at: int, end: int | None, tag: str | None) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The tag of a file, and its bytes from a place on; Changed if it has another tag than `tag`."""
        ranged = at > 0 or end is not None
        headers = {"Range": f"bytes={at}-{end - 1 if end is not None else ''}"} if ranged else {}
        with self._asked("GET", name, headers=headers, stream=True) as answer:
            if answer.status_code in _GONE:
                raise NotFound(f"there is no {name or 'file'} at {self.shown}")
            if answer.status_code == 416 and end is None and total_of(answer.headers) == at:
                yield tag or "", iter(())  # it broke off when all of it had come
                return
            if answer.ok:
                check_encoding(answer.headers, name, self._shown(name))
            if tag is not None and (answer.status_code == 416 or (answer.ok and not is_still(tag, answer.headers))):
                raise Changed(f"{self._shown(name)} has changed while it was read: open it again")
            self._check(answer, name)
            whole = answer.status_code != 206 and at == 0 and end is not None and length_of(answer.headers) == end
            if ranged and answer.status_code != 206 and not whole:
                raise NoRanges(f"{self._shown(name)}: the server gives no ranges of files, only the whole")
            if answer.status_code == 206 and not ranged:
                raise ArchiveError(f"{self._shown(name)}: the server gave a part of it, and was asked for the whole")
            if ranged and not whole and not answer.headers.get("Content-Range", "").startswith(f"bytes {at}-"):
                raise ArchiveError(f"{self._shown(name)}: the server gave another range than it was asked for")
            yield tag_of(answer.headers), pieces_of(answer, self._shown(name), None if end is None else end - at)

    def put(self, name: str, file: Path) -> None:
        size = file.stat().st_size
        self._put(name, lambda: _Sent(file) if size else io.BytesIO(), size, {})

    def replace(self, name: str, contents: bytes, tag: str | None) -> None:
        found = self.stamp(name)  # where a server takes no notice of If-Match
        if (found.tag if found is not None else None) != tag:
            raise Changed(f"{self._shown(name)} has changed meanwhile")
        strong = tag is not None and tag.startswith('"')
        headers = {"If-None-Match": "*"} if tag is None else {"If-Match": str(tag)} if strong else {}
        self._put(name, lambda: io.BytesIO(contents), len(contents), headers, once=True)

    def remove(self, name: str) -> None:
        """What a web server has is left to whoever keeps it."""

    def _put(
        self, name: str, opened: Callable[[], io.IOBase], size: int, headers: Mapping[str, str], *, once: bool = False
    ) -> None:
        with self._asked(
            "PUT", name, once=once, opened=opened, size=size, headers=dict(headers), stream=True
        ) as answer:
            with suppress(HTTPError, OSError):  # what it says besides; more than that is not waited for
                getattr(answer.raw, "read1", answer.raw.read)(CHUNK)
            if answer.status_code == 412:
                raise Changed(f"{self._shown(name)} has changed meanwhile")
            if answer.is_redirect:
                where = target(urljoin(self._url(name), answer.headers["Location"]))
                raise ArchiveError(f"{self._shown(name)} leads to {where}: nothing was sent there; name that address")
            if answer.status_code in (404, 405, 501):
                raise ArchiveError(
                    f"{self.shown}: the server takes no files (it answered PUT with {answer.status_code}): "
                    "push into a folder that it serves, or into an object store"
                )
            self._check(answer, name, KEPT)

    def _check(self, answer: requests.Response, name: str, good: tuple[int, ...] = ANSWERED) -> None:
        if answer.status_code not in good:
            kind = Refused if answer.status_code in (401, 403) else ArchiveError
            raise kind(f"{self._shown(name)}: the server answered {answer.status_code} {answer.reason or '':.80}")

    def _shown(self, name: str) -> str:
        return target(self._url(name))

    @contextmanager
    def _asked(self, method: str, name: str, *, once: bool = False, **options: Any) -> Iterator[requests.Response]:
        """An answer, asked for again where the server is busy, or (not `once`) breaks off before it answers."""
        for left in reversed(range(MOST_TRIES)):
            wait = PAUSE_S * 2 ** (MOST_TRIES - 1 - left)
            try:
                answer = self._led(method, name, **options)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                if not left or once or silent(error) or not (self._reached or broke(error)):
                    raise OutOfReach(f"cannot reach {self._shown(name)}: {reason(error)}") from None
            else:
                self._reached = True
                if not left or (said := later_s(answer)) is None:
                    break
                answer.close()
                wait = max(wait, said)
            pause(wait)
        try:
            yield answer
        finally:
            answer.close()

    def _led(self, method: str, name: str, **options: Any) -> requests.Response:
        """One answer; what it leads to is followed for reading, but never from HTTPS to HTTP."""
        url = self._url(name)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._answered(method, url, **options)
            where = answer.headers.get("Location")
            if not answer.is_redirect or not where or method == "PUT":
                return answer
            answer.close()
            url, before = self._with_login(urljoin(url, where)), url
            if urlsplit(before).scheme == "https" and urlsplit(url).scheme != "https":
                raise ArchiveError(f"{self._shown(name)} leads to {target(url)}, which is not encrypted: not followed")
        raise ArchiveError(f"{self._shown(name)} leads from one address to the next, without end")

    def _answered(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = {},
        opened: Callable[[], io.IOBase] | None = None,
        size: int = 0,
        stream: bool = False,
    ) -> requests.Response:
        _check_login(url)
        body = opened() if opened is not None else None
        try:
            return self._session.request(
                method,
                url,
                headers={"Accept-Encoding": "identity"} | dict(headers),
                data=body if size else b"",  # an empty file would be sent as one whose end is unknown
                auth=None if _keeps_secrets(url) else _no_login,
                allow_redirects=False,
                timeout=TIMEOUT_S,
                stream=stream,
            )
        finally:
            if body is not None:
                body.close()

    def _with_login(self, url: str) -> str:
        """An address to which an answer leads: of the same server, with the login that was named for it."""
        parts, login = urlsplit(url), self._parts.netloc.rpartition("@")[0]
        if login and "@" not in parts.netloc and _server(parts) == _server(self._parts):
            return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))
        return url


class _Sent(io.FileIO):
    """A file that is sent, until it need not be; a short one is."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            go_on()
        return super().read(-1 if size is None else size) or b""


def _server(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


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
