"""One measured figure."""

import re
from dataclasses import dataclass

_CLAIM = re.compile(r"(<=|≤|>=|≥) ([0-9.]+)")


@dataclass
class Figure:
    """`measured` and `against` as text with units; `ratio` of the two; `claim` what the project says of it."""

    name: str
    measured: str
    against: str
    ratio: float
    claim: str

    @property
    def misses(self) -> bool:
        """Whether the ratio is not what is claimed of it; claims in other words (`2 s more`) are for the reader."""
        found = _CLAIM.fullmatch(self.claim.strip())
        if found is None:
            return False
        return self.ratio > float(found[2]) if found[1] in ("<=", "≤") else self.ratio < float(found[2])
