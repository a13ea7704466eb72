"""A server that costs next to nothing: it answers stored bytes, some of them late, so that what a client spends is the client's own."""

import asyncio
import pickle
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.parse import urlsplit

import requests

#: Headers that tell of the answer, not of how it is sent.
_KEPT = ("Content-Type", "ETag", "Last-Modified", "Vary")
_PLACE = b"answers-are.invalid:80"


def answers_of(addresses: Iterable[str]) -> dict[str, bytes]:
    """What a server answers at some addresses, whole, with its own address replaced."""
    with requests.Session() as session:
        return dict(_kept(session.get(address)) for address in addresses)


def _kept(response: requests.Response) -> tuple[str, bytes]:
    parts = urlsplit(response.url)
    body = response.content.replace(parts.netloc.encode(), _PLACE)
    lines = [f"HTTP/1.1 {response.status_code} {response.reason}"]
    lines += [f"{name}: {response.headers[name]}" for name in _KEPT if name in response.headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return parts.path + (f"?{parts.query}" if parts.query else ""), "\r\n".join(lines).encode() + body


@contextmanager
def answering(kept: dict[str, bytes], folder: Path, late: str, seconds: float) -> Iterator[str]:
    """Its API root, in a process of its own. What matches `late` is answered after so many seconds."""
    stored = folder / "answers.pickle"
    stored.write_bytes(pickle.dumps(kept))
    words = [sys.executable, "-m", "benchmarks.stored_answers", str(stored), late, str(seconds)]
    with Popen(words, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    """One connection: questions without bodies, each answered before the next is asked."""

    def __init__(self, kept: dict[str, bytes], late: re.Pattern[str], seconds: float) -> None:
        self._kept, self._late, self._seconds = kept, late, seconds
        self._held = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            question, _, self._held = self._held.partition(b"\r\n\r\n")
            target = question.split(b" ", 2)[1].decode()
            answer = self._kept.get(target, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if self._late.search(target):
                asyncio.get_running_loop().call_later(self._seconds, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def _serve(stored: Path, late: str, seconds: float) -> None:
    kept: dict[str, bytes] = pickle.loads(stored.read_bytes())  # our own, of a moment ago
    here: dict[str, bytes] = {}
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(here, re.compile(late), seconds), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    for target, answer in kept.items():
        here[target] = _placed(answer, f"{host}:{port}".encode())
    print(f"http://{host}:{port}/api/", flush=True)
    await server.serve_forever()


def _placed(answer: bytes, address: bytes) -> bytes:
    """An answer with the server's own address in it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    body = body.replace(_PLACE, address)
    head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
    return head + b"\r\n\r\n" + body


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
