"""Options of a stage: their names, defaults and meanings, and how texts of a configuration become values."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gracetape.errors import SimulateError
from gracetape.plain_text import cut
from gracetape.shown import printable
from gracetape.simulate.chance import Timing

Value = float | bool | str | tuple[str, ...]

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def plain(name: str) -> str:
    """A section's or option's name as it is compared: `start_delay` and `Start Delay` are one."""
    return " ".join(name.replace("_", " ").lower().split())


@dataclass(frozen=True)
class Option:
    """One option: its default tells its type (number, truth, text, or list of words); numbers lie within `least` and `most`."""

    name: str
    default: Value
    help: str
    least: float = 0.0
    most: float = math.inf

    def read(self, given: Any) -> Value:
        """The value that is meant by a text (INI) or a value (TOML). ValueError, with the reason, if there is none."""
        if isinstance(self.default, bool):
            return _truth(given)
        if isinstance(self.default, float):
            return self._number(given)
        if isinstance(self.default, tuple):
            words = given if isinstance(given, list) else str(given).replace(",", " ").split()
            return tuple(str(word) for word in words)
        if not isinstance(given, str):
            raise ValueError("this must be a text")
        return given

    def _number(self, given: Any) -> float:
        try:
            number = math.nan if isinstance(given, bool) else float(given)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError("this must be a number")
        if not self.least <= number <= self.most:
            limits = f"at least {self.least:g}" if self.most == math.inf else f"from {self.least:g} to {self.most:g}"
            raise ValueError(f"this must be {limits}")
        return number


def _truth(given: Any) -> bool:
    found = given if isinstance(given, bool) else _TRUTHS.get(str(given).lower())
    if found is None:
        raise ValueError("this must be true or false")
    return bool(found)


def prob(name: str, default: float, help: str) -> Option:
    """A chance, from 0 to 1."""
    return Option(name, default, help, most=1.0)


def timed(step: str, delay: float, jitter: float, what: str, chance: float | None = 1.0) -> tuple[Option, ...]:
    """`STEP delay`, `STEP jitter` and `STEP prob` (unless `chance` is None); without a step, `delay` and `jitter`."""
    begin = f"{step} " if step else ""
    found = (
        Option(f"{begin}delay", float(delay), f"s, mean delay: {what}"),
        Option(f"{begin}jitter", float(jitter), "s, spread of that (one standard deviation)"),
    )
    return found if chance is None else (*found, prob(f"{begin}prob", chance, "chance that this happens"))


@dataclass(frozen=True)
class Options:
    """The options of one section, complete with defaults; `sections` are further ones that it names (segment flags)."""

    values: Mapping[str, Value]
    sections: Mapping[str, "Options"]

    def __repr__(self) -> str:
        return f"<Options {cut(printable(', '.join(self.values)), 80)}>"

    def number(self, name: str) -> float:
        return float(self.values[name])  # type: ignore[arg-type]

    def truth(self, name: str) -> bool:
        return bool(self.values[name])

    def text(self, name: str) -> str:
        return str(self.values[name])

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(self.values[name])  # type: ignore[arg-type]

    def timing(self, step: str = "", chance: str | None = None) -> Timing:
        """Delay, jitter and chance of a step; `chance` names the option of the last where it is not `STEP prob`."""
        begin = f"{step} " if step else ""
        odds = self.values.get(chance or f"{begin}prob", 1.0)
        return Timing(self.number(f"{begin}delay"), self.number(f"{begin}jitter"), float(odds))  # type: ignore[arg-type]


def read_section(where: str, known: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Value]:
    """The values of a section, defaults filled in. SimulateError, naming `where` ([section]), option and value, if one is wrong."""
    values: dict[str, Value] = {option.name: option.default for option in known}
    by_name = {plain(option.name): option for option in known}
    for name, value in given.items():
        option = by_name.get(plain(name))
        if option is None:
            raise SimulateError(f"{where}: there is no option {name!r} (= {value}): use {', '.join(_shown(known))}")
        try:
            values[option.name] = option.read(value)
        except ValueError as error:
            raise SimulateError(f"{where}: {option.name} = {value}: {error}") from None
    return values


def _shown(known: tuple[Option, ...]) -> Iterator[str]:
    return (option.name for option in known)
