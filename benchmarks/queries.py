"""Queries over growing archives whose answers stay the same size: the time goes with the answer, not with the archive."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from gracetape.archive import index
from gracetape.archive.searchable import Subject
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import find, order_of
from gracetape.times import server_time

SIZES = (1_000, 10_000, 100_000)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Each matches ten events, however many there are.
_QUERIES = {
    "far < …": "far < 1e-9",
    "GPS range": "1000000000 .. 1000000009",
    "label": "EM_READY",
    "label & far": "EM_READY & far < 1 gstlal",
    "attribute": "si.snr > 1000",
}


def _events(size: int) -> Iterator[dict[str, Any]]:
    for i in range(size):
        rare = i % (size // 10) == 0
        yield {
            "group": "CBC", "pipeline": "gstlal", "search": "AllSky", "submitter": f"user{i % 10}", "instruments": "H1,L1",
            "far": 1e-10 if rare else 1e-3, "gpstime": 1_000_000_000 + i, "nevents": 2, "likelihood": float(i),
            "created": server_time(datetime.fromtimestamp(1_500_000_000 + i, UTC)),
            "labels": ["EM_READY", "INJ"] if rare else ["INJ"],
            "extra_attributes": {
                "CoincInspiral": {"snr": i / 100, "mchirp": 1.2},
                "SingleInspiral": [{"ifo": ifo, "snr": 2000.0 if rare else 5.0, "mass1": 1.4} for ifo in ("H1", "L1")],
            },
        }  # fmt: skip


def _tables(path: Path, size: int) -> sqlite3.Connection:
    tables = sqlite3.connect(path, isolation_level=None)
    tables.execute("PRAGMA synchronous = OFF")
    index.make(tables)
    tables.execute("BEGIN")
    for number, record in enumerate(_events(size), start=1):
        index.put(tables, Subject(f"G{number}", "event", number, True, record))
    tables.execute("COMMIT")
    return tables


def _seconds(tables: sqlite3.Connection, text: str) -> float:
    spent = []
    for _ in range(30):
        start = time.perf_counter()
        found = find(tables, "event", read(tables, "event", text, _NOW), order_of("event", []), 0, 10)
        spent.append(time.perf_counter() - start)
        if found.total != 10:
            raise RuntimeError(f"{text} matched {found.total} events instead of 10")
    return statistics.median(spent)


def queries_go_with_the_answer() -> list[Figure]:
    """Reading and answering a query that matches ten events, among 1,000, 10,000 and 100,000."""
    spent: dict[tuple[str, int], float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            tables = _tables(Path(folder) / "bench.sqlite", size)
            for name, text in _QUERIES.items():
                spent[name, size] = _seconds(tables, text)
            tables.close()
    least, figures = SIZES[0], []
    for name in _QUERIES:
        base = spent[name, least]
        for size in SIZES[1:]:
            ratio = spent[name, size] / base
            measured, against = f"{spent[name, size] * 1e3:.2f} ms", f"{base * 1e3:.2f} ms at {least:,}"
            figures.append(Figure(f"query by {name}, {size:,} events", measured, against, ratio, "≤ 2"))
    return figures
