"""The drop-in client: the ordinary `ligo.gracedb` client, its requests answered in this process by the dummy's app."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from http.client import RemoteDisconnected
from typing import IO, Any, Self
from urllib.parse import unquote, urlsplit
from wsgiref.types import WSGIApplication

import requests
from igwn_auth_utils import IgwnAuthError
from ligo.gracedb.rest import GraceDb as OrdinaryClient
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse, Retry
from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.util.request import set_file_position

from gracetape.archive import Alert, Archive, Position, Timeline, timeline_of
from gracetape.archive.history.streamed import whole_timeline
from gracetape.archive.incoming import CHUNK
from gracetape.dummy.app import make_app
from gracetape.dummy.client_patch import in_nobodys_name
from gracetape.dummy.faults import Dropped, Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.links import HOME
from gracetape.dummy.positions import position_of
from gracetape.dummy.server_settings import ServerSettings
from gracetape.dummy.source import is_public_tape
from gracetape.dummy.tapes import Tape, opened
from gracetape.dummy.throttle import Throttle
from gracetape.logins import mend

mend()


class InProcess(BaseAdapter):
    """A requests transport that calls a WSGI application instead of a socket.

    What a client of a real GraceDB asks for again is asked for again, as `retries` says (a urllib3 Retry); not a conflict
    (409), since the dummy's second answer would be the same.
    """

    def __init__(self, app: WSGIApplication, retries: Retry | None = None) -> None:
        super().__init__()
        self.app, self.retries = app, retries or Retry(0, read=False)

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        retries, start = self.retries, set_file_position(request.body, None)
        while True:
            try:
                response = self._ask(request)
            except Dropped as error:
                broken = ProtocolError("Connection aborted.", RemoteDisconnected(str(error)))
                retries = self._once_more(request, retries, error=broken)
                retries.sleep()
            else:
                status = response.status_code
                if status == 409 or not retries.is_retry(
                    str(request.method), status, "Retry-After" in response.headers
                ):
                    return response
                retries = self._once_more(request, retries, response=response.raw)
                retries.sleep(response.raw)
            set_file_position(request.body, start)

    def _once_more(self, request: requests.PreparedRequest, retries: Retry, **why: Any) -> Retry:
        """One attempt fewer; the exceptions of requests if there was none left."""
        try:
            return retries.increment(request.method, request.url, **why)
        except MaxRetryError as error:
            kind = requests.exceptions.RetryError if "response" in why else requests.exceptions.ConnectionError
            raise kind(error, request=request) from None
        except ProtocolError as error:
            raise requests.exceptions.ConnectionError(error, request=request) from None

    def _ask(self, request: requests.PreparedRequest) -> requests.Response:
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            started.update(status=status, headers=headers)
            return lambda data: None

        pieces = self.app(environ_of(request), start_response)
        code, _, reason = started["status"].partition(" ")
        response = requests.Response()
        response.status_code, response.reason = int(code), reason
        response.headers = CaseInsensitiveDict(started["headers"])
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = HTTPResponse(
            body=_Body(iter(pieces)), headers=started["headers"], status=int(code), preload_content=False,
            request_method=request.method,
        )  # fmt: skip
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        pass


class _Body(io.RawIOBase):
    """The pieces of an answer, read like a file, which ends early where the connection was dropped."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")  # a long answer is read in many parts, none copied again

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                piece = next(self._pieces, None)
            except Dropped:
                piece = None
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def environ_of(request: requests.PreparedRequest) -> dict[str, Any]:
    """The WSGI environment of a request."""
    url = urlsplit(str(request.url))
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    length = str(len(body)) if isinstance(body, bytes) else request.headers.get("Content-Length")
    if length is None:  # it would be sent in chunks, whose sum a server learns at their end
        stream, length = _gathered(body)
    environ = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query, "SERVER_NAME": url.hostname or "", "SERVER_PORT": str(url.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": url.scheme, "wsgi.input": stream,
        "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        "HTTP_HOST": url.netloc, "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": length,
    }  # fmt: skip
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = (
                value.decode() if isinstance(value, bytes) else value
            )
    return environ


def _gathered(body: Any) -> tuple[IO[bytes], str]:
    """What a body without a length gives, an iterable of pieces or a file, and how many bytes that are."""
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115  # the request reads it
    for piece in iter(lambda: body.read(CHUNK), b"") if hasattr(body, "read") else body:
        spool.write(piece.encode() if isinstance(piece, str) else piece)
    length = spool.tell()
    spool.seek(0)
    return spool, str(length)


