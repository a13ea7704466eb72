"""What it costs that a tape stays as it was: a scratch over a small and a large one, and a test that writes and reads."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.store import PassingArchive
from gracetape.dummy.links import HOME

SIZES = (10, 2_000)


def _tape(path: Path, events: int) -> Path:
    with PassingArchive.create(path, packed=True) as archive, archive.transaction() as tx:
        for number in range(1, events + 1):
            record = {"graceid": f"G{number}", "gpstime": 1e9 + number, "labels": [], "group": "Test", "far": 1e-7}
            tx.new_object(f"G{number}", HOME, record)
            tx.put(f"G{number}", "log", 1, {"N": 1, "comment": "made", "created": "2026-01-01 00:00:00 UTC"})
    return path


def _ms(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(40):
        start = time.process_time()
        work()
        spent.append(1e3 * (time.process_time() - start))
    return statistics.median(spent)


def _first_write(path: Path) -> None:
    with Archive.open(path) as tape, dummy.GraceDb(tape) as client:
        client.write_log("G1", "a word")


def _write_and_read(path: Path) -> None:
    with dummy.GraceDb(path) as client:
        client.write_log("G1", "a word")
        client.logs("G1").json()


def scratches_stay_flat() -> list[Figure]:
    """CPU of a client's first write over a scratch, and of a test that writes once and reads once."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_tape(Path(folder) / f"{events}.tape", events) for events in SIZES)
        base, grown, whole = (
            _ms(lambda: _first_write(small)),
            _ms(lambda: _first_write(large)),
            _ms(lambda: _write_and_read(small)),
        )
    name = f"scratch and first write over {SIZES[1]:,} events"
    return [
        Figure(name, f"{grown:.1f} ms", f"{base:.1f} ms over {SIZES[0]}", grown / base, "≤ 1.5"),
        Figure("a test of one write and one read", f"{whole:.1f} ms", "25 ms", whole / 25, "≤ 1"),
    ]
