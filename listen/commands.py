"""Commands over the wire: a message with uid `command`; each is a row of a table, for the one who sends and the one who obeys."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gracetape.errors import BadConfiguration, ListenError

if TYPE_CHECKING:  # who only names a command, as `listen --help` does, needs nothing of a listener
    from gracetape.listen.alert import Alert
    from gracetape.listen.plugins import Context
    from gracetape.listen.queue import QueueItem

#: Any command may carry these, to pick children.
PICKS = ("node", "process_type")


@dataclass(frozen=True)
class Orders:
    """What a command may touch: `folder` is the only place where it writes or reads files."""

    context: "Context"
    folder: Path
    send_mail: Callable[[list[str], str, str], object]


Arguments = Mapping[str, Any]


def _raise_exception(orders: Orders, arguments: Arguments) -> None:
    raise RuntimeError("the command raiseException was received")


def _raise_warning(orders: Orders, arguments: Arguments) -> None:
    raise RuntimeWarning("the command raiseWarning was received")


def _clear(orders: Orders, items: "list[QueueItem]") -> None:
    own = orders.context.item
    for item in items:
        if item is not own:
            orders.context.queue.complete(item)


def _clear_queue(orders: Orders, arguments: Arguments) -> None:
    _clear(orders, list(orders.context.queue))


def _clear_graceid(orders: Orders, arguments: Arguments) -> None:
    _clear(orders, orders.context.queue.of(str(arguments["graceid"])))


def _checkpoint(orders: Orders, arguments: Arguments) -> float | None:
    waiting = [item.to_json() for item in orders.context.queue if item is not orders.context.item]
    _write(inside(orders.folder, arguments["filename"]), json.dumps(waiting))
    return float(arguments["sleep"]) if "sleep" in arguments else None


def _load(orders: Orders, arguments: Arguments) -> None:
    from gracetape.listen.queue import QueueItem

    path = inside(orders.folder, arguments["filename"])
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(records, list):
            raise TypeError("it holds no list")
        items = [QueueItem.from_json(record) for record in records]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ListenError(f"{path} is no checkpoint of a queue: {error}") from error
    for item in items:
        orders.context.queue.add(item, orders.context.now)


def _print_message(orders: Orders, arguments: Arguments) -> None:
    orders.context.log.info("%s", arguments["message"])


def _print_queue(orders: Orders, arguments: Arguments) -> None:
    queue, name = orders.context.queue, arguments["filename"]
    lines = [_line(item) for item in queue if item is not orders.context.item]
    for graceid in queue.graceids:
        lines += [f"{graceid} : {_line(item)}" for item in queue.of(graceid) if item is not orders.context.item]
    text = "".join(line + "\n" for line in lines)
    if name in ("STDOUT", "STDERR"):
        stream = sys.stdout if name == "STDOUT" else sys.stderr
        stream.write(text)
        stream.flush()
    else:
        _write(inside(orders.folder, name), text)


def _send_mail(orders: Orders, arguments: Arguments) -> None:
    orders.send_mail(str(arguments["recipients"]).split(), str(arguments["subject"]), str(arguments["body"]))


@dataclass(frozen=True)
class Command:
    """`required` and `optional` are the names of its arguments."""

    obey: Callable[[Orders, Arguments], float | None]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


COMMANDS: dict[str, Command] = {
    "raiseException": Command(_raise_exception),
    "raiseWarning": Command(_raise_warning),
    "clearQueue": Command(_clear_queue),
    "clearGraceID": Command(_clear_graceid, ("graceid",)),
    "checkpointQueue": Command(_checkpoint, ("filename",), ("sleep",)),
    "loadQueue": Command(_load, ("filename",)),
    "printMessage": Command(_print_message, ("message",)),
    "printQueue": Command(_print_queue, ("filename",)),
    "sendEmail": Command(_send_mail, ("recipients", "subject", "body")),
}


def check(name: str, arguments: Arguments) -> None:
    """ListenError, with one sentence, if there is no such command or its arguments are not those that it takes."""
    if name not in COMMANDS:
        raise ListenError(f"there is no command {name!r}: use {', '.join(COMMANDS)}")
    command = COMMANDS[name]
    if missing := [argument for argument in command.required if argument not in arguments]:
        raise ListenError(f"the command {name} needs {', '.join(f'{argument}=…' for argument in missing)}")
    if unknown := [
        argument for argument in arguments if argument not in (*command.required, *command.optional, *PICKS)
    ]:
        known = ", ".join((*command.required, *command.optional, *PICKS))
        raise ListenError(f"the command {name} takes no {unknown[0]!r}: it takes {known}")
    if "sleep" in arguments:
        _seconds(name, arguments["sleep"])


def _seconds(name: str, value: object) -> None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0.01 <= seconds < 1e9:
        raise ListenError(f"the command {name} repeats every sleep=… seconds: a number from 0.01 up, not {value!r}")


def message(name: str, arguments: Arguments) -> str:
    """The text that is sent to give a command; BadConfiguration if it would not be understood."""
    try:
        check(name, arguments)
    except ListenError as error:
        raise BadConfiguration(str(error)) from None
    return json.dumps({"uid": "command", "alert_type": name, "object": dict(arguments)})


def read(alert: "Alert") -> tuple[str, dict[str, Any]]:
    """The name and the arguments of a command that was heard; ListenError if it is none that can be obeyed."""
    arguments = alert.payload.get("object", {})
    if not isinstance(arguments, dict):
        raise ListenError("the command's `object` is no JSON object of arguments")
    check(alert.alert_type, arguments)
    return alert.alert_type, arguments


def is_meant(arguments: Arguments, nodes: tuple[str, ...], process_type: str) -> bool:
    """Whether a command's `node` and `process_type` pick a child with these."""
    return arguments.get("node", nodes[0]) in nodes and arguments.get("process_type", process_type) == process_type


def inside(folder: Path, name: object) -> Path:
    """The file of this name in a folder; ListenError if the name leads anywhere else (through `..`, a root or a link)."""
    if not isinstance(name, str) or not name or "\0" in name or len(name) > 255:
        raise ListenError("the command's filename is no name of a file")
    root = folder.resolve()
    path = root / name
    if Path(name).is_absolute() or root not in path.resolve().parents or path.is_symlink() or path.is_dir():
        raise ListenError(
            f"the command's filename {name!r} leads out of the log directory: nothing was read or written"
        )
    if (
        path.suffix not in (".json", ".txt")
        or path.name.endswith(".status.json")
        or (path.exists() and not path.is_file())
    ):
        raise ListenError(
            f"the command's filename {name!r} may be a file of the listener's own: choose a name that ends in .json or .txt"
        )
    return path


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and never through a link."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink()
            raise


def _line(item: "QueueItem") -> str:
    tasks = "|".join(f"{task.name} at {task.deadline:.3f}" for task in item.tasks)
    return f"QueueItem{{{item.name} : graceid={item.graceid}, alert={item.alert_id}, tasks=[{tasks}]}}"
