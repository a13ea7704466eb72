"""Answers again only what has changed, and of files only the part that is asked for: ETag, If-None-Match, Range and If-Range."""

import hashlib
import re
from collections.abc import Iterator

import falcon

#: One range of bytes. Several at once may be answered with the whole (RFC 9110), and are.
_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})\s*-\s*(\d{0,18})|-\s*(\d{1,18}))\s*")
_TAGS = re.compile(r'(?:W/)?("[^"]*")')


class Unchanged:
    """Gives every answer that holds data its ETag, and none again to who has it.

    The server has these headers of files (from the web server that sends them). Of its records it has none, which costs clients nothing
    here, and saves them much.
    """

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        if req.method not in ("GET", "HEAD") or resp.status not in (falcon.HTTP_200, falcon.HTTP_206):
            return
        tag = resp.get_header("ETag")
        if tag is None and (data := resp.data) is not None:
            tag = tag_of(data)
            resp.set_header("ETag", tag)
        if tag is not None and has(req.get_header("If-None-Match"), tag):
            resp.status = falcon.HTTP_304
            resp.data, resp.stream = None, None
            for name in ("Content-Length", "Content-Range"):
                resp.delete_header(name)


def tag_of(data: bytes) -> str:
    """The ETag of an answer: what it is, told by its contents."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def has(condition: str | None, tag: str) -> bool:
    """Whether a list of tags names one, or all (`*`)."""
    return condition is not None and (condition.strip() == "*" or tag in _TAGS.findall(condition))


def part_of(req: falcon.Request, size: int, tag: str) -> tuple[int, int] | None:
    """The bytes (first, end) of contents that a request asks for; None for all of them. HTTPRangeNotSatisfiable if there are none such."""
    found = _RANGE.fullmatch(req.get_header("Range") or "")
    if found is None or req.method != "GET" or req.get_header("If-Range", default=tag).strip() != tag:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        begin, end = max(0, size - int(suffix)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < begin:
            return None  # no range at all
    if begin >= size or begin >= end:
        raise falcon.HTTPRangeNotSatisfiable(size)
    return begin, end


def cut(pieces: Iterator[bytes], first: int, end: int) -> Iterator[bytes]:
    """Some bytes of contents."""
    at = 0
    for piece in pieces:
        if at + len(piece) > first:
            yield piece[max(0, first - at) : end - at]
        at += len(piece)
        if at >= end:
            return
