"""Reads a listener's configuration: an INI file as lvalert_listenMP had it, or TOML; every mistake is one sentence."""

import configparser
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gracetape.errors import BadConfiguration
from gracetape.ini_errors import ini_error
from gracetape.listen.options import CHILD, GENERAL, LISTENER, Option
from gracetape.listen.plugins import Sections, find_plugin
from gracetape.plain_text import cut, plain

#: The section of the main file that is about the listener itself, unless it names a child's configuration.
ITSELF = "listener"


@dataclass(frozen=True)
class Child:
    """One child process: which nodes it gets, what it does with alerts, and where it keeps things. Times are seconds."""

    name: str
    nodes: tuple[str, ...]
    file: Path
    verbose: bool
    print_to_stdout: bool
    sleep: float
    max_complete: int
    max_frac: float
    warn_threshold: float
    warn_delay: float
    max_warn: int
    recipients: tuple[str, ...]
    checkpoint: Path | None
    checkpoint_every: float
    process_type: str
    log_directory: Path
    log_level: int
    gracedb: str
    speed: float
    heartbeat: Path | None
    sections: Sections = field(repr=False)

    @property
    def log_file(self) -> Path:
        """The child's own log."""
        return self.log_directory / f"{file_name(self.name)}.log"


@dataclass(frozen=True)
class Configuration:
    """A listener: its children, and what it does itself. Times are seconds."""

    path: Path
    children: tuple[Child, ...]
    source: str | None
    commands: bool
    smtp: str
    sender: str | None
    log_directory: Path
    accepted: Path | None
    stop_limit: float
    restarts: int
    prometheus: int | None

    def __repr__(self) -> str:
        return f"<Configuration {cut(plain(str(self.path)), 60)}: {len(self.children)} children>"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every node that some child gets."""
        return tuple(dict.fromkeys(node for child in self.children for node in child.nodes))

    @property
    def status_file(self) -> Path:
        """Where the running listener tells how it does."""
        return self.log_directory / "listener.status.json"


def file_name(name: str) -> str:
    """A name as part of a file's name."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "_"


def read_configuration(path: str | Path) -> Configuration:
    """The configuration in a file; BadConfiguration if it is missing, malformed or makes no sense."""
    path = Path(path)
    tables = _tables(path)
    itself = tables.pop(ITSELF) if "childconfig" not in tables.get(ITSELF, {"childconfig": ""}) else {}
    if not tables:
        raise BadConfiguration(f"{path}: there is no child: add a section with nodes and childConfig")
    if "process_type" in tables.get("general", {}):
        raise BadConfiguration(
            f"{path} is a child's own file (its [general] says process_type): give the listener's file, with a section "
            f"for each child, in which nodes and childConfig = {path.name} stand"
        )
    children = tuple(_child(path, name, table) for name, table in tables.items())
    if twice := _first_twice([file_name(child.name) for child in children]):
        raise BadConfiguration(f"{path}: two children would write the same log {twice}.log: give them other names")
    if twice := _first_twice([str(child.checkpoint.resolve()) for child in children if child.checkpoint]):
        raise BadConfiguration(f"{path}: two children have the same checkpoint {twice}: each needs its own")
    values = _read(path, ITSELF, itself, LISTENER)
    values["log_directory"] = values["log_directory"] or children[0].log_directory
    durable = [child.checkpoint for child in children if child.checkpoint]
    if durable and values["accepted"] is None:
        values["accepted"] = durable[0].with_name(f"{path.stem}.accepted.sqlite")
    return Configuration(path=path, children=children, **values)


def _child(path: Path, name: str, table: Mapping[str, Any]) -> Child:
    own = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    options = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if "executable" in options:
        raise BadConfiguration(
            f"{path}, section [{name}]: `executable` is of the old lvalert_listen: use `listen once --node {name} --exec PROGRAM`"
        )
    values = _read(path, name, options, CHILD)
    if not values["nodes"]:
        raise BadConfiguration(f"{path}, section [{name}]: nodes is missing: name the nodes that this child gets")
    file: Path | None = values["file"]
    if file is None and not own:
        raise BadConfiguration(f"{path}, section [{name}]: childConfig is missing: name the child's own file")
    where = path
    if file is not None:
        where = file if file.is_absolute() or not (path.parent / file).exists() else path.parent / file
        if not where.exists():
            raise BadConfiguration(f"{path}, section [{name}]: childConfig {where}: No such file or directory")
        own = {**_tables(where), **own}
    values["file"] = where
    if "process_type" not in own.get("general", {}):
        raise BadConfiguration(
            f"{where}, section [general]: process_type is missing: name the plug-in that hears the alerts"
        )
    general = _read(where, "general", own["general"], GENERAL)
    try:
        find_plugin(general["process_type"], where.parent.resolve()).check(own)
    except ValueError as error:
        raise BadConfiguration(f"{where}: {error}") from error
    return Child(name=name, sections=own, **values, **general)


def _read(path: Path, section: str, table: Mapping[str, str], options: Mapping[str, Option]) -> dict[str, Any]:
    if unknown := [key for key in table if key not in options]:
        raise BadConfiguration(
            f"{path}, section [{section}]: there is no option {unknown[0]!r}: known are {', '.join(options)}"
        )
    values = {}
    for key, option in options.items():
        try:
            values[option.field] = option.read(table[key]) if key in table else option.default
        except ValueError:
            raise BadConfiguration(
                f"{path}, section [{section}]: {key} must be {option.wants}, not {table[key]!r}"
            ) from None
    return values


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    """Section → option (lower case) → text. In TOML, children are the tables of `[children]`."""
    try:
        text = path.read_text(encoding="utf-8")
        return _toml(path, text) if path.suffix == ".toml" else _ini(path, text)
    except OSError as error:
        raise BadConfiguration(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfiguration(f"{path} is no text in UTF-8") from None
    except configparser.Error as error:
        raise BadConfiguration(f"{path}: {ini_error(error)}") from None


def _ini(path: Path, text: str) -> dict[str, dict[str, Any]]:
    parser = configparser.ConfigParser(strict=False, inline_comment_prefixes=(";",))
    parser.read_string(text, source=str(path))
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _toml(path: Path, text: str) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and what Python says of numbers with too many digits
        raise BadConfiguration(f"{path}: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise BadConfiguration(f"{path} is nested too deeply") from None
    children = tables.pop("children", {})
    for name, table in {**tables, **children}.items():
        if not isinstance(table, dict):
            raise BadConfiguration(f"{path}: {name} must be a table, not {table!r}")
    return {name: _texts(table) for name, table in {**tables, **children}.items()}


def _texts(table: Mapping[str, Any]) -> dict[str, Any]:
    """A TOML table with its values as INI would give them."""
    as_text = {bool: lambda v: str(v).lower(), list: lambda v: " ".join(map(str, v)), dict: _texts}
    return {key.lower(): as_text.get(type(value), str)(value) for key, value in table.items()}


def _first_twice(names: list[str]) -> str | None:
    return next((name for i, name in enumerate(names) if name in names[:i]), None)
