"""Archives that a URL names: how one is told from a path of this machine, and a path that remembers the URL that it was made of."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from gracetape.shown import target

#: Schemes of object stores, for which the extra `[store]` is needed, and of the web.
OBJECT_STORES = ("s3", "s3a", "gs", "az", "abfs", "abfss", "memory")
WEB = ("http", "https")
#: A `Path` of a URL has lost a slash.
_URL = re.compile(rf"({'|'.join((*OBJECT_STORES, *WEB))}):/+(?=[^/])", re.IGNORECASE)


def url_of(where: object) -> str | None:
    """The URL that a text, or a path made of one, names; None if it is a path of this machine."""
    text = os.fspath(where) if isinstance(where, os.PathLike) else where
    if not isinstance(text, str) or (found := _URL.match(text)) is None:
        return None
    return f"{found[1].lower()}://{text[found.end() :]}"


class UrlPath(type(Path())):  # type: ignore[misc]
    """A URL where a path is asked for: shown as a URL without its secrets."""

    def __str__(self) -> str:
        return target(url_of(super().__str__()) or super().__str__())

    def absolute(self) -> "UrlPath":
        """Itself: no folder of this machine comes before a URL."""
        return self

    @property
    def name(self) -> str:
        """What comes last of its path, without options, which may hold a secret."""
        return urlsplit(url_of(super().__str__()) or "").path.rpartition("/")[2]

    def __fspath__(self) -> str:
        text = super().__str__()
        return url_of(text) or text
