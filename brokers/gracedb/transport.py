"""The transport of a client: asks one server only, keeps credentials off plain HTTP, and bears answers within limits."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from gracetape.brokers.gracedb.answers import json_of
from gracetape.brokers.gracedb.conditions import conditions_of
from gracetape.brokers.gracedb.errors import Refused
from gracetape.brokers.gracedb.limits import Limits
from gracetape.brokers.gracedb.origins import Origin, check
from gracetape.brokers.gracedb.watch import Exchange, Watch

#: Bytes that are read at once, at most; of large files as many as a socket holds, so that server and reader wake each other less often.
_PIECE, _LARGE_PIECE = 1 << 15, 2 << 20
#: Connections that are kept open to a server, at most: as many as a capture may ask over.
_KEPT = 64
#: What this thread is asking just now.
_asking = threading.local()


def _use(connection: Any) -> None:
    """Tell the exchange of this thread which socket it has."""
    exchange: Exchange | None = getattr(_asking, "exchange", None)
    if exchange is not None and connection.sock is not None:
        exchange.hold(connection.sock)


class _Connection(HTTPConnection):
    def _new_conn(self) -> Any:
        self.sock = super()._new_conn()
        _use(self)
        return self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _use(self)
        super().request(*args, **kwargs)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> Any:
        self.sock = super()._new_conn()  # held before the handshake, which can take for ever, too
        _use(self)
        return self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _use(self)
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Sockets(HTTPAdapter):
    """The ordinary transport, whose sockets are in our hands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pool_maxsize=_KEPT, **options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


class Guarded(BaseAdapter):
    """Another transport within limits: only to `homes` (with redirects only under `path`), and never a credential on plain HTTP."""

    def __init__(self, inner: BaseAdapter, homes: Sequence[Origin], path: str, limits: Limits, watch: Watch) -> None:
        super().__init__()
        self.inner, self.homes, self.path, self.limits, self.watch = inner, homes, path, limits, watch
        self.max_retries = getattr(inner, "max_retries", None)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        check(str(request.url), self.homes, self.path if getattr(request, "is_redirect", False) else "/")
        if str(request.url).startswith("http:"):
            request.headers.pop("Authorization", None)
        if request.method == "GET":
            request.headers.update(conditions_of(str(request.url)))
        whole, reads = not options.get("stream"), request.method in ("GET", "HEAD")
        longest = (self.limits.answer_s if whole else math.inf) if reads else self.limits.write_s
        # Who is asked again in here, with pauses, has the time for one answer for all of them.
        again = getattr(self.max_retries, "total", 0)
        first = (self.limits.answer_s if again else self.limits.silence_s) if reads else self.limits.write_s
        exchange = self.watch.begin(first, longest)
        _asking.exchange = exchange
        try:
            response = self.inner.send(
                request, **(options | {"timeout": options.get("timeout") or self._timeout(reads)})
            )
        except BaseException as error:
            exchange.end()
            if isinstance(error, Exception):
                exchange.check()
            raise
        finally:
            _asking.exchange = None
        status = response.status_code
        unchanged = status == 304 and "If-None-Match" in request.headers
        if not 200 <= status < 600 or (300 <= status < 400 and not response.is_redirect and not unchanged):
            exchange.end()
            response.close()
            raise Refused(f"the server answers {status}, which is no answer to the question")
        return self._bounded(response, exchange, whole)

    def _timeout(self, reads: bool) -> tuple[float, float | None]:
        """For connecting and for silence. A write is not given up, and so perhaps repeated, only because it takes long."""
        return self.limits.connect_s, self.limits.silence_s if reads else None

    def _bounded(self, response: requests.Response, exchange: Exchange, whole: bool) -> requests.Response:
        if not response.ok or response.is_redirect:
            most, cut_off = self.limits.error_bytes, True
        else:
            most, cut_off = (self.limits.answer_bytes if whole else self.limits.file_bytes), False
        bound = _Bound(response.raw, exchange, self.limits, most, cut_off=cut_off, whole=whole)
        if not whole:
            response.pieces = partial(bound.pieces, response.raw.chunked)  # type: ignore[attr-defined]
        response.encoding = "utf-8"  # no answer is searched for its encoding, which takes long
        response.json = lambda **_: json_of(response.content, self.limits)  # type: ignore[method-assign]
        return response

    def close(self) -> None:
        self.inner.close()


class _Bound:
    """The ways in which urllib3 reads an answer's body, ending with an error where that is too long or takes too long."""

    def __init__(self, raw: Any, exchange: Exchange, limits: Limits, most: int, *, cut_off: bool, whole: bool) -> None:
        self._exchange, self._limits, self._most, self._cut_off, self._whole = exchange, limits, most, cut_off, whole
        self._size = self._portion = 0
        self._read, self._chunks, self._close, self._release = raw.read, raw.read_chunked, raw.close, raw.release_conn
        # All other ways (stream, lines, readinto) go through these.
        raw.read, raw.read_chunked, raw.close, raw.release_conn = self.read, self.read_chunked, self.close, self.release
        self._read1, raw.read1 = raw.read1, self.read

    def pieces(self, chunked: bool) -> Iterator[bytes]:
        """The body as it was sent, not unpacked, each piece as soon as it is there: what came before an answer broke off is not lost."""
        try:
            if chunked:
                yield from self.read_chunked(decode_content=False)
                return
            while piece := self._guarded(lambda: self._read1(_LARGE_PIECE, decode_content=False) or b""):
                yield piece
        except ReadTimeoutError as error:
            raise requests.exceptions.ReadTimeout(error) from None
        except HTTPError as error:
            raise requests.exceptions.ConnectionError(error) from None

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """As `HTTPResponse.read`, but in small pieces, each of which is progress."""
        left = math.inf if amt is None or amt < 0 else amt
        pieces = []
        while left and (piece := self._piece(min(_PIECE, left), decode_content)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: float, decode_content: bool | None) -> bytes:
        return self._guarded(lambda: self._read(int(size), decode_content=decode_content))

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        pieces = self._chunks(min(amt or _PIECE, _PIECE), decode_content=decode_content)
        while piece := self._guarded(lambda: next(pieces, b"")):
            yield piece

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        """A piece, counted; nothing at the end, or where no more is wanted."""
        try:
            piece = read()
        except Exception:
            self._exchange.end()
            self._exchange.check()
            raise
        self._exchange.check()
        if not piece:
            self._exchange.end()
        self._size += len(piece)
        self._portion += len(piece)
        if self._portion >= self._limits.portion_bytes:
            self._portion = 0
            self._exchange.extend(self._limits.silence_s)
        if self._size <= self._most:
            return piece
        self.close()
        if self._cut_off:
            return b""
        name = "answer_bytes" if self._whole else "file_bytes"
        raise Refused(f"the answer is longer than {self._most:,} bytes, which is too long (the limit {name})")

    def close(self) -> None:
        self._exchange.end()
        self._close()

    def release(self) -> None:
        self._exchange.end()
        self._release()
