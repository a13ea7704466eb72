"""What commands write anew, whole: never over a file of something else, as an archive whose name stood where the file's should."""

import stat
from collections.abc import Callable
from pathlib import Path

from gracetape.errors import UsageError
from gracetape.shown import target

#: So much of a file tells what it is.
_HEAD = 4096


def only_over(place: Path, is_one: Callable[[bytes], bool], what: str) -> bool:
    """Whether what is at `place` is a device or a pipe, into which one writes; else it is nothing, empty, or a file whose first bytes are `what`'s.

    UsageError if it is something that must stay as it is, OSError if that cannot be found out.
    """
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):
        return True
    if stat.S_ISREG(mode):
        with place.open("rb") as file:
            head = file.read(_HEAD)
        if not head or is_one(head):
            return False
    raise UsageError(f"{target(str(place))} is there and is no {what}: name another file")
