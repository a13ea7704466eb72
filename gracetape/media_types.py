"""What a file's contents are said to be, and how they are packed, by the end of its name."""

import mimetypes
from pathlib import PurePosixPath


def media_type(name: str) -> str:
    """The media type of a file, `application/octet-stream` for what is packed or unknown."""
    kind, packed = _guessed(name)
    return "application/octet-stream" if packed or kind is None else kind


def packing(name: str) -> str | None:
    """How the contents of a file are packed (`gzip`), by the end of its name, as HTTP's `Content-Encoding` calls it; None if they are not."""
    return _guessed(name)[1]


def _guessed(name: str) -> tuple[str | None, str | None]:
    """The standard library takes a whole name for an address, and of `data:…,` believes what it says of itself: strangers give names."""
    return mimetypes.guess_type(f"file{''.join(PurePosixPath(name).suffixes[-2:])}")
