"""Fetches the contents of a file: streamed to disk, digested on the way, gone on with where they broke off, checked against their length."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import Archive
from gracetape.archive.blobs import Blob, compressed, full_disk
from gracetape.archive.held_folders import sync_folder
from gracetape.archive.incoming import CHUNK, Incoming
from gracetape.archive.partials import LEAST, Partial, Whose, partial_of
from gracetape.capture.errors import Absent, Failed, Unreachable
from gracetape.capture.listing import Wanted
from gracetape.capture.service import ask
from gracetape.errors import CaptureError
from gracetape.media_types import packing
from gracetape.times import read_http_time

_LENGTH = re.compile(r"[0-9]{1,18}")
_PART = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
#: A strong ETag: byte for byte the same.
_STRONG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_PIECE, _TO_DISK = 1 << 16, 32 << 20
#: Files of fewer bytes wait in memory until they are kept: who asks has nothing to do with the disk then.
_SMALL = 1 << 16
_WHOLE, _PARTIAL, _BEYOND = 200, 206, 416
#: Of a file that was changed within the same second as it was sent, the time says nothing (RFC 9110: a minute is enough).
_LONG_BEFORE = timedelta(minutes=1)


@dataclass(frozen=True)
class Absence:
    """Why the server does not give a file: it refuses to, or (`failed`) cannot."""

    why: str
    failed: bool = False


#: A file that came: on the disk, or, if it is small, its contents.
Come = tuple[Path, Blob] | bytes


def fetch_file(
    archive: Archive, client: Any, file: Wanted, graceid: str, arrived: Callable[[int], None]
) -> Come | Absence:
    """A file's contents, ready to be kept, or why the server does not give them. `arrived` is told of bytes as they come."""
    transfer = _Transfer(archive, client, file, Whose(graceid, file.name, file.version), arrived)
    try:
        return transfer.run()
    except Absent as error:
        transfer.forget(unless_kept=error.status in (401, 403))  # who may not see it today may do so tomorrow
        return Absence(str(error))
    except Failed as error:  # if it fails at everything, whoever asks for the log next will find out
        transfer.forget(unless_kept=True)
        return Absence(str(error), failed=True)
    except BaseException:
        transfer.forget(unless_kept=True)
        raise


