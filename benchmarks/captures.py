"""A capture of 200 files from a server that takes 100 ms for each answer, against the ideal of its connections."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cheroot import wsgi

from benchmarks.figure import Figure
from demo.lives import new_event
from gracetape import capture, dummy
from gracetape.archive import Archive
from gracetape.capture.pull import CONNECTIONS

_FILES, _LATENCY = 200, 0.1


@contextmanager
def _slow(app: Any) -> Iterator[str]:
    def slowed(environ: dict[str, Any], start_response: Any) -> Any:
        time.sleep(_LATENCY)
        return app(environ, start_response)

    server = wsgi.Server(("127.0.0.1", 0), slowed, numthreads=32)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}/api/"
    finally:
        server.stop()
        thread.join()


def capture_against_its_connections() -> list[Figure]:
    """Seconds for the whole capture against files * latency / connections."""
    with tempfile.TemporaryDirectory() as folder:
        written = Archive.create(Path(folder) / "written.tape")
        with dummy.GraceDb(written) as client:
            graceid = new_event(client)
            for i in range(_FILES - 1):
                client.write_log(graceid, "a file", f"file{i}.txt", f"contents {i}".encode() * 50)
        with _slow(dummy.make_app(written)) as url, Archive.create(Path(folder) / "captured.tape") as captured:
            with capture.connect(url) as http:
                start = time.perf_counter()
                capture.capture([graceid], captured, http)
                spent = time.perf_counter() - start
        written.close()
    ideal = _FILES * _LATENCY / CONNECTIONS
    return [
        Figure(
            "capture of 200 files",
            f"{spent:.2f} s",
            f"{ideal:.2f} s, {CONNECTIONS} connections",
            spent / ideal,
            "≤ 1.3",
        )
    ]
