"""Runs a plug-in on messages in no time: their own times are the clock, deadlines between them are kept. For its tests."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gracetape.listen.accepted import Message
from gracetape.listen.configuration import Child
from gracetape.listen.journal import Journal
from gracetape.listen.logs import DEBUG, AlertLog, LogFile
from gracetape.listen.options import CHILD, GENERAL
from gracetape.listen.plugins import PlugIn, find_plugin
from gracetape.listen.worker import Worker


@dataclass
class Rehearsal:
    """What a rehearsal left: log lines, states per GraceID, memories, and the counts of what happened."""

    lines: list[str] = field(default_factory=list)
    states: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    mails: list[tuple[str, str]] = field(default_factory=list)
    alerts: int = 0
    tasks: int = 0
    errors: int = 0

    def __repr__(self) -> str:
        return f"<Rehearsal of {self.alerts} alerts, {self.tasks} tasks, {self.errors} errors>"


class _Lines(LogFile):
    """Stands where the log file stands, and keeps the lines."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(None)
        self._kept = lines

    def put(self, text: str) -> None:
        self._kept += text.splitlines()


class _Mails:
    """Stands where the mailer stands, and keeps what it is given."""

    def __init__(self, sent: list[tuple[str, str]]) -> None:
        self._sent = sent

    def send(self, recipients: Sequence[str], subject: str, body: str, alert_id: str = "-") -> None:
        self._sent.append((subject, body))


def rehearse(
    plugin: PlugIn | str,
    messages: Iterable[Mapping[str, Any]],
    sections: Mapping[str, Mapping[str, str]] | None = None,
    *,
    until: float | None = None,
    gracedb: Any = None,
) -> Rehearsal:
    """Let a plug-in hear messages (records with `time` or `offset`, `node` and `payload`, as a replay writes them).

    Deadlines fall between the messages where they belong, and after the last one until `until` (unix seconds; None: all of
    them, which a task that repeats itself never lets end). `gracedb` is the client that the plug-in gets. Nothing sleeps.
    """
    done = Rehearsal()
    found = find_plugin(plugin) if isinstance(plugin, str) else plugin
    records = list(messages)
    with tempfile.TemporaryDirectory() as folder:
        child = _child(Path(folder), sections or {}, tuple(dict.fromkeys(str(record["node"]) for record in records)))
        moment = [0.0]
        journal = Journal(Path(":memory:"))
        worker = Worker(
            child, found, journal, AlertLog(_Lines(done.lines), DEBUG), _Mails(done.mails), clock=lambda: moment[0]
        )
        worker.use_client(gracedb)
        for number, record in enumerate(records, 1):
            _perform(worker, moment, max(moment[0], _time(record)), strictly=True)
            moment[0] = max(moment[0], _time(record))
            text = json.dumps(record["payload"])
            worker.hear(Message(number, f"message{number}", str(record["node"]), moment[0], text))
            worker.commit()
        _perform(worker, moment, until)
        worker.commit()
        done.states, done.memories = worker.states(len(records) + 1), dict(worker.memories.kept)
        worker.log.file.flush()
        journal.close()
    return replace(done, alerts=worker.alerts, tasks=worker.tasks, errors=worker.errors)


def _perform(worker: Worker, moment: list[float], until: float | None, strictly: bool = False) -> None:
    """Do what is due up to `until` (`strictly`: before it), each at its own moment."""
    while worker.queue:
        deadline = worker.queue.next_deadline
        if until is not None and (deadline > until or (strictly and deadline == until)):
            break
        moment[0] = max(moment[0], deadline)
        worker.perform()


def _time(record: Mapping[str, Any]) -> float:
    """Unix seconds of a message; with `offset` (seconds since the first) to the fraction."""
    if "time" not in record:
        return float(record["offset"])
    return datetime.fromisoformat(str(record["time"])).timestamp()


def _child(folder: Path, sections: Mapping[str, Mapping[str, str]], nodes: tuple[str, ...]) -> Child:
    """A child with every option at its default, but for those in `sections`."""
    own = {name: {key.lower(): value for key, value in table.items()} for name, table in sections.items()}
    values = {option.field: option.default for option in {**CHILD, **GENERAL}.values()}
    for key, text in own.get("general", {}).items():
        values[GENERAL[key].field] = GENERAL[key].read(text)
    values.update(nodes=nodes, file=folder / "rehearsal", recipients=("rehearsal@localhost",), log_directory=folder)
    return Child(name="rehearsal", sections=own, **{**values, "process_type": values["process_type"] or "rehearsal"})
