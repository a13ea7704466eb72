"""How a running listener does: a small file that the parent writes and `listen status` reads, and the Prometheus figures."""

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge

from gracetape.errors import ListenError
from gracetape.listen import figures
from gracetape.listen.configuration import Configuration
from gracetape.listen.handle import Handle

#: Per child: name of the figure, what it is, and where it comes from.
_FIGURES: dict[str, tuple[str, Callable[[Handle], float]]] = {
    "alerts": ("alerts heard by the child since its start", lambda handle: handle.report.alerts),
    "tasks": ("tasks done since its start", lambda handle: handle.report.tasks),
    "errors": (
        "exceptions of plug-in and tasks, and messages that are no alerts, since its start",
        lambda handle: handle.report.errors,
    ),
    "queue_length": ("items that wait", lambda handle: handle.report.queue),
    "restarts": ("restarts after a death", lambda handle: handle.restarted),
    "up": ("1 if the process runs", lambda handle: int(handle.alive)),
}


class Status:
    """What the parent knows. `refusing`: why nothing is accepted just now."""

    def __init__(self, configuration: Configuration) -> None:
        self.accepted = 0
        self.refusing: str | None = None
        self._path = configuration.status_file
        self._started = time.time()
        self._registry = CollectorRegistry()
        self._total = Gauge("gracetape_accepted", "messages accepted since the start", registry=self._registry)
        self._refusing = Gauge("gracetape_refusing", "1 while nothing can be accepted", registry=self._registry)
        self._gauges = {
            name: Gauge(f"gracetape_child_{name}", what, ["child"], registry=self._registry)
            for name, (what, _) in _FIGURES.items()
        }
        if configuration.prometheus is not None:
            try:
                figures.serve(self._registry, configuration.prometheus)
            except OSError as error:
                raise ListenError(f"port {configuration.prometheus} for Prometheus: {error.strerror}") from error

    def write(self, handles: Sequence[Handle], running: bool = True) -> None:
        """Write the file anew, whole or not at all; a full disk is no reason to stop."""
        self._total.set(self.accepted)
        self._refusing.set(int(self.refusing is not None))
        for handle in handles:
            for name, (_, read) in _FIGURES.items():
                self._gauges[name].labels(handle.name).set(read(handle))
        record = {
            "pid": os.getpid(),
            "running": running,
            "started": self._started,
            "written": time.time(),
            "accepted": self.accepted,
            "refusing": self.refusing,
            "children": [_child(handle) for handle in handles],
        }
        new = self._path.with_name(self._path.name + ".new")
        with suppress(OSError):
            new.write_text(json.dumps(record))
            os.replace(new, self._path)


def _child(handle: Handle) -> dict[str, Any]:
    child, report = handle.brief.child, asdict(handle.report)
    states = report.pop("states") or {}
    return {
        "name": handle.name,
        "process_type": child.process_type,
        "nodes": list(child.nodes),
        "pid": handle.process.pid if handle.process is not None and handle.alive else None,
        "state": "given up" if handle.given_up else "runs" if handle.alive else "down",
        "restarts": handle.restarted,
        **report,
        "states": states,
    }


def read_status(path: Path) -> dict[str, Any]:
    """What a listener last told, with `running` true only if its process is there; ListenError if none ever told."""
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ListenError(f"no listener of this configuration has run yet ({path} is not there)") from None
    except (OSError, ValueError) as error:
        raise ListenError(f"{path} cannot be read: {error}") from error
    record["running"] = bool(record.get("running")) and Path(f"/proc/{record['pid']}").exists()
    for child in [] if record["running"] else record["children"]:
        child["pid"] = None
        if child["state"] == "runs":  # a listener that was killed could not tell
            child["state"] = "down"
    return record
