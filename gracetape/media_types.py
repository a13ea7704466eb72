"""What a file's contents are said to be, by the end of its name."""

import mimetypes
from pathlib import PurePosixPath


def media_type(name: str) -> str:
    """The media type of a file, `application/octet-stream` for what is packed or unknown.

    The standard library takes a whole name for an address, and of `data:…,` believes what it says of itself: strangers give names.
    """
    kind, packed = mimetypes.guess_type(f"file{''.join(PurePosixPath(name).suffixes[-2:])}")
    return "application/octet-stream" if packed or kind is None else kind
