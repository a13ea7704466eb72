"""A dummy on HTTP to capture from, with faults on demand."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cheroot import wsgi

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.faults import Dropped


@dataclass
class Faulty:
    """A WSGI application before the dummy's that can be slow, busy or broken. `faults` maps a part of a path to answers
    (status, headers, body, declared length) that come before the right one."""

    app: Any
    latency: float = 0.0
    faults: dict[str, list[tuple[str, dict[str, str], bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        time.sleep(self.latency)
        for part, answers in self.faults.items():
            if part in path:
                try:
                    status, headers, body = answers.pop(0)
                except IndexError:  # none is left, or another thread took the last one
                    continue
                start_response(status, list(({"Content-Type": "text/plain; charset=utf-8"} | headers).items()))
                return [body]
        return self.app(environ, start_response)


@dataclass
class Source:
    """A served dummy with one event in it."""

    url: str
    faulty: Faulty
    client: Any
    graceid: str
    archive: Archive


def serve(app: Any) -> tuple[wsgi.Server, str]:
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=12, shutdown_timeout=1)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return server, f"http://127.0.0.1:{server.bind_addr[1]}/api/"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with Archive.create(tmp_path / "source.tape") as archive, dummy.GraceDb(archive) as client:
        graceid = new_event(client, labels=["INJ"])
        for i in range(12):
            client.write_log(
                graceid, f"file {i}", f"file{i % 9}.txt", f"contents {i}".encode() * 2000, tag_name=["psd"]
            )
        faulty = Faulty(dummy.make_app(archive))
        server, url = serve(faulty)
        yield Source(url, faulty, client, graceid, archive)
        server.stop()


def cut_short(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The first bytes of an answer, which breaks off then."""
    for piece in pieces:
        yield piece[:most]
        if (most := most - len(piece)) <= 0:
            raise Dropped("in the middle")


def contents_of(archive: Archive, source: Source, name: str) -> bytes:
    """What an archive has of a file of the source's event."""
    entry = archive.view(source.graceid).file(name)
    assert entry is not None
    return b"".join(archive.read(entry))
