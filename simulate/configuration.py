"""Reads configurations: which pipeline's event, and which stages with which options; old INI files as they are, and TOML."""

import configparser
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from gracetape.errors import SimulateError
from gracetape.ini_errors import ini_error
from gracetape.pipelines import pipeline_of
from gracetape.plain_text import cut
from gracetape.shown import printable
from gracetape.simulate.life import StageRow
from gracetape.simulate.options import Option, Options, plain, read_section
from gracetape.simulate.pipelines import check, pipeline_named, simulated
from gracetape.simulate.stages import stages

Sections = dict[str, dict[str, Any]]

GENERAL = (
    Option("group", "Test", "the event's group; any but Test needs --unsafe on a real server"),
    Option("pipeline", "gstlal", "the pipeline; old names are understood"),
    Option("search", "", "the search; none if empty"),
    Option("weight", 1.0, "how often this configuration is taken, against the others of a stream"),
)
_SHIPPED = files("gracetape.simulate") / "configurations"
_INI = (".ini", ".cfg", ".conf")


@dataclass(frozen=True)
class Configuration:
    """One kind of event: `sections` are the options of the stages that it has, by the stages' names as compared."""

    name: str
    group: str
    pipeline: str
    search: str | None
    weight: float
    sections: Mapping[str, Options]

    def __repr__(self) -> str:
        return f"<Configuration {cut(printable(self.name), 40)}: {len(self.sections)} stages>"


def shipped() -> list[str]:
    """The names of the configurations that come along."""
    return sorted(entry.name.removesuffix(".toml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".toml"))


def offered() -> list[str]:
    """Every name that stands for a configuration: of one that comes along, and of a pipeline whose event is made up without one."""
    come_along = shipped()
    alone = [row.name for row in simulated() if row.name.lower() not in come_along]
    return sorted([*come_along, *alone], key=str.lower)


def shipped_text(name: str) -> str:
    """The text of a configuration that comes along, or of a pipeline's event alone. SimulateError if there is none of that name."""
    if (found := name.lower()) in shipped():
        return (_SHIPPED / f"{found}.toml").read_text(encoding="utf-8")
    row = pipeline_of(name)
    if row is None or row.make is None:
        close = get_close_matches(name, offered(), 1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise SimulateError(
            f"no configuration {name!r}: no such file, and none of that name comes along ({', '.join(offered())}){meant}"
        )
    return f'[general]\ngroup = "Test"\npipeline = "{row.name}"\nsearch = "{next(iter(row.searches), "")}"\n'


def read_configuration(name: str) -> Configuration:
    """The configuration in a file (INI or TOML), or the one of that name that comes along.

    SimulateError, naming file, section, option and value, if something in it is wrong.
    """
    path = Path(name)
    if not path.exists() and not path.suffix:
        return parse(name, shipped_text(name), ini=False)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SimulateError(
            f"cannot read the configuration {name}: {getattr(error, 'strerror', None) or error}"
        ) from None
    return parse(name, text, ini=path.suffix.lower() in _INI)


def parse(name: str, text: str, *, ini: bool) -> Configuration:
    """The configuration that a text means; `name` is what errors call it."""
    sections = _ini(name, text) if ini else _toml(name, text)
    general = {key: values for key, values in sections.items() if plain(key) == "general"}
    if not general:
        raise SimulateError(f"{name}: there is no section [general], which names group and pipeline")
    about = read_section(f"{name}: [general]", GENERAL, next(iter(general.values())))
    try:
        pipeline = pipeline_named(str(about["pipeline"]))
        search = str(about["search"]) or None
        check(pipeline, str(about["group"]), search)
    except SimulateError as error:
        raise SimulateError(f"{name}: [general]: {error}") from None
    chosen = _stages(name, {key: values for key, values in sections.items() if key not in general})
    return Configuration(name, str(about["group"]), pipeline.name, search, float(about["weight"]), chosen)  # type: ignore[arg-type]


def _stages(name: str, sections: Sections) -> dict[str, Options]:
    known = stages()
    chosen: dict[str, Options] = {}
    named: set[str] = set()
    for section, given in sections.items():
        row = known.get(plain(section))
        if row is None:
            continue
        values = read_section(f"{name}: [{section}]", row.options, given)
        flags: dict[str, Options] = {}
        for flag in values.get("flags", ()) if row.flags else ():  # type: ignore[union-attr]
            if flag not in sections:
                raise SimulateError(f"{name}: [{section}] flags = {flag}: there is no section [{flag}]")
            flags[flag] = Options(read_section(f"{name}: [{flag}]", row.flags, sections[flag]), {})
        named |= flags.keys()
        chosen[plain(section)] = Options(values, flags)
    for section in sections:
        if plain(section) not in known and section not in named:
            raise SimulateError(
                f"{name}: there is no stage [{section}]: use {', '.join(row.section for row in known.values())}"
            )
    _complete(name, chosen, known)
    return chosen


def _complete(name: str, chosen: dict[str, Options], known: Mapping[str, StageRow]) -> None:
    """Add what is always there, and what signoffs need."""
    chosen.setdefault("uploads", defaults(known["uploads"]))
    humans = chosen.get("humans")
    if humans is not None and humans.truth("respond"):
        if not humans.truth("request"):
            raise SimulateError(f"{name}: [humans] respond = true: a signoff must be asked for: set request = true too")
        chosen.setdefault("superevent", defaults(known["superevent"]))  # signoffs are given to superevents alone


def defaults(row: StageRow) -> Options:
    """A stage's options as they are when nothing is said."""
    return Options({option.name: option.default for option in row.options}, {})


def _ini(name: str, text: str) -> Sections:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise SimulateError(f"{name} is not an INI file: {ini_error(error)}") from None
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _toml(name: str, text: str) -> Sections:
    try:
        found = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and what Python says of numbers with too many digits
        raise SimulateError(f"{name} is not a TOML file: {error}") from None
    except RecursionError:
        raise SimulateError(f"{name} is not a TOML file: it is nested too deeply") from None
    if stray := [key for key, value in found.items() if not isinstance(value, dict)]:
        raise SimulateError(f"{name}: {stray[0]} = {found[stray[0]]}: options stand in sections, such as [general]")
    return found
