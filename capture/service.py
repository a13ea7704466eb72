"""Reaching a GraceDB: which one, with which credential, and asking again when it is busy."""

import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from ligo.gracedb.client import DEFAULT_SERVICE_URL
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from gracetape.archive import UsageError
from gracetape.capture.errors import explain
from gracetape.errors import CaptureError, GracetapeError

R = TypeVar("R")

#: Answers after which the same question may be asked again.
AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
ATTEMPTS = 6
_LONGEST_PAUSE = 30.0


def service_url(named: str | None = None) -> str:
    """The API root that is meant: as named, else $GRACETAPE_SERVICE, else ligo.gracedb's own. UsageError if it is no URL."""
    url = named or os.environ.get("GRACETAPE_SERVICE") or DEFAULT_SERVICE_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is not a service URL: write https://HOST/api/")
    return url if url.endswith("/") else url + "/"


def without_login(url: str) -> str:
    """A URL without the user name and password that it may hold: these never reach an archive."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def connect(url: str, api_version: str | None = None) -> Any:
    """The ordinary client for a service. Without any credential, or on plain HTTP, it asks as nobody in particular."""
    plain = urlsplit(url).scheme == "http"
    try:
        # Asking again is done here, where it can be told: the client's own retries would multiply with it.
        return GraceDb(url, force_noauth=plain, api_version=api_version, retries=0)
    except (RuntimeError, ValueError, OSError) as error:
        raise CaptureError(f"no client for {url}: {error}") from None


def ask(question: Callable[[], R], what: str, attempts: int = ATTEMPTS) -> R:
    """The answer to a question, asked again with growing pauses while the server is busy or breaks off.

    Raises CaptureError (Absent for 401, 403, 404, 410) with one sentence about `what`.
    """
    for attempt in range(attempts):
        try:
            return question()
        except (NotImplementedError, GracetapeError):
            raise
        except (HTTPError, requests.exceptions.RequestException, ValueError) as error:
            if attempt + 1 == attempts or not _passing(error):
                raise explain(error, what) from None
            time.sleep(_pause(error, attempt))
    raise AssertionError("unreachable")


def _passing(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.status_code in AGAIN
    if isinstance(error, requests.exceptions.SSLError):
        return False
    broken = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
    )
    return isinstance(error, broken) and "Name or service not known" not in str(error) and "refused" not in str(error)


def _pause(error: Exception, attempt: int) -> float:
    """Seconds to wait: what the server asks for, else twice as long each time, with some chance in it."""
    if isinstance(error, HTTPError):
        named = error.response.headers.get("Retry-After", "")
        if named.replace(".", "", 1).isdigit():
            return min(float(named), _LONGEST_PAUSE)
    return float(min(0.2 * 2**attempt * random.uniform(0.7, 1.3), _LONGEST_PAUSE))
