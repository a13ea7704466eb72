"""Follows each check of the table, per event and subject: one record of what was seen, one deadline for what is next."""

from collections.abc import Mapping
from typing import Any

from gracetape.listen.alert import Alert
from gracetape.listen.checks.check import FAILED, LATE, OK, PENDING, Check, Options, Seen, Stage
from gracetape.listen.checks.table import CHECKS
from gracetape.listen.plugins import Context, PlugIn, Sections
from gracetape.listen.queue import Queue, Task

#: Options that every check has: what is done when it fails, and the label for that.
COMMON = {"action": "log", "label": "DQV"}
ACTIONS = ("log", "label")

#: The names of a child's sections that are no checks.
_OTHERS = ("general",)


def hear(alert: Alert, queue: Queue, context: Context) -> None:
    """Let each check that the configuration has a section for see the alert."""
    for name, check in CHECKS.items():
        if name in context.sections:
            _look(name, check, alert, context)


def _look(name: str, check: Check, alert: Alert, context: Context) -> None:
    options = options_of(name, check, context.sections)
    follow = _Follow(name, check, options, alert.graceid, context)
    for subject in check.begins(alert):
        if follow.is_new(subject):
            follow.wait(subject)
    for seen in check.read(alert, options):
        follow.note(seen)
    if check.strays(alert):
        context.log.warning("%s: %s: a message does not parse: %.200s", name, alert.graceid, alert.comment)
        context.mail(f"{name}: {alert.graceid}: a message does not parse", alert.comment)


class _Follow:
    """One check of one event, while one alert is looked at or one deadline is due."""

    def __init__(self, name: str, check: Check, options: Options, graceid: str, context: Context) -> None:
        self.name, self.options, self.graceid, self.context = name, options, graceid, context
        self.stages = check.stages(options)

    def is_new(self, subject: str) -> bool:
        """Whether nothing was heard of this subject yet."""
        return self._key(subject) not in self.context.memory(self.graceid)

    def note(self, seen: Seen) -> None:
        """Take down what a message says, act on a failure, and wait for the next stage."""
        record = self._record(seen.subject)
        if seen.stage and seen.stage not in record["seen"]:
            record["seen"].append(seen.stage)
        if said := ": ".join(part for part in (seen.stage, seen.note) if part):
            self.context.log.info("%s: %s: %s", self._key(seen.subject), self.graceid, said)
        failed_before = record["failed"]
        if seen.state is not None:
            record["failed"] = seen.state == FAILED
        if seen.note:
            record["note"] = seen.note
        self.wait(seen.subject)
        if record["failed"] and not failed_before:
            self._act(seen.subject, record)

    def wait(self, subject: str) -> None:
        """Set the deadline of the first stage that was not seen, in the place of the one before."""
        record = self._record(subject)
        for item in self.context.queue.of(self.graceid):
            if item.name == self._key(subject) and item is not self.context.item:
                self.context.queue.complete(item)
        stage = next((stage for stage in self.stages if stage.name not in record["seen"]), None)
        record["state"] = FAILED if record["failed"] else OK if stage is None else PENDING
        if stage is not None:
            args = {"check": self.name, "subject": subject, "stage": stage.name}
            self.context.add(self.graceid, [Task("late", self._timeout(stage), args)], self._key(subject))

    def overdue(self, subject: str, stage: str) -> None:
        """A stage has not come in time."""
        record = self._record(subject)
        if stage in record["seen"]:
            return
        record["late"].append(stage)
        record["state"] = FAILED if record["failed"] else LATE
        first = stage == self.stages[0].name and subject
        text = f"{subject} never reported" if first and not record["seen"] else f"{stage} is late"
        record["note"] = text
        self.context.log.warning("%s: %s: %s", self._key(subject), self.graceid, text)
        self.context.mail(f"{self._key(subject)}: {self.graceid}: {text}", f"{text}\n\nseen so far: {record['seen']}")

    def _act(self, subject: str, record: Mapping[str, Any]) -> None:
        self.context.log.warning("%s: %s: failed: %s", self._key(subject), self.graceid, record["note"])
        if self.options["action"] == "label":
            label = self.options["label"]
            key = f"{self.graceid}/{self.name}/{label}"
            self.context.add(
                self.graceid, [Task("label", 0.0, {"graceid": self.graceid, "label": label}, key)], "label"
            )

    def _timeout(self, stage: Stage) -> float:
        return float(self.options.get(stage.option, stage.timeout))

    def _key(self, subject: str) -> str:
        return f"{self.name}:{subject}" if subject else self.name

    def _record(self, subject: str) -> dict[str, Any]:
        fresh = {"state": PENDING, "failed": False, "seen": [], "late": [], "note": ""}
        record: dict[str, Any] = self.context.memory(self.graceid).setdefault(self._key(subject), fresh)
        return record


def late(task: Task, context: Context) -> None:
    """A deadline is due."""
    name, graceid = task.args["check"], context.item.graceid if context.item else ""
    if name in CHECKS:
        options = options_of(name, CHECKS[name], context.sections)
        _Follow(name, CHECKS[name], options, graceid, context).overdue(task.args["subject"], task.args["stage"])


def label(task: Task, context: Context) -> None:
    """Apply a label to the event, on the GraceDB that the configuration names."""
    context.gracedb.writeLabel(task.args["graceid"], task.args["label"])
    context.log.info("applied %s to %s", task.args["label"], task.args["graceid"])


def options_of(name: str, check: Check, sections: Sections) -> dict[str, str]:
    """A check's options, with defaults."""
    return {**COMMON, **check.options, **sections.get(name, {})}


def check_configuration(sections: Sections) -> None:
    """ValueError, with a sentence, for a section that is no check, an option that it has not, or a value that makes no sense."""
    names = [name for name in sections if name not in _OTHERS]
    if unknown := [name for name in names if name not in CHECKS]:
        raise ValueError(f"there is no check [{unknown[0]}]: known are {', '.join(CHECKS)}")
    if not names:
        raise ValueError(f"no check is asked for: add a section, such as [idq] (known are {', '.join(CHECKS)})")
    for name in names:
        _check_options(name, options_of(name, CHECKS[name], sections), sections)


def _check_options(name: str, options: Options, sections: Sections) -> None:
    timeouts = {stage.option for stage in CHECKS[name].stages(options)}
    known = {*COMMON, *CHECKS[name].options, *timeouts}
    if unknown := [option for option in options if option not in known]:
        raise ValueError(f"section [{name}]: there is no option {unknown[0]!r}: known are {', '.join(sorted(known))}")
    numbers = [option for option, default in CHECKS[name].options.items() if _is_number(default)]
    for option in [*timeouts, *numbers]:
        if option in options and not _is_number(options[option]):
            raise ValueError(
                f"section [{name}]: {option} must be a number that is not negative, not {options[option]!r}"
            )
    if options["action"] not in ACTIONS:
        raise ValueError(f"section [{name}]: action must be {' or '.join(ACTIONS)}, not {options['action']!r}")
    if options["action"] == "label" and not sections.get("general", {}).get("gracedb"):
        raise ValueError(
            f"section [{name}]: action = label needs a GraceDB: add gracedb = URL (or dummy:ARCHIVE) to [general]"
        )


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def states(memory: Mapping[str, Any]) -> dict[str, str]:
    """Check (and subject) → state."""
    return {key: record["state"] for key, record in memory.items() if isinstance(record, dict) and "state" in record}


plugin = PlugIn(hear, {"late": late, "label": label}, check_configuration, states)
