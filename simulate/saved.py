"""Schedules in a file: JSON that holds every act, its ids by number, and its files by recipe (or by their bytes)."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from gracetape.bounded_json import no_json
from gracetape.errors import SimulateError
from gracetape.pipelines.trigger import Trigger
from gracetape.schedule import Action, GraceID, Schedule
from gracetape.simulate.acts import ACTS
from gracetape.simulate.files import File

_FORMAT = "gracetape schedule 1"


def save(schedule: Schedule, path: Path, start_gps: float | None = None) -> None:
    """Write a schedule; `start_gps` is the GPS time of its zero. SimulateError if it has a callable, which no file can hold."""
    if path.is_file() and path.stat().st_size and _FORMAT not in path.read_bytes()[:200].decode("utf-8", "replace"):
        raise SimulateError(f"{path} is there already and is no saved schedule: name another file")
    writer = _Writer()
    acts = [writer.action(action) for action in schedule]
    whole = {"format": _FORMAT, "start_gps": start_gps, "triggers": writer.triggers, "actions": acts}
    try:
        with path.open("w", encoding="utf-8") as file:
            json.dump(whole, file, indent=1)
            file.write("\n")
    except OSError as error:
        raise SimulateError(f"cannot write {path}: {error.strerror}") from None


class _Writer:
    """Numbers the ids and the triggers that it meets."""

    def __init__(self) -> None:
        self.ids: dict[int, int] = {}
        self.kept: list[GraceID] = []  # so that no id() is used twice
        self.numbers: dict[Trigger, int] = {}
        self.triggers: list[dict[str, Any]] = []

    def action(self, action: Action) -> dict[str, Any]:
        act = type(action.what).__name__
        if act not in ACTS or not is_dataclass(action.what):
            raise SimulateError(f"at {action.dt:.3f} s, {action}: only acts of gracetape can be saved, not {act}")
        said = {field.name: self.value(getattr(action.what, field.name)) for field in fields(action.what)}
        return {"dt": action.dt, "act": act} | said

    def value(self, value: Any) -> Any:
        if isinstance(value, GraceID):
            if id(value) not in self.ids:
                self.ids[id(value)] = len(self.ids)
                self.kept.append(value)
            return {"id": self.ids[id(value)]}
        if isinstance(value, Trigger):
            if value not in self.numbers:
                self.numbers[value] = len(self.triggers)
                self.triggers.append({field.name: getattr(value, field.name) for field in fields(value)})
            return {"trigger": self.numbers[value]}
        if isinstance(value, File):
            return {"file": {field.name: self.value(getattr(value, field.name)) for field in fields(value)}}
        return value


def load(path: Path) -> tuple[Schedule, float | None]:
    """The schedule in a file, its ids not set yet, and the GPS time of its zero. SimulateError if it cannot be read."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(whole, dict) or whole.get("format") != _FORMAT:
            raise ValueError(f"it is not in the format {_FORMAT!r}")
        reader = _Reader([Trigger(**_tupled(trigger)) for trigger in whole["triggers"]])
        return Schedule(reader.action(said) for said in whole["actions"]), whole.get("start_gps")
    except OSError as error:
        raise SimulateError(f"cannot read {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise SimulateError(f"{path} is no saved schedule: it is no JSON: {no_json(error)}") from None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise SimulateError(f"{path} is no saved schedule: {error}") from None


def _tupled(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}


class _Reader:
    """Makes one GraceID of each number."""

    def __init__(self, triggers: list[Trigger]) -> None:
        self.triggers = triggers
        self.ids: dict[int, GraceID] = {}

    def action(self, said: Mapping[str, Any]) -> Action:
        given = {name: self.value(value) for name, value in said.items() if name not in ("dt", "act")}
        return Action(float(said["dt"]), ACTS[said["act"]](**given))

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.value(one) for one in value)
        if not isinstance(value, dict):
            return value
        if "id" in value:
            return self.ids.setdefault(value["id"], GraceID())
        if "trigger" in value:
            return self.triggers[value["trigger"]]
        return File(**{name: self.value(one) for name, one in value["file"].items()})
