"""What can go wrong while asking a GraceDB, each as one sentence."""

import json
import socket

import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape.brokers.gracedb import Refused, Stopped
from gracetape.errors import CaptureError
from gracetape.shown import visible


class Interrupted(CaptureError):
    """We were told to stop while we asked."""


class Absent(CaptureError):
    """The server says that it has, or shows, no such thing (401, 403, 404, 410); `status` is its HTTP status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class Unreachable(CaptureError):
    """The server gives no answer, or says that it can't: not to this question only, as it seems."""


class Failed(Unreachable):
    """The server fails at this question (500), again and again; perhaps at others too."""


class Throttled(Unreachable):
    """The server wants to be left alone for longer than we wait."""


_LONGEST = 200
_CREDENTIAL = "get one with htgettoken, or ligo-proxy-init, and try again"


def explain(error: Exception, what: str) -> CaptureError:
    """The sentence for a failed request for `what`."""
    if isinstance(error, HTTPError):
        return _status(error, what)
    if isinstance(error, Refused | Stopped):
        return (Interrupted if isinstance(error, Stopped) else CaptureError)(f"{what}: {error}")
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return CaptureError(f"{what}: the server sends us in a circle (more than 30 redirects)")
    if isinstance(error, requests.exceptions.Timeout):
        return Unreachable(f"{what}: the server did not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return CaptureError(f"{what}: the server's certificate, or yours, is not accepted: {_root(error)}")
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Unreachable(f"{what}: the server cannot be reached or broke off: {_root(error)}")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return CaptureError(f"{what}: the answer cannot be unpacked")
    if isinstance(error, KeyError):
        return CaptureError(
            f"{what}: the API root names no {error.args[0]!r}: is the service URL that of a GraceDB API?"
        )
    if isinstance(error, json.JSONDecodeError):
        return CaptureError(f"{what}: the answer is not JSON: is the service URL that of a GraceDB API (…/api/)?")
    said = " ".join(str(error).split())[:_LONGEST]
    if isinstance(error, ValueError):
        return CaptureError(f"{what}: {said}")
    return CaptureError(f"{what}: the answer is none that a GraceDB gives: {type(error).__name__}: {said}")


def _status(error: HTTPError, what: str) -> CaptureError:
    status = int(error.status_code)
    said = visible(" ".join(str(error.text).split())[:_LONGEST])
    if status == 401:
        return Absent(f"{what}: the server wants a credential (401): {_CREDENTIAL}", status)
    if status == 403:
        return Absent(
            f"{what}: you may not see it (403): your credential is missing or not enough; {_CREDENTIAL}", status
        )
    if status == 404:
        return Absent(f"{what}: the server has no such thing (404)", status)
    if status == 410:
        return Absent(f"{what}: the server no longer gives it (410)", status)
    if status == 429:
        return Unreachable(f"{what}: the server says that it was asked too often (429), again and again: try later")
    kind = Failed if status == 500 else Unreachable if status > 500 else CaptureError
    return kind(f"{what}: the server answers {status}: {said or visible(error.reason)}")


def _root(error: BaseException) -> str:
    """The innermost reason of a chain of wrapped errors, without addresses in memory."""
    reason: BaseException = error
    while (inner := getattr(reason, "reason", None) or reason.__cause__ or reason.__context__) is not None:
        if not isinstance(inner, BaseException):
            return str(inner)
        reason = inner
    if isinstance(reason, socket.gaierror):
        return "no address is known of that host: is it spelt right, and is this machine online?"
    if isinstance(reason, ConnectionRefusedError):
        return "nothing answers at that address: is the server running?"
    return f"{type(reason).__name__}: {reason}".split(" object at 0x")[0]
