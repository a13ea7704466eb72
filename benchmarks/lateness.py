"""How late a replay's messages are, against a bare `time.sleep` for the same deadlines."""

import time
from datetime import UTC, datetime, timedelta

from benchmarks.figure import Figure
from gracetape import replay
from gracetape.archive import Alert

_COUNT = 400


def _alerts(spacing: float) -> list[Alert]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Alert(start + timedelta(seconds=i * spacing), "G1", "G1", "log", {}, {}, i, ("cbc_gstlal",), "", "event")
        for i in range(_COUNT)
    ]


def percentiles(late: list[float]) -> tuple[float, float, float]:
    """p50, p99 and the greatest."""
    ordered = sorted(late)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1]


def _replayed(speed: float, spacing: float) -> list[float]:
    player = replay.Player(_alerts(spacing), replay.ScaledClock(speed))
    late, start = [], None
    for i, _ in enumerate(player):
        now = time.perf_counter()
        start = now if start is None else start
        late.append(now - start - i * spacing / speed)
    return late


def slept(interval: float, count: int = _COUNT) -> list[float]:
    """Lateness (s) of bare sleeps to deadlines `interval` seconds apart."""
    start, late = time.perf_counter(), []
    for i in range(count):
        wait = start + i * interval - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        late.append(time.perf_counter() - start - i * interval)
    return late


def lateness_against_bare_sleep() -> list[Figure]:
    """p50, p99 and the greatest lateness of messages 5 ms apart, at speed 1 and 100."""
    figures = []
    for speed in (1.0, 100.0):
        ours = percentiles(_replayed(speed, 0.005 * speed))
        bare = percentiles(slept(0.005))
        for name, mine, theirs in zip(("p50", "p99", "max"), ours, bare, strict=True):
            figures.append(
                Figure(
                    f"lateness {name} at speed {speed:g}",
                    f"{mine * 1e3:.3f} ms",
                    f"{theirs * 1e3:.3f} ms, bare sleep",
                    mine / theirs if theirs > 0 else 1.0,
                    "told",
                )
            )
    return figures
