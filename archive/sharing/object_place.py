"""An object store (S3, Google Cloud, Azure) as a place for shared tapes, through obstore, which reads the credentials from the environment."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from gracetape.archive.sharing.places import Changed, Refused, Stamp, checked_name
from gracetape.destinations import is_loopback
from gracetape.errors import ArchiveError, NotFound, OutOfReach, UsageError
from gracetape.installing import hint
from gracetape.shown import target

#: Seconds that one request may take, with all of an object.
TIMEOUT_S = 900
#: Seconds between two pieces of what it gives.
SILENT_S = 60
_RETRIES: dict[str, Any] = {"max_retries": 5}
#: A store in memory lasts as long as the process: for tests.
_IN_MEMORY: dict[str, Any] = {}


class ObjectPlace:
    """Objects below a prefix of a bucket. `replace` is a conditional put, which the store itself decides."""

    guarded = True

    def __init__(self, url: str) -> None:
        self.shown = target(url)
        self.url = url
        try:
            import obstore
        except ModuleNotFoundError:
            raise UsageError(f"to reach {self.shown}, the package obstore is needed: {hint('store')}") from None
        self._obstore = obstore
        self._store = self._opened(url)
        parent, _, self._own = url.rstrip("/").rpartition("/")
        self._parent = self._opened(parent) if urlsplit(parent).netloc and self._own else None

    def _opened(self, url: str) -> Any:
        from obstore.exceptions import UnknownConfigurationKeyError
        from obstore.store import MemoryStore

        if urlsplit(url).scheme == "memory":
            return _IN_MEMORY.setdefault(url.rstrip("/"), MemoryStore())
        if urlsplit(url).query or ("@" in urlsplit(url).netloc and not url.startswith("ab")):
            raise UsageError(f"{self.shown}: a store's credentials come from the environment (AWS_…), not from its URL")
        try:
            try:
                return _from_url(url, _client_options() | {"read_timeout": f"{SILENT_S}s"})
            except UnknownConfigurationKeyError:  # earlier versions wait for the whole of an object alone
                return _from_url(url, _client_options())
        except Exception as error:
            raise UsageError(f"{self.shown} cannot be opened: {_reason(error)}") from None

    def _at(self, name: str) -> tuple[Any, str]:
        """Where a name leads: the empty one to the URL's own object, which is none below it."""
        if not name and self._parent is not None:
            return self._parent, unquote(self._own)
        return self._store, checked_name(name)

    def stamp(self, name: str) -> Stamp | None:
        try:
            with self._told(name):
                found = self._obstore.head(*self._at(name))
        except NotFound:
            return None
        return Stamp(found["size"], found["e_tag"])

    def read(self, name: str, start: int = 0, end: int | None = None, tag: str | None = None) -> Iterator[bytes]:
        options: dict[str, Any] = {}
        if end is not None:
            options["range"] = (start, end)
        elif start:
            options["range"] = {"offset": start}
        if tag is not None:
            options["if_match"] = tag
        with self._told(name):
            for piece in self._obstore.get(*self._at(name), options=cast(Any, options)).stream(1 << 20):
                yield bytes(piece)

    def put(self, name: str, file: Path) -> None:
        with self._told(name), self._in_a_bucket():
            self._obstore.put(*self._at(name), file)

    def replace(self, name: str, contents: bytes, tag: str | None) -> None:
        mode: Any = "create" if tag is None else {"e_tag": tag}
        with self._told(name), self._in_a_bucket():
            self._obstore.put(*self._at(name), contents, mode=mode, use_multipart=False)

    def remove(self, name: str) -> None:
        with self._told(name):
            self._obstore.delete(*self._at(name))

    @contextmanager
    def _in_a_bucket(self) -> Iterator[None]:
        """What is written is missing only where all is."""
        try:
            yield
        except FileNotFoundError:
            raise ArchiveError(f"{self.shown}: there is no such bucket") from None

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        from obstore import exceptions

        where = f"{self.shown.rstrip('/')}/{name}" if name else self.shown
        try:
            yield
        except (FileNotFoundError, exceptions.NotFoundError):
            raise NotFound(f"there is no {name or 'object'} at {self.shown}") from None
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
            raise Changed(f"{where} has changed meanwhile") from None
        except (exceptions.BaseError, ValueError, OSError) as error:
            said = _reason(error)
            kind = Refused if said == _REFUSED else OutOfReach if said in _AWAY else ArchiveError
            raise kind(f"{where}: {said}") from None


def _from_url(url: str, options: dict[str, Any]) -> Any:
    from obstore.store import from_url

    return from_url(url, retry_config=_RETRIES, client_options=options)  # type: ignore[call-overload]


def _client_options() -> Any:
    """Time enough for a large object on a slow line. Plain HTTP to a store of this machine; anywhere else only if $AWS_ALLOW_HTTP says so."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    parts = urlsplit(next((value for name in names if (value := os.environ.get(name))), ""))
    options = {"timeout": f"{TIMEOUT_S}s", "connect_timeout": "20s"}
    return options | ({"allow_http": True} if parts.scheme == "http" and is_loopback(parts.hostname or "") else {})


_REFUSED = "it refuses these credentials (403)"
_WHOLE = "it gives no ranges of files, only the whole"
_REGION = "its bucket lies in another region: set AWS_REGION"
#: What stands in a page of the library's words, and what that comes to.
_MEANINGS = (
    ("169.254.169.254", "no credentials for it are in the environment (AWS_ACCESS_KEY_ID, …; AWS_SKIP_SIGNATURE=true if everybody may read it)"),
    ("error sending request", "it cannot be reached"),
    ("builder error", "it is asked over HTTPS alone (AWS_ALLOW_HTTP=true allows plain HTTP to another machine)"),
    ("RequestTimeTooSkewed", "the clock of this machine is not right"),
    ("NoSuchBucket", "there is no such bucket"),
    ("incorrectly configured region", _REGION),
    ("AuthorizationHeaderMalformed", _REGION),
    ("403 Forbidden", _REFUSED),
    ("AccessDenied", _REFUSED),
    ("401 Unauthorized", "it wants other credentials (401)"),
    ("non-partial response", _WHOLE),
)  # fmt: skip
#: Those of them that hold for whatever is asked (a 403 is also said of an object that is not there).
_AWAY = {said for _, said in _MEANINGS} - {_REFUSED, _WHOLE}


def _reason(error: BaseException) -> str:
    """One line of what the library says, which can be a page."""
    text = str(error)
    if meant := next((said for words, said in _MEANINGS if words in text), None):
        return meant
    if answered := re.search(r"status code: (\d+ [A-Z][A-Za-z ]*)", text):
        message = re.search("<Message>([^<]*)</Message>", text)
        hint = " (is AWS_REGION that of the bucket?)" if answered[1].startswith("400") and not message else ""
        return f"it answered {answered[1].strip()}{hint}{f': {message[1]}' if message else ''}"[:300]
    return target(" ".join(text.split("\n\n")[0].split()))[:300]
