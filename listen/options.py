"""The options of a listener's configuration: each name, how its text is read, and what it is when it is not given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Levels by name; the old files give numbers.
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def words(text: str) -> tuple[str, ...]:
    """Names with spaces or commas between."""
    return tuple(text.replace(",", " ").split())


def number(text: str) -> float:
    """A number that is not negative."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def positive(text: str) -> float:
    """A number above zero."""
    if not (value := number(text)) > 0:
        raise ValueError
    return value


def port(text: str) -> int:
    """The number of a port."""
    if not 1 <= int(text) <= 65535:
        raise ValueError(text)
    return int(text)


def whole(text: str) -> int:
    """A whole number that is not negative; `1e3` is one."""
    if (value := number(text)) != int(value):
        raise ValueError
    return int(value)


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    if not (value := number(text)) <= 1:
        raise ValueError
    return value


def truth(text: str) -> bool:
    """True or false, as configparser reads it."""
    known = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    try:
        return known[text.lower()]
    except KeyError:
        raise ValueError from None


def level(text: str) -> int:
    """A log level, as a number or by its name."""
    return LEVELS[text.lower()] if text.lower() in LEVELS else whole(text)


def path(text: str) -> Path:
    """A path; quotation marks around it and `~` are understood."""
    if not (text := text.strip("\"'")) or "\0" in text:
        raise ValueError
    return Path(text).expanduser()


@dataclass(frozen=True)
class Option:
    """`field` is its name in the dataclasses, `wants` completes the sentence `OPTION must be …`."""

    field: str
    read: Callable[[str], Any]
    default: Any
    wants: str


_SECONDS = "a number of seconds"

#: Options of a child's section in the main file. The names are those of lvalert_listenMP, and the new ones.
CHILD = {
    "nodes": Option("nodes", words, (), "names of nodes"),
    "childconfig": Option("file", path, None, "a path"),
    "verbose": Option("verbose", truth, True, "true or false"),
    "print2stdout": Option("print_to_stdout", truth, False, "true or false"),
    "sleep": Option("sleep", positive, 0.1, _SECONDS),
    "maxcomplete": Option("max_complete", whole, 100, "a whole number"),
    "maxfrac": Option("max_frac", fraction, 0.5, "a number from 0 to 1"),
    "warnthr": Option("warn_threshold", number, 1000.0, "a number"),
    "warndelay": Option("warn_delay", number, 3600.0, _SECONDS),
    "maxwarn": Option("max_warn", whole, 24, "a whole number"),
    "recipients": Option("recipients", words, (), "mail addresses"),
    "checkpoint": Option("checkpoint", path, None, "a path"),
    "checkpointevery": Option("checkpoint_every", positive, 30.0, _SECONDS),
}

#: Options of `[general]` in the child's own file.
GENERAL = {
    "process_type": Option("process_type", str, None, "the name of a plug-in"),
    "log_directory": Option("log_directory", path, Path(), "a folder"),
    "log_level": Option("log_level", level, 20, "a level: debug, info, warning, error or a number"),
    "gracedb": Option("gracedb", str, "", "a URL or dummy:ARCHIVE"),
    "speed": Option("speed", positive, 1.0, "a number above 0"),
    "heartbeat": Option("heartbeat", path, None, "a path"),
}

#: Options of the section `[listener]`.
LISTENER = {
    "source": Option("source", str, None, "a source such as xmpp://HOST or a file"),
    "commands": Option("commands", truth, False, "true or false"),
    "smtp": Option("smtp", str, "localhost:25", "HOST:PORT"),
    "sender": Option("sender", str, None, "a mail address"),
    "log_directory": Option("log_directory", path, None, "a folder"),
    "accepted": Option("accepted", path, None, "a path"),
    "stoplimit": Option("stop_limit", positive, 10.0, _SECONDS),
    "restarts": Option("restarts", whole, 5, "a whole number"),
    "prometheus": Option("prometheus", port, None, "a port, 1 to 65535"),
}