def mount(client: requests.Session, app: WSGIApplication, prefix: str = "https://dummy.invalid/") -> None:
    """Let a client's requests to addresses that start with `prefix` be answered by a WSGI application in this process."""
    ordinary = client.get_adapter(prefix)
    client.trust_env = False  # no proxy and no login of the environment is meant for what never leaves this process
    client.mount(prefix, InProcess(app, getattr(ordinary, "max_retries", None)))


class GraceDb(OrdinaryClient):  # type: ignore[misc]
    """The ordinary client over an archive, with the network taken out.

    `archive` is an Archive or a path, or a tape in a package (which is then opened, and closed with the client). Writes go to
    a scratch over it, which is thrown away when the client is closed; with `keep`, or where an Archive was opened for writing,
    they are kept in it; with `read_only` they are refused. `as_of` takes a log entry's N, an
    id with one (`S1:20`), a mapping of ids to N, or a UTC time; `follow` anything with a `position`, such as a replay's
    player. With either, nothing can be written. `on_alert` is called with each alert of a write, `now` gives the server's
    time (UTC), `user` who writes; `faults`, `throttle`, `grouping`, `api_default`,
    `settings`, `labels`, `pipelines`, `searches`, `server_version`, `first_id` and `as_public` are those of `make_app`. Other arguments go to
    the ordinary client.
    """

    def __init__(
        self,
        archive: Tape,
        as_of: int | str | Mapping[str, int] | datetime | None = None,
        *,
        keep: bool = False,
        read_only: bool = False,
        follow: Any = None,
        user: str = "gracetape",
        on_alert: Callable[[Alert], None] | None = None,
        now: Callable[[], datetime] | None = None,
        faults: Faults | Iterable[str | Fault] = (),
        throttle: Throttle | bool = False,
        grouping: Grouping | None = None,
        settings: ServerSettings | None = None,
        api_default: str = "v1",
        labels: Iterable[str] = (),
        pipelines: Iterable[str] = (),
        searches: Iterable[str] = (),
        server_version: str | None = None,
        first_id: int | None = None,
        as_public: bool | None = None,
        **client_options: Any,
    ) -> None:
        tape, own = opened(archive, keep=keep, read_only=read_only or as_of is not None or follow is not None)
        self._opened = tape if own else None
        with ExitStack() as stack:  # a tape does not stay open for a client that was never made
            stack.callback(tape.close if own else lambda: None)
            public = is_public_tape(tape) if as_public is None else as_public
            if client_options.pop("fail_if_noauth", False) and public:
                raise IgwnAuthError("no valid authorisation credentials found")
            self.app = app_over(
                tape, as_of, follow, user=user, on_alert=on_alert, now=now, faults=faults, throttle=throttle,
                grouping=grouping, settings=settings, api_default=api_default, labels=labels, pipelines=pipelines, searches=searches,
                server_version=server_version,
                first_id=first_id, as_public=public,
            )  # fmt: skip
            stack.pop_all()
        self._about = f"<GraceDb over {tape.path}{'' if as_of is None else f' as of {as_of}'}>"
        super().__init__(HOME, force_noauth=True, **client_options)
        mount(self, self.app)

    def __repr__(self) -> str:
        return self._about

    def request(self, *args: Any, **options: Any) -> Any:
        """As the ordinary client's, but that no login is looked for: nobody is asked for one here."""
        return super().request(*args, **in_nobodys_name(args, options))

    def close(self) -> None:
        super().close()
        if self._opened is not None:
            self._opened.close()

    def __enter__(self) -> Self:
        return self


def app_over(
    archive: Archive, as_of: int | str | Mapping[str, int] | datetime | None, follow: Any, **options: Any
) -> Any:
    """The dummy's app over an open archive, answering as of a moment or following something; options as for `make_app`."""
    timeline: Timeline | None = None
    position: Callable[[], Position | None] | None = None
    if follow is not None:
        timeline = getattr(follow, "timeline", None) or timeline_of(archive)
        position = lambda: follow.position if follow.position is not None else Position(0)  # noqa: E731
    elif as_of is not None:
        timeline = whole_timeline(archive)
        fixed = position_of(timeline, as_of)
        position = lambda: fixed  # noqa: E731
    return make_app(archive, as_of=position, timeline=timeline, **options)
