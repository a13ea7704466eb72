"""Distributions of seconds as they are written on a command line: `2`, `uniform(0, 5)`, `lognormal(0, 1)`."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from gracetape.errors import BadRequest

#: By name: how many parameters, their names, and how one value is drawn.
_KINDS: dict[str, tuple[str, Callable[..., float]]] = {
    "constant": ("seconds", lambda rng, seconds: seconds),
    "uniform": ("low, high", lambda rng, low, high: rng.uniform(low, high)),
    "normal": ("mean, sigma", lambda rng, mean, sigma: rng.gauss(mean, sigma)),
    "lognormal": ("mu, sigma", lambda rng, mu, sigma: rng.lognormvariate(mu, sigma)),
    "exponential": ("mean", lambda rng, mean: rng.expovariate(1 / mean) if mean else 0.0),
}
_CALL = re.compile(r"\s*(?P<name>[a-z]+)\s*\((?P<values>[^()]*)\)\s*")


@dataclass(frozen=True)
class Distribution:
    """A distribution of seconds; what is drawn below 0 becomes 0. `lognormal(mu, sigma)`: those of the logarithm."""

    name: str
    values: tuple[float, ...]

    def draw(self, rng: random.Random) -> float:
        """One value in seconds."""
        return max(0.0, _KINDS[self.name][1](rng, *self.values))


def parse_distribution(text: str) -> Distribution:
    """Read `2`, `uniform(0, 5)` and the like; BadRequest with what can be written for anything else."""
    match = _CALL.fullmatch(text)
    name, written = (match["name"], match["values"]) if match else ("constant", text)
    try:
        values = tuple(float(value) for value in written.split(","))
    except ValueError:
        values = ()
    right = name in _KINDS and len(values) == len(_KINDS[name][0].split(","))
    if not right or not all(math.isfinite(value) and value >= 0 for value in values if name != "lognormal"):
        known = ", ".join(f"{kind}({names})" for kind, (names, _) in _KINDS.items() if kind != "constant")
        raise BadRequest(f"{text!r} is no delay: write seconds, or one of {known}")
    if not all(math.isfinite(value) for value in values):
        raise BadRequest(f"{text!r} is no delay: its numbers must be finite")
    return Distribution(name, values)
