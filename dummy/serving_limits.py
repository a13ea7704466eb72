"""What a served dummy bears of its clients: one table, which docs/security.md shows and the server obeys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServingLimits:
    """Times in seconds, sizes in bytes. Whoever goes beyond one of them loses its connection, and nobody else notices.

    `header_s`, `idle_s`: for the head of a request, and between two requests. `grace_s` and `slowest` (bytes per second): a body or an
    answer on its way may take `grace_s`, and longer only while it comes, or is taken, at that speed on the whole.
    """

    header_s: float = 10.0
    idle_s: float = 75.0
    grace_s: float = 10.0
    slowest: float = 1024.0
    header_bytes: int = 64 << 10
    body_bytes: int = 16 << 30
    connections: int = 4096
    stop_s: float = 5.0


LIMITS = ServingLimits()
