"""Calls to the dummy in process: against the same client over a static app, and as a log grows."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.client import mount

_URL = "https://dummy.invalid/api/"


def median_s(call: Callable[[], object], times: int) -> float:
    """Seconds of one call: the median of some."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def _empty(folder: str) -> Any:
    return dummy.GraceDb(Archive.create(Path(folder) / "bench.tape"))


def write_log_stays_flat() -> list[Figure]:
    """The time of write_log when the log has 10, 100, 1,000 and 10,000 entries."""
    with tempfile.TemporaryDirectory() as folder, _empty(folder) as client:
        graceid = new_event(client)
        written, spent = 1, {}
        for size in (10, 100, 1000, 10000):
            while written < size:
                client.write_log(graceid, f"entry {written}")
                written += 1
            spent[size] = median_s(lambda: client.write_log(graceid, "measured"), 100)
            written += 100
    base = spent[10]
    return [
        Figure(f"write_log at N={size}", f"{s * 1e3:.2f} ms", f"{base * 1e3:.2f} ms at N=10", s / base, "≤ 1.5")
        for size, s in spent.items()
        if size != 10
    ]


def a_call_against_a_static_app() -> list[Figure]:
    """One call to the dummy against the same client over an app that always answers the same bytes."""
    from ligo.gracedb.rest import GraceDb

    with tempfile.TemporaryDirectory() as folder, _empty(folder) as client:
        graceid = new_event(client)
        body = client.event(graceid).content
        root = json.dumps(client.service_info).encode()

        def static(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            answer = root if environ["PATH_INFO"] == "/api/" else body
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
            return [answer]

        peer = GraceDb(_URL, force_noauth=True)
        mount(peer, static)
        figures = []
        for name, ours, theirs in (
            ("ping", client.ping, peer.ping),
            ("event", lambda: client.event(graceid).json(), lambda: peer.event(graceid).json()),
        ):
            ours(), theirs()
            rounds = [(median_s(ours, 300), median_s(theirs, 300)) for _ in range(3)]
            mine, bare = min(r[0] for r in rounds), min(r[1] for r in rounds)
            figures.append(
                Figure(
                    f"{name} in process",
                    f"{mine * 1e3:.3f} ms",
                    f"{bare * 1e3:.3f} ms, static app",
                    mine / bare,
                    "≤ 1.3",
                )
            )
    return figures