class _Transfer:
    """One file on its way: what is here is `held` in memory, or else in `path`, and in `incoming`."""

    def __init__(
        self, archive: Archive, client: Any, file: Wanted, whose: Whose, arrived: Callable[[int], None]
    ) -> None:
        self.archive, self.client, self.url, self.whose, self.arrived = archive, client, file.url, whose, arrived
        self.what = f"{file.name},{file.version} of {whose.object}"
        self.part: Partial | None = None
        self.handle, self.path, self.held = -1, Path(), bytearray()
        self.tag, self.length, self.incoming = "", -1, Incoming()
        self._ranges = True  # whether the server can be asked for the rest
        self._told = self._sent = 0

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.incoming.size + len(self.held)

    def run(self) -> Come:
        if (part := partial_of(self.archive, self.url, self.whose, make=False)) is not None:
            self._go_on_with(part)
        while True:
            before = self.size
            try:
                ask(self.client, self._once, self.what)
                break
            except Unreachable:
                if self.size - before < CHUNK:  # who comes on, however often it breaks off, comes to an end
                    raise
        return self._finish()

    def _go_on_with(self, part: Partial) -> None:
        """Write to a part that is kept, from where it ends."""
        self.part, self.handle, self.path = part, part.handle, part.path
        if part.size:
            self.tag, self.length = part.tag, part.length
            with os.fdopen(os.dup(part.handle), "rb") as file:
                file.seek(0)
                while piece := file.read(CHUNK):
                    self.incoming.add(piece)

    def _once(self) -> None:
        """Ask for what is missing, and take it in. Of what is whole its last byte: so the server says whether it is still the same."""
        if self.size and not (self.tag and self._ranges and self.size <= self.length):
            self._begin_anew()
        first = self.size - (self.size == self.length > 0)
        headers = {"Accept-Encoding": "identity"}
        if self.size:
            headers |= {"Range": f"bytes={first}-", "If-Range": self.tag}
        try:
            response = self.client.get(self.url, stream=True, headers=headers)
        except HTTPError as error:
            if error.status_code != _BEYOND or not self.size:
                raise
            self._begin_anew()  # more is here than the server has
            raise requests.exceptions.ConnectionError(f"{self.what} is not what it was") from None
        with response:
            total, last = self._begins(response, first)
            pieces = (
                partial(response.iter_content, _PIECE) if self._is_wrapped(response) else partial(_as_sent, response)
            )
            here = self.size - first if self.size else 0
            for piece in pieces():
                if last is not None and self.size - here + len(piece) > last + 1:
                    self._distrust("more than the part that it tells of")
                self._take(piece[here:])
                here = 0
        if total is not None and total != self.size:
            raise requests.exceptions.ConnectionError(f"{self.what} broke off after {self.size} of {total} bytes")

    def _begins(self, response: requests.Response, first: int) -> tuple[int | None, int | None]:
        """Whether what comes goes on from what is here, or begins anew; how long all will be, and where what comes ends (None: not told)."""
        if response.status_code not in (_WHOLE, _PARTIAL):
            raise HTTPError(response)
        length, tag = response.headers.get("Content-Length", ""), _tag_of(response)
        encoded = self._is_wrapped(response)
        if response.status_code == _PARTIAL:
            said = _PART.fullmatch(response.headers.get("Content-Range", ""))
            if not self.size:
                raise CaptureError(f"{self.what}: the server answers with a part (206), which it was not asked for")
            same = tag == self.tag and not encoded
            if said is None or not same or int(said[1]) != first or said[3] not in ("*", str(self.length)):
                self._distrust("another part (206) than it was asked for")
            return self.length, int(said[2])
        if self.size:
            self._begin_anew()
        if not _LENGTH.fullmatch(length) or encoded:
            return None, None
        self.tag, self.length = tag, int(length)
        if self.tag and self.length >= LEAST and self.part is None:
            self._keep_parts()
        if self.part is not None and self.tag:
            self.part.keep(self.tag, self.length)
        return self.length, None

    def _is_wrapped(self, response: requests.Response) -> bool:
        """Whether an answer is packed for its way, and so to be unpacked. GraceDB also says so of files that are packed themselves (`.gz`)."""
        said = response.headers.get("Content-Encoding", "identity").strip().lower().removeprefix("x-")
        return said not in ("", "identity", packing(self.whose.name))

    def _distrust(self, what: str) -> NoReturn:
        """Begin anew, and ask for no rest any more: the server does not do as it is asked."""
        self._begin_anew()
        self._ranges = False
        raise requests.exceptions.ConnectionError(f"{self.what}: the server answers with {what}") from None

    def _keep_parts(self) -> None:
        if (part := partial_of(self.archive, self.url, self.whose, make=True)) is not None:
            part.begin_anew()
            if self.handle >= 0:
                os.close(self.handle)
                self.path.unlink()
            self.part, self.handle, self.path = part, part.handle, part.path

    def _begin_anew(self) -> None:
        if self.part is not None:
            self.part.begin_anew()
        elif self.handle >= 0:
            os.truncate(self.handle, 0)
            os.lseek(self.handle, 0, os.SEEK_SET)
        self.held.clear()
        self.arrived(-self._told)
        self._told = self._sent = 0
        self.tag, self.length, self.incoming = "", -1, Incoming()

    def _take(self, piece: bytes) -> None:
        if self.handle < 0:
            self.held += piece
            if len(self.held) >= _SMALL:
                self._spool()
        else:
            self._write(piece)
        if self.size - self._sent >= _TO_DISK:
            # On its way to the disk already, where it must be in the end, while the rest comes.
            os.posix_fadvise(self.handle, self._sent, self.size - self._sent, os.POSIX_FADV_DONTNEED)
            self._sent = self.size
        self._told += len(piece)
        self.arrived(len(piece))

    def _spool(self) -> None:
        """Go on in a file, which goes with this process."""
        self.handle, name = tempfile.mkstemp(prefix="blob-", dir=self.archive.blobs.spool_folder())
        self.path = Path(name)
        self._write(self.held)
        self.held = bytearray()

    def _write(self, piece: bytes | bytearray) -> None:
        self.incoming.add(piece)
        left = memoryview(piece)
        with full_disk(self.path.parent):
            while left:
                left = left[os.write(self.handle, left) :]

    def _finish(self) -> Come:
        if self.handle < 0:
            return bytes(self.held)
        with full_disk(self.path.parent):
            blob = Blob(self.incoming.end(), self.size, "raw")
            path, blob = compressed(self.path, blob, shrinks=self.incoming.shrinks)
            if self.archive.durable and self.size >= LEAST:
                sync_folder(path)  # who keeps it then holds the archive for less long
            if self.part is not None:  # until here it is gone on with after a kill
                path = self.part.take(path, self.archive.blobs.spool_folder())
            elif path != self.path:
                self.path.unlink()
        os.close(self.handle)
        self.handle = -1
        return path, blob

    def forget(self, *, unless_kept: bool = False) -> None:
        """Let go of what is here, and remove it unless it is a part that is kept."""
        if self.handle < 0:
            return
        if self.part is None or not unless_kept:
            if self.part is not None:
                self.part.begin_anew()
            self.path.unlink(missing_ok=True)
        os.close(self.handle)
        self.handle = -1


def _tag_of(response: requests.Response) -> str:
    """What tells whether two answers are of the same contents, byte for byte: an ETag, or the time of the last change, if that was long
    before the answer; empty if neither does.
    """
    tag = str(response.headers.get("ETag", ""))
    if _STRONG.fullmatch(tag):
        return tag
    changed, answered = (str(response.headers.get(name, "")) for name in ("Last-Modified", "Date"))
    before, now = read_http_time(changed), read_http_time(answered)
    return changed if before is not None and now is not None and now - before >= _LONG_BEFORE else ""


def _as_sent(response: requests.Response) -> Iterator[bytes]:
    """The body of an answer in pieces, as the server sent it."""
    pieces = getattr(response, "pieces", None)
    found: Iterator[bytes] = pieces() if pieces is not None else response.raw.stream(_PIECE, decode_content=False)
    return found


def size_of(client: Any, file: Wanted, graceid: str) -> int | None:
    """How large a file is, without fetching it; None if the server does not tell or give it."""
    what = f"{file.name},{file.version} of {graceid}"

    def question() -> int | None:
        with client.get(
            file.url, stream=True, headers={"Range": "bytes=0-0", "Accept-Encoding": "identity"}
        ) as response:
            said = _PART.fullmatch(response.headers.get("Content-Range", ""))
            if response.status_code == _PARTIAL and said and said[3] != "*":
                response.content  # noqa: B018  # one byte; the connection can be used again
                return int(said[3])
            length = response.headers.get("Content-Length", "")
            return int(length) if response.status_code == _WHOLE and _LENGTH.fullmatch(length) else None

    try:
        return ask(client, question, what)
    except (Absent, Failed):
        return None
    except CaptureError as error:
        if f"answers {_BEYOND}" in str(error):  # an empty file has no first byte
            return 0
        raise
