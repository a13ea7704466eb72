"""What commands write anew, whole: never over a file of something else, as an archive whose name stood where the file's should."""

from collections.abc import Sequence
from pathlib import Path

from gracetape.errors import UsageError
from gracetape.shown import target


def only_over(path: Path, begins: Sequence[bytes], what: str) -> None:
    """UsageError if something is at `path` that is no empty file, no device, and no file that begins (in any case) as `what` does."""
    if path.is_dir():
        raise UsageError(f"{target(str(path))} is a folder: name the file that is to be written")
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            found = file.read(max(map(len, begins))).lower()
    except OSError:  # it may be replaced, not read
        found = b"?"
    if found and not found.startswith(tuple(begin.lower() for begin in begins)):
        raise UsageError(f"{target(str(path))} is there and is no {what}: name another file")
