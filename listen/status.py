"""How a running listener does: a small file that the parent writes and `listen status` reads, and the Prometheus figures."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gracetape.errors import ListenError
from gracetape.installing import hint
from gracetape.listen.configuration import Configuration
from gracetape.listen.handle import Handle

TYPE_CHECKING = False  # as typing's, whose import costs more
if TYPE_CHECKING:
    from gracetape.listen.figures import Figures


class Status:
    """What the parent knows. `refusing`: why nothing is accepted just now."""

    def __init__(self, configuration: Configuration) -> None:
        self.accepted = 0
        self.refusing: str | None = None
        self._path = configuration.status_file
        self._started = time.time()
        self._figures = _served(configuration.prometheus) if configuration.prometheus is not None else None

    def write(self, handles: Sequence[Handle], running: bool = True) -> None:
        """Write the file anew, whole or not at all; a full disk is no reason to stop."""
        if self._figures is not None:
            self._figures.tell(self.accepted, self.refusing is not None, handles)
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


def _served(port: int) -> "Figures":
    """The figures for Prometheus; ListenError if its package is not installed, or the port cannot be had."""
    try:
        from gracetape.listen.figures import Figures
    except ModuleNotFoundError as error:
        raise ListenError(f"figures for Prometheus need the package {error.name}: {hint('prometheus')}") from None
    try:
        return Figures(port)
    except OSError as error:
        raise ListenError(f"port {port} for Prometheus: {error.strerror}") from error


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
