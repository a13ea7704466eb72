"""Reaching a GraceDB: which one, with which credential, and asking again when it is busy."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from ligo.gracedb.client import DEFAULT_SERVICE_URL
from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import UsageError
from gracetape.brokers.gracedb import Client, Limits, Origin, Refused, Stopped
from gracetape.capture.errors import Throttled, explain
from gracetape.capture.pace import TooLong, pace_of, pause
from gracetape.errors import CaptureError, GracetapeError
from gracetape.settings_files import Found, find, is_fields_own
from gracetape.shown import target
from gracetape.times import asked_to_wait_s

R = TypeVar("R")

#: Answers after which the same question may be asked again.
AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
ATTEMPTS = 6
_THROTTLED = 429
#: What does not answer in time is asked this often.
_SILENT = 2
_LONGEST_PAUSE = 30.0


class AskedByNobody(str):
    """The root of a server that a project's settings file named, and that is none of the field's own: it gets no login."""

    __slots__ = ()


def service_url(named: str | None = None, *settings: str, folder: Path | None = None) -> str:
    """The API root that is meant: as named, else $GRACETAPE_SERVICE or a settings file's, else ligo.gracedb's own.

    `settings`: those that may name it (`service`), the project's as they hold in `folder`. UsageError if it is no URL.
    """
    if named == "":
        raise UsageError(
            "--service-url is empty: write https://HOST/api/, or leave it out for $GRACETAPE_SERVICE or ligo.gracedb's own"
        )
    found = None if named else set_service(*settings, folder=folder)
    url = named or (found.value if found else DEFAULT_SERVICE_URL)
    if found and found.source == "project" and not _fields_own(url):
        return AskedByNobody(_checked(url))
    return _checked(url)


def set_service(*settings: str, folder: Path | None = None) -> Found | None:
    """What is set as the service, and by whom; None if nothing is."""
    return next(filter(None, (find(name, folder) for name in settings or ("service",))), None)


def _fields_own(url: str) -> bool:
    """Whether a server is one that logins of the field are made for, and nobody can listen on the way to it."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and is_fields_own(parts.hostname)
    except ValueError:
        return False


def _checked(url: str) -> str:
    try:
        Origin.of(url)
        Limits.meant()
        if "?" in url or "#" in url:
            raise ValueError("other addresses begin with it")
    except ValueError as error:
        if str(error).startswith("GRACETAPE_"):
            raise UsageError(str(error)) from None
        raise UsageError(f"{target(url)!r} is not a service URL: write https://HOST/api/") from None
    return url if url.endswith("/") else url + "/"


def without_login(url: str) -> str:
    """The address of an API root alone, without the user name, password and query that it was asked with: these never reach an archive."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…" + url.rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def connect(url: str, api_version: str | None = None, *, anonymous: bool = False) -> Any:
    """The client for a service, which asks nobody else. On plain HTTP, without any credential, `anonymous`, or where a project's
    settings file alone says which server it is, as nobody in particular."""
    try:
        # Asking again is done here, where it can be told: the client's own retries would multiply with it.
        nobody = anonymous or isinstance(url, AskedByNobody)
        return Client(url, api_version=api_version, retries=0, force_noauth=nobody)
    except (RuntimeError, ValueError, OSError) as error:
        raise CaptureError(f"no client for {target(url)}: {error}") from None


def limits_of(client: Any) -> Limits:
    """The limits that a client keeps; the ordinary ones for a client of another kind."""
    found = getattr(client, "limits", None)
    return found if isinstance(found, Limits) else Limits()


def ask(client: Any, question: Callable[[], R], what: str, attempts: int = ATTEMPTS) -> R:
    """The answer to a question, asked again with growing pauses while the server is busy or breaks off.

    Raises CaptureError (Absent for 401, 403, 404, 410) with one sentence about `what`.
    """
    silent, attempt, pace = 0, 0, pace_of(client)
    left = most = limits_of(client).pauses_s
    while True:
        try:
            pace.wait(client, most)
            found = question()
        except (NotImplementedError, GracetapeError):
            raise
        except TooLong as told:
            raise Throttled(_throttled(what, "", told.seconds)) from None
        except (HTTPError, requests.exceptions.RequestException, ValueError) as error:
            passing = _passing(error)
            wanted = asked_to_wait_s(error.response.headers) if passing and isinstance(error, HTTPError) else None
            if wanted:
                pace.rest(wanted)
                if wanted > most:
                    raise Throttled(_throttled(what, f" ({error.status_code})", wanted)) from None  # type: ignore[union-attr]
            seconds = _pause(attempt) if wanted is None else wanted
            left -= seconds
            silent += isinstance(error, requests.exceptions.Timeout)
            # Who is told how long to wait has not failed: others asked in the same second. Who is told nothing, or 0, may have.
            attempt += not (wanted and error.status_code == _THROTTLED)  # type: ignore[union-attr]
            if attempt >= attempts or not passing or left < 0 or silent == _SILENT:
                raise explain(error, what) from None
            try:
                pause(client, seconds)
            except Stopped as stopped:
                raise explain(stopped, what) from None
        except (LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
            # What the client itself stumbles over: an API root without the address, an answer of a wrong type.
            raise explain(error, what) from None
        else:
            pace.answered()
            return found


def _passing(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.status_code in AGAIN
    if isinstance(error, requests.exceptions.SSLError | Refused | Stopped):
        return False
    broken = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
    )
    return isinstance(error, broken) and "Name or service not known" not in str(error) and "refused" not in str(error)


def _throttled(what: str, status: str, seconds: float) -> str:
    return f"{what}: the server{status} wants to be left alone for {seconds:,.0f} s, longer than we wait (the limit pauses_s): try then"


def _pause(attempt: int) -> float:
    """Seconds to wait where the server says nothing: twice as long each time, with some chance in it."""
    return float(min(0.2 * 2**attempt * random.uniform(0.7, 1.3), _LONGEST_PAUSE))
