"""A door before a broker on loopback: passes bytes on both ways, with TLS towards the client if wanted, and notes what clients say."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import trustme

#: Speaks with a client, and with the broker for it, before bytes are passed on; whether they may be.
Guard = Callable[
    [asyncio.StreamReader, asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]
]


class Door:
    """Listens on `port` of loopback (0: any), or on what is `held`, while it is entered, and leads to the port `inner`."""

    def __init__(
        self,
        inner: int,
        *,
        port: int = 0,
        held: socket.socket | None = None,
        tls: ssl.SSLContext | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.inner, self.port, self.tls, self.guard = inner, port, tls, guard
        self._held = held
        self.said = b""  # by all clients, after decryption
        self.until: bytes | None = None  # the broker's words reach clients up to these, and then no more
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        place: dict[str, Any] = {"sock": self._held} if self._held else {"host": "127.0.0.1", "port": self.port}
        opened = asyncio.start_server(self._come, **place, ssl=self.tls)
        self._server = asyncio.run_coroutine_threadsafe(opened, self._loop).result(60)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    def break_all(self) -> None:
        """Cut every connection off, as a network does; in those that come after, all words pass."""
        asyncio.run_coroutine_threadsafe(self._break(), self._loop).result(60)

    async def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self.until = None

    async def _end(self) -> None:
        self._server.close()
        await asyncio.sleep(0.05)  # who is coming in is in
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection("127.0.0.1", self.inner)
        self._writers += [writer, inner[1]]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if self.guard is None or await self.guard(reader, writer, *inner):
                await asyncio.gather(self._pass(reader, inner[1], note=True), self._pass(inner[0], writer))
        for end in (writer, inner[1]):
            end.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, note: bool = False) -> None:
        while some := await source.read(65536):
            self.said += some if note else b""
            if self.until is not None and not note:
                some = await self._cut(some, source, self.until)
            target.write(some)
            await target.drain()
        target.close()

    async def _cut(self, some: bytes, source: asyncio.StreamReader, until: bytes) -> bytes:
        """What may pass; nothing more does after that, whatever comes."""
        while until not in some and (more := await source.read(65536)):
            some += more
        before, found, _ = some.partition(until)
        self.until = b"\0never" if found else self.until
        return before + found


class Authority:
    """A certificate authority of a test's own, in files under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._ca, self._folder = trustme.CA(), folder
        self.pem = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(str(self.pem))

    def certificate(self, host: str) -> Path:
        """A server's certificate with its key, valid for a day."""
        issued = self._ca.issue_cert(host, not_after=datetime.now(UTC) + timedelta(days=1))
        path = self._folder / f"{host}.pem"
        path.write_bytes(issued.private_key_pem.bytes() + b"".join(one.bytes() for one in issued.cert_chain_pems))
        return path

    def context(self, host: str) -> ssl.SSLContext:
        """What a server for `host` needs to speak TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(host))
        return context
