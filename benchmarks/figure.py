"""One measured figure."""

from dataclasses import dataclass


@dataclass
class Figure:
    """`measured` and `against` as text with units; `ratio` of the two; `claim` what the project says of it."""

    name: str
    measured: str
    against: str
    ratio: float
    claim: str
