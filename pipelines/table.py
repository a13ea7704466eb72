"""The table of pipelines: what every file of this room names in `PIPELINES`, and what other packages add."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import gracetape.pipelines as room
from gracetape.lazy import entry_points
from gracetape.pipelines.pipeline import Attributes, MoveTimes, Pipeline

#: Other packages add pipelines as entry points of this group; each loads a Pipeline.
ENTRY_POINTS = "gracetape.pipelines"

_added: list[Pipeline] = []


@cache
def pipelines() -> Mapping[str, Pipeline]:
    """Every pipeline by its name as servers write it: those of this room's files, those of other packages, those added."""
    modules = sorted(found.name for found in iter_modules(room.__path__) if not found.ispkg)
    rows = [row for name in modules for row in getattr(import_module(f"{room.__name__}.{name}"), "PIPELINES", ())]
    rows += [entry.load() for entry in entry_points(group=ENTRY_POINTS)]
    return {row.name: row for row in (*rows, *_added)}


def pipeline_of(name: str) -> Pipeline | None:
    """The pipeline of that name, in any case, or of that name of old; None if there is none."""
    found = pipelines()
    return found.get(name) or found.get(_canonical().get(name.lower(), ""))


@cache
def _canonical() -> Mapping[str, str]:
    """A name in lower case -> as servers write it; of two that differ in case only, the first that can be made up."""
    rows = sorted(pipelines().values(), key=lambda row: row.make is None)
    names: dict[str, str] = {}
    for row in rows:
        for name in (row.name, *row.also):
            names.setdefault(name.lower(), row.name)
    return names


@cache
def attribute_tables() -> tuple[Attributes, ...]:
    """Every table of attributes that events of some pipeline have, each once."""
    return tuple({table.name: table for row in pipelines().values() for table in row.attributes}.values())


@cache
def movers() -> tuple[MoveTimes, ...]:
    """Every way to move the times in a file, each once."""
    return tuple(dict.fromkeys(row.move_times for row in pipelines().values() if row.move_times is not None))


def add_pipeline(row: Pipeline) -> Callable[[], None]:
    """Let a pipeline stand in the table too, in the place of one of its name; calling what is given back takes it out again."""
    _added.append(row)
    _forget()

    def remove() -> None:
        _added.remove(row)
        _forget()

    return remove


def _forget() -> None:
    for known in (pipelines, _canonical, attribute_tables, movers):
        known.cache_clear()
