"""What a web server's answer says of a file: how long it is, in which state, and whether it may come later."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from gracetape.archive.incoming import CHUNK
from gracetape.errors import ArchiveError
from gracetape.times import asked_to_wait_s

#: What an answer is that has a file, or a part of one; what one is that has kept a file.
ANSWERED, KEPT = (200, 203, 206), (200, 201, 204)
#: The slowest that is waited for: so many bytes in so many seconds.
SLOWEST_BYTES, SLOWEST_S = 32 << 10, 30.0
#: The longest that a busy server may ask to be left alone (seconds).
LONGEST_PAUSE_S = 60.0
_BUSY = (429, 502, 503, 504)


def length_of(headers: Mapping[str, str]) -> int | None:
    """How many bytes an answer has, or would have; None if it does not say."""
    said = headers.get("Content-Length", "").partition(",")[0].strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def total_of(headers: Mapping[str, str]) -> int | None:
    """How long the file is of which an answer has all, or a part."""
    if "Content-Range" not in headers:
        return length_of(headers)
    return length_of({"Content-Length": headers["Content-Range"].rpartition("/")[2]})


def tag_of(headers: Mapping[str, str]) -> str:
    """What tells one state of a file from the next: its ETag, else when it was changed, and how long it is."""
    return headers.get("ETag") or _dated(headers)


def is_still(tag: str, headers: Mapping[str, str]) -> bool:
    """Whether an answer is of the state that a tag tells; some servers say ETag in some of their answers alone."""
    return tag in (tag_of(headers), _dated(headers))


def _dated(headers: Mapping[str, str]) -> str:
    total = total_of(headers)
    return f"{headers.get('Last-Modified', '')} {'' if total is None else total} bytes"


def check_encoding(headers: Mapping[str, str], name: str, shown: str) -> None:
    """ArchiveError if a file comes packed on the way, so that its bytes are others; of what is packed anyway, servers say that, too."""
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity") and not name.endswith(".zst"):
        raise ArchiveError(
            f"{shown}: the server packs what it gives ({encoding:.40}), though it was asked not to: switch that off there"
        )


def later_s(answer: requests.Response) -> float | None:
    """In how many seconds a busy server may be asked again, 0 if it does not say; None if it has answered, or will not in time."""
    if answer.status_code not in _BUSY:
        return None
    seconds = asked_to_wait_s(answer.headers) or 0.0
    return seconds if seconds <= LONGEST_PAUSE_S else None


def pieces_of(answer: requests.Response, shown: str, most: int | None) -> Iterator[bytes]:
    """An answer's bytes as they come, no more than so many; ArchiveError if they come slower than the slowest that is waited for."""
    read: Any = getattr(answer.raw, "read1", answer.raw.read)
    begun, came = time.monotonic(), 0
    while (most is None or most > 0) and (piece := read(CHUNK)):
        if most is not None:
            piece = piece[:most]
            most -= len(piece)
        yield piece
        came += len(piece)
        if time.monotonic() - begun > SLOWEST_S:
            if came < SLOWEST_BYTES:
                raise ArchiveError(f"{shown} comes too slowly: {came} bytes in {SLOWEST_S:g} s; try again later")
            begun, came = time.monotonic(), 0


def broke(error: Exception) -> bool:
    """Whether a connection was there, and broke."""
    text = str(error).lower()
    return "aborted" in text or "reset" in text or "broken" in text


def silent(error: Exception) -> bool:
    """Whether nothing came for as long as is waited: once is enough."""
    return "timed out" in str(error).lower()


def reason(error: Exception) -> str:
    """Without the address, which may hold a secret."""
    text = str(error)
    for word, said in (("refused", "connection refused"), ("timed out", "it does not answer"), ("resolve", "no such host"),
                       ("certificate", "its certificate is not trusted"), ("aborted", "the connection broke"), ("reset", "the connection broke"),
                       ("broken", "the connection broke"), ("proxy", "the proxy does not answer")):  # fmt: skip
        if word in text.lower():
            return said
    return type(error).__name__
