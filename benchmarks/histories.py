"""What an entry of a long log costs: its alerts when a replay is prepared, its record when the log is asked for as of a moment."""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from gracetape import dummy
from gracetape.archive import Archive, alerts_of, timeline_of

_SERVICE = "https://gracedb.ligo.org/api/"
_SIZES = (500, 2_000, 8_000, 20_000)
_ENTRIES = 40_000  # how many are gone through for one figure, so that a short log is measured as long as a long one


def _log(n: int) -> dict[str, Any]:
    """An entry of an event's log: its file first, a file in every tenth with a tag after it, comments between."""
    comment = {3: f"Tagged message {n - 1}: psd "}.get(n % 10, f"what somebody wrote, number {n}")
    file = "coinc.xml" if n == 1 else ("psd.xml.gz" if n % 10 == 2 else "")
    return {
        "N": n, "comment": "Original Data" if n == 1 else comment, "issuer": "albert.einstein",
        "created": f"2017-08-17 {10 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d} UTC", "filename": file,
        "file_version": n // 10 if file else None, "tag_names": ["psd"] if n % 10 == 2 else [],
        "self": f"{_SERVICE}events/G1/log/{n}",
    }  # fmt: skip


def _archive(path: Path, entries: int) -> Archive:
    """One event with a log of so many entries."""
    archive = Archive.create(path)
    with archive.transaction() as tx:
        capture = tx.begin("G1", _SERVICE, "capture")
        links = {"self": f"{_SERVICE}events/G1"}
        record = {
            "graceid": "G1",
            "group": "CBC",
            "pipeline": "gstlal",
            "search": "AllSky",
            "labels": [],
            "links": links,
        }
        tx.put(capture, "object", "", record | {"created": "2017-08-17 10:00:00 UTC", "gpstime": 1187008882.4})
        for n in range(1, entries + 1):
            tx.put(capture, "log", n, _log(n))
        tx.finish(capture)
    return archive


def _ms_per_entry(entries: int, work: Callable[[], object]) -> float:
    """CPU of the fastest quarter of the rounds, so that neither a busy machine nor a short log tells."""
    took = []
    for _ in range(max(4, _ENTRIES // entries)):
        gc.collect()
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    fastest = sorted(took)[: max(1, len(took) // 4)]
    return sum(fastest) / len(fastest) / entries * 1e3


def long_logs_stay_flat() -> list[Figure]:
    """CPU per entry of all alerts of an event, and of its log as of its last entry but one, for logs of 500 to 20,000 entries."""
    alerts, logs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for entries in _SIZES:
            with _archive(Path(folder) / f"{entries}.tape", entries) as archive:
                alerts[entries] = _ms_per_entry(entries, lambda: sum(1 for _ in alerts_of(timeline_of(archive))))
                with dummy.GraceDb(archive, as_of={"G1": entries - 1}) as client:
                    client.logs("G1")
                    logs[entries] = _ms_per_entry(entries, lambda: client.logs("G1"))
    figures = []
    for name, cost in (("alerts of a replay", alerts), ("logs() as of an entry", logs)):
        first, last = cost[_SIZES[0]], max(cost.values())
        measured = ", ".join(f"{ms * 1e3:.0f}" for ms in cost.values())
        against = f"{first * 1e3:.0f} us at 500 entries"
        sizes = ", ".join(f"{entries:,}" for entries in _SIZES)
        figures.append(Figure(f"{name}, us per entry of {sizes}", measured, against, last / first, "≤ 1.3"))
    return figures
