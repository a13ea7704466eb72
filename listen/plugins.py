"""Which plug-in a process type means, and what plug-ins are given to work with."""

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gracetape.errors import BadConfiguration
from gracetape.lazy import entry_points
from gracetape.listen.alert import Alert
from gracetape.listen.logs import AlertLog
from gracetape.listen.queue import Queue, QueueItem, Task

#: Other packages add plug-ins as entry points of this group, named by their process type.
ENTRY_POINTS = "gracetape.listen"

#: The plug-ins that come along.
SHIPPED = {"test": "gracetape.listen.printing:plugin", "checks": "gracetape.listen.checks.plugin:plugin"}

#: A child's own configuration: section → option (lower case) → value.
Sections = Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class Context:
    """What a plug-in has at hand while it hears an alert or does a task.

    `sections` is the child's own configuration, `log` carries the alert's id, `now` is unix seconds. `item` is the one
    whose task is being done (None while an alert is heard).
    """

    sections: Sections
    queue: Queue
    log: AlertLog
    now: float
    memories: "Memories"
    item: QueueItem | None = None
    open_gracedb: Callable[[], Any] = field(default=lambda: None, repr=False)
    send_mail: Callable[[str, str, str], object] = field(default=lambda subject, body, alert_id: None, repr=False)

    def __repr__(self) -> str:
        return f"<Context at {self.now:.3f}, {len(self.queue)} waiting>"

    @property
    def key(self) -> str:
        """A text that stays the same when a task is done again after a kill; '' while an alert is heard."""
        if self.item is None:
            return ""
        task = self.item.tasks[0]
        return task.key or f"{self.item.alert_id}/{self.item.number}/{task.name}"

    def mail(self, subject: str, body: str) -> None:
        """Mail the child's recipients."""
        self.send_mail(subject, body, self.log.alert_id)

    @property
    def gracedb(self) -> Any:
        """The client that the configuration names under `[general] gracedb`: a server's or a dummy's."""
        return self.open_gracedb()

    def option(self, section: str, name: str, default: str = "") -> str:
        """An option of the child's own configuration."""
        return self.sections.get(section, {}).get(name.lower(), default)

    def add(self, graceid: str, tasks: list[Task], name: str = "item") -> QueueItem:
        """Add an item whose timeouts count from now (an alert's arrival, or the moment that a task was due)."""
        return self.queue.add(QueueItem(name, tasks, graceid, self.now, self.log.alert_id), self.now)

    def memory(self, graceid: str) -> dict[str, Any]:
        """A JSON object per GraceID, kept with the queue: what is put into it outlives the process."""
        return self.memories.of(graceid)


@dataclass
class PlugIn:
    """A process type. `hear` is given each alert; `tasks` are the functions that tasks name.

    A task's function may return a number: it is done again that many seconds later. `check` looks at the configuration
    before anything starts and raises ValueError, with a sentence, if it makes no sense. `states` sums up a memory for
    `listen status`: what is checked → ok, failed, pending, late, …
    """

    hear: Callable[[Alert, Queue, Context], object]
    tasks: Mapping[str, Callable[[Task, Context], float | None]] = field(default_factory=dict)
    check: Callable[[Sections], object] = lambda sections: None
    states: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda memory: {}

    def __repr__(self) -> str:
        return f"<PlugIn with {len(self.tasks)} tasks>"


class Memories:
    """What plug-ins keep per GraceID. Those looked at since the last commit are in `touched`; few others stay in memory."""

    def __init__(self, load: Callable[[str], dict[str, Any] | None] = lambda graceid: None, most: int = 1000) -> None:
        self._load, self._most = load, most
        self.kept: dict[str, dict[str, Any]] = {}
        self.touched: set[str] = set()

    def of(self, graceid: str) -> dict[str, Any]:
        """The memory of a GraceID, as it was left."""
        if not isinstance(graceid, str):
            raise TypeError(f"a memory is kept by GraceID, a text, not {graceid!r}")
        self.touched.add(graceid)
        memory = self.kept.pop(graceid, None)
        if memory is None:
            memory = self._load(graceid) or {}
        self.kept[graceid] = memory
        return memory

    def committed(self) -> None:
        """All of it is on disk: what was not looked at for long can be read from there."""
        self.touched.clear()
        while len(self.kept) > self._most:
            del self.kept[next(iter(self.kept))]


def known() -> list[str]:
    """The process types that can be named here."""
    return sorted({*SHIPPED, *(entry.name for entry in entry_points(group=ENTRY_POINTS))})


def find_plugin(process_type: str, folder: Path | None = None) -> PlugIn:
    """The plug-in of a process type, or at a module path `MODULE` or `MODULE:NAME` (also of modules in `folder`).

    Raises BadConfiguration, with the names known, if there is none.
    """
    for entry in entry_points(group=ENTRY_POINTS, name=process_type):
        try:
            return _as_plugin(entry.load(), process_type)
        except (Exception, SystemExit) as error:
            raise _unloadable(process_type, error) from error
    module, _, name = SHIPPED.get(process_type, process_type).partition(":")
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
    unknown = BadConfiguration(
        f"there is no process_type {process_type!r}: known are {', '.join(known())}, or a module path such as "
        "my_package.my_plugin"
    )
    if not all(part.isidentifier() for part in module.split(".")):
        raise unknown
    try:
        found = getattr(importlib.import_module(module), name or "plugin")
    except (Exception, SystemExit) as error:
        missing = isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")
        if missing or (isinstance(error, AttributeError) and not name):
            raise unknown from error
        raise _unloadable(process_type, error) from error
    return _as_plugin(found, process_type)


def _unloadable(process_type: str, error: BaseException) -> BadConfiguration:
    if isinstance(error, BadConfiguration):
        return error
    return BadConfiguration(f"the plug-in of process_type {process_type!r} cannot be loaded: {error!r}")


def _as_plugin(found: object, process_type: str) -> PlugIn:
    if not isinstance(found, PlugIn):
        raise BadConfiguration(f"the process_type {process_type!r} is no listen.PlugIn, but a {type(found).__name__}")
    return found
