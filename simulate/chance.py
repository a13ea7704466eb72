"""Delays and chances of a step, and how they are drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass(frozen=True)
class Timing:
    """A step that comes after `delay` seconds on average, spread by `jitter` (one standard deviation), with chance `prob`."""

    delay: float
    jitter: float = 0.0
    prob: float = 1.0

    def draw(self, rng: "Generator") -> float:
        """Seconds, normally distributed, never negative."""
        return max(0.0, float(rng.normal(self.delay, self.jitter)))

    def happens(self, rng: "Generator") -> bool:
        """Whether the step happens at all."""
        return happens(rng, self.prob)


def happens(rng: "Generator", prob: float) -> bool:
    """True with chance `prob`."""
    return float(rng.random()) < prob


def seed(rng: "Generator") -> int:
    """A seed for a file that is made later."""
    return int(rng.integers(2**63))
