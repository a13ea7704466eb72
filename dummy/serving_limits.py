"""What a served dummy bears of its clients: one table, which docs/security.md shows and the server obeys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServingLimits:
    """Times in seconds, sizes in bytes. Whoever goes beyond one of them loses its connection, and nobody else notices."""

    header_s: float = 10.0  # for the head of a request
    idle_s: float = 75.0  # between two requests
    grace_s: float = 10.0  # for a body or an answer; longer only while it moves at `slowest`
    slowest: float = 1024.0  # bytes per second, on the whole
    header_bytes: int = 64 << 10
    body_bytes: int = 16 << 30  # of one request
    connections: int = 4000  # at once
    stop_s: float = 5.0  # for requests that are being answered when it is told to stop


LIMITS = ServingLimits()
