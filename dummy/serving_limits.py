"""What a served dummy bears of its clients: one table, which docs/security.md shows and the server obeys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServingLimits:
    """Whoever goes beyond one of them loses its connection, and nobody else notices."""

    header_s: float = 10.0  # seconds for the head of a request
    idle_s: float = 75.0  # seconds between two requests
    grace_s: float = 10.0  # seconds: the span over which the speed of a body or an answer is looked at
    slowest: float = 1024.0  # bytes per second at which it must come, or be taken, in each such span
    header_bytes: int = 64 << 10  # of a request
    body_bytes: int = 16 << 30  # of a request
    connections: int = 4000  # at once; others wait
    stop_s: float = 2.5  # seconds that a stop waits for requests that are being answered


LIMITS = ServingLimits()
