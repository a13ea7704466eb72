"""Keeps one XMPP session up, in a thread of its own, and makes it anew with growing pauses when it breaks."""

import asyncio
import contextlib
import logging
import ssl
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from typing import Any

import slixmpp
from slixmpp.xmlstream.stanzabase import StanzaBase

from gracetape.brokers.credentials import trusted, xmpp_login
from gracetape.brokers.pauses import pauses
from gracetape.brokers.urls import BrokerUrl
from gracetape.errors import BadUrl, BrokerError

#: Seconds between the pings that notice a dead connection, and how long an answer may take.
_PING_EVERY, _PING_WAITS = 10, 10
_LOGIN_WAITS_S = 15.0
#: The port that speaks TLS from the first byte on; any other begins openly and goes over to TLS (STARTTLS).
DIRECT_TLS_PORT = 5223
#: How one OpenSSL or another says that what it was answered is no TLS.
_NO_TLS = ("WRONG_VERSION", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")

# What slixmpp has to say of a refused certificate or login is said by us, in one sentence.
logging.getLogger("slixmpp").addHandler(logging.NullHandler())


class _Broken(Exception):
    """A session could not be made, or ended; it may be tried again."""


class _Aside(ThreadPoolExecutor):
    """Does what asyncio does in threads, each thing in one that the process does not wait for at its end: name servers take their time."""

    def submit(self, what: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        future = Future[Any]()

        def work() -> None:
            try:
                future.set_result(what(*args, **options))
            except BaseException as error:
                with contextlib.suppress(InvalidStateError):  # nobody waits for it any more
                    future.set_exception(error)

        threading.Thread(target=work, name="xmpp-aside", daemon=True).start()
        return future


class XmppSession:
    """A session with an XMPP server. `ready` (asked on the session's loop each time that it is up) prepares it;
    `stanza` sees what comes in and returns it, or None if nobody else need see it; `over` is called once, with the
    reason or None, when the session is ended for good.
    """

    def __init__(
        self,
        url: BrokerUrl,
        *,
        ready: Callable[[slixmpp.ClientXMPP], Awaitable[None]],
        stanza: Callable[[StanzaBase], StanzaBase | None],
        over: Callable[[BrokerError | None], None],
    ) -> None:
        self.url = url
        self.service = f"pubsub.{url.host}"
        self._ready, self._stanza, self._over = ready, stanza, over
        self._plain = not url.flag("tls", True)
        if self._plain and not url.loopback:
            raise BadUrl(f"tls=off is for loopback only: {url.host} must be spoken to with TLS")
        self._direct = not self._plain and url.port == DIRECT_TLS_PORT
        self._tls = trusted(url)
        self._patience_s = url.patience_s
        self._user, self._password = xmpp_login(url)
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(_Aside())
        self.client: slixmpp.ClientXMPP | None = None  # while it is up
        self._opened: threading.Event = threading.Event()
        self.error: BrokerError | None = None
        self._leaving = False
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name=f"xmpp {url.host}", daemon=True)

    def start(self) -> None:
        """Log in and wait until the session is up; BrokerError if the server refuses or is not there."""
        self._thread.start()
        self._opened.wait()
        if self.error is not None:
            raise self.error

    def soon(self, what: Callable[[], object]) -> None:
        """Let the session's thread do something."""
        with contextlib.suppress(RuntimeError):  # it is over
            self.loop.call_soon_threadsafe(what)

    def stop(self) -> None:
        """End the session, and wait until it has ended."""
        self._leaving = True
        self.soon(lambda: self._task.cancel() if self._task else None)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=10)

    # -- on the session's thread

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self._task = self.loop.create_task(self._keep())
        try:
            self.loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except BrokerError as error:
            self.error = error
        except Exception as error:  # a fault of ours must not leave the caller waiting
            self.error = BrokerError(f"{self.url}: {type(error).__name__}: {error}")
        finally:
            rest = asyncio.all_tasks(self.loop)
            for task in rest:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
            try:
                self._over(self.error)
            finally:  # whatever whoever is told of it does
                self._opened.set()
                self.loop.close()

    async def _keep(self) -> None:
        """One session after another; a first one that fails, or a pause longer than the patience, ends it."""
        since, waits = time.monotonic(), pauses()
        while not self._leaving:
            try:
                reason = await self._one()
                since, waits = time.monotonic(), pauses()
            except _Broken as broken:
                reason = str(broken)
            if not self._opened.is_set() and self._patience_s == 0:
                raise BrokerError(f"{self.url}: {reason}")
            if time.monotonic() - since > (self._patience_s if self._opened.is_set() else min(self._patience_s, 5)):
                away = f"gave up after {self._patience_s:g} s" if self._opened.is_set() else "cannot log in"
                raise BrokerError(f"{self.url}: {away}: {reason}")
            await asyncio.sleep(next(waits))

    async def _one(self) -> str:
        """One session from login to end; returns the reason of its end. Raises _Broken if it never came up."""
        ended: asyncio.Future[str] = self.loop.create_future()
        started: asyncio.Future[None] = self.loop.create_future()
        client = self._make(started, ended)
        port = self.url.port
        client.connect(self.url.host, port)
        try:
            either: list[asyncio.Future[Any]] = [started, ended]
            await asyncio.wait(either, timeout=_LOGIN_WAITS_S, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise _Broken(ended.result())
            if not started.done():
                raise _Broken("the server did not let us log in in time")
            try:
                await self._prepare(client, ended)
            except (TimeoutError, slixmpp.exceptions.IqTimeout):
                if not ended.done():
                    raise _Broken("the publish-subscribe service does not answer") from None
            if ended.done():
                raise _Broken(ended.result())
            self.client = client
            self._opened.set()
            return await ended
        finally:
            self.client = None
            client.cancel_connection_attempt()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(client.disconnect(wait=0.5, ignore_send_queue=True), 1)
            client.abort()
            await asyncio.sleep(0.01)
            await self._end_others()

    async def _prepare(self, client: slixmpp.ClientXMPP, ended: "asyncio.Future[str]") -> None:
        """Let the session be prepared; TimeoutError at once if it ends meanwhile, for answers over it come no more."""
        async with asyncio.timeout(None) as limit:

            def give_up(_: object) -> None:
                with contextlib.suppress(RuntimeError):  # it is prepared
                    limit.reschedule(self.loop.time())

            ended.add_done_callback(give_up)
            await self._ready(client)

    async def _end_others(self) -> None:
        """End what a client has left running; nobody else runs anything on this loop."""
        rest = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=1)

    def _make(self, started: "asyncio.Future[None]", ended: "asyncio.Future[str]") -> Any:
        # A resource of its own each time: a server that has not yet noticed the old session's end does no harm.
        client = slixmpp.ClientXMPP(f"{self._user}@{self.url.host}/{uuid.uuid4().hex}", self._password)
        client.enable_direct_tls, client.enable_starttls = self._direct, not (self._plain or self._direct)
        client.enable_plaintext = self._plain
        login = client.plugin["feature_mechanisms"]
        login.unencrypted_plain = login.unencrypted_scram = self._plain
        client.ssl_context = self._tls
        client.register_plugin("xep_0060")
        client.register_plugin("xep_0199", {"keepalive": True, "interval": _PING_EVERY, "timeout": _PING_WAITS})
        client.add_filter("in", self._stanza)

        def end(reason: str) -> None:
            if not ended.done():
                ended.set_result(reason)

        def give_up(reason: str) -> None:
            if not ended.done():
                ended.set_exception(BrokerError(f"{self.url}: {reason}"))

        def refused(_: object) -> None:
            if self._plain or isinstance(client.socket, ssl.SSLSocket | ssl.SSLObject):
                give_up(f"the password of {self._user} is not accepted")
            else:
                give_up("the server does not offer TLS, so no password was sent")

        def broken(why: object, otherwise: str) -> None:
            if isinstance(why, ssl.SSLCertVerificationError):
                give_up(_distrust(why))
            else:
                end(otherwise)

        def up(_: object) -> None:
            if not started.done():
                started.set_result(None)

        client.add_event_handler("session_start", up)
        closed = "the server closed the connection"
        client.add_event_handler("disconnected", lambda why: broken(why, _reason(why) or closed))
        client.add_event_handler("connection_failed", lambda why: broken(why, f"cannot connect: {_reason(why)}"))
        client.add_event_handler("failed_all_auth", refused)
        client.add_event_handler("ssl_invalid_chain", lambda why: broken(why, _reason(why)))
        return client


def _distrust(why: ssl.SSLCertVerificationError) -> str:
    said = why.verify_message.rstrip(".")
    hint = "" if "mismatch" in said else "; name its authority with ca=FILE in the URL, or with $SSL_CERT_FILE"
    return f"the server's certificate is not accepted ({said}), so no password was sent{hint}"


def _reason(why: object) -> str:
    if isinstance(why, ssl.SSLError) and any(name in str(why) for name in _NO_TLS):
        return "the server does not speak TLS"
    if isinstance(why, OSError) and why.strerror:
        return why.strerror
    return " ".join(str(why or "").split())
