"""Log files: each line starts with the time (ISO 8601, UTC, ms) and the id of the alert that it is about.

Lines are written here and not by `logging`, which takes longer over one than all the rest of an alert's way through a
child; its handler still opens and rotates the files.
"""

import re
import sys
import threading
import time
import traceback
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

#: A log file's greatest size in bytes, and how many older ones are kept.
LARGEST, KEPT = 20_000_000, 5

#: Seconds after which a line is in the file, whatever happens.
PATIENCE = 0.1

#: What stands in the place of the id in lines that are about no alert.
NO_ALERT = "-"

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40
_NAMES = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR"}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class LogFile:
    """A rotated file. Lines are gathered and handed to the system by `flush`, at once from WARNING on, and by `keep_flushing`."""

    def __init__(self, path: Path | None, also: IO[str] | None = None) -> None:
        self._handler = RotatingFileHandler(path, backupCount=KEPT, encoding="utf-8") if path is not None else None
        self._also = also
        self._size = path.stat().st_size if path is not None else 0
        self._stamp = 0, ""  # a unix time in ms, and what it is in a line
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def write(self, level: int, alert_id: str, text: str) -> None:
        """Write a text, each of its lines with time and id.

        Alerts are strangers' texts: control characters are written as escapes, so that no message can forge a line.
        """
        now, stamp = self._stamp
        if (ms := int(time.time() * 1000)) != now:
            stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03d}Z"
            self._stamp = ms, stamp
        head = f"{stamp} {alert_id} {_NAMES.get(level, level)} "
        if text.isprintable():
            line = f"{head}{text}\n"
        else:
            safe = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
            line = "".join(f"{head}{part}\n" for part in safe.split("\n"))
        with self._lock:
            self._lines.append(line)
        if level >= WARNING:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the system: a kill loses no line after that. On a full disk lines are lost, and nothing else."""
        with self._lock:
            if self._lines:
                text, self._lines = "".join(self._lines), []
                with suppress(OSError, ValueError):
                    self.put(text)

    def put(self, text: str) -> None:
        """Write whole lines."""
        if self._handler is not None and self._size > LARGEST:
            self._handler.doRollover()
            self._size = 0
        self._size += len(text)
        for stream in (self._handler.stream if self._handler is not None else None, self._also):
            if stream is not None:
                stream.write(text)
                stream.flush()

    def keep_flushing(self) -> None:
        """Flush now and then from a thread, so that what a task that hangs has said can be read."""

        def work() -> None:
            while True:
                time.sleep(PATIENCE)
                self.flush()

        threading.Thread(target=work, name="log", daemon=True).start()


class AlertLog:
    """Writes lines that all carry one alert's id. Its methods are those of a `logging.Logger`."""

    __slots__ = ("alert_id", "file", "level")

    def __init__(self, file: LogFile, level: int, alert_id: str = NO_ALERT) -> None:
        self.file, self.level, self.alert_id = file, level, alert_id

    def about(self, alert_id: str) -> "AlertLog":
        """The same log, for another alert."""
        return AlertLog(self.file, self.level, alert_id)

    def log(self, level: int, text: str, *args: object) -> None:
        """Write `text % args`."""
        if level >= self.level:
            self.file.write(level, self.alert_id, text % args if args else text)

    def debug(self, text: str, *args: object) -> None:
        self.log(DEBUG, text, *args)

    def info(self, text: str, *args: object) -> None:
        self.log(INFO, text, *args)

    def warning(self, text: str, *args: object) -> None:
        self.log(WARNING, text, *args)

    def error(self, text: str, *args: object) -> None:
        self.log(ERROR, text, *args)

    def exception(self, text: str, *args: object) -> None:
        """An error, with the traceback of the exception that is being handled."""
        self.log(ERROR, "%s\n%s", text % args if args else text, traceback.format_exc().rstrip())


def open_log(path: Path, level: int, to_stdout: bool = False) -> AlertLog:
    """A rotated log file (and standard output besides); its folder is made. OSError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return AlertLog(LogFile(path, sys.stdout if to_stdout else None), level)
