"""What becomes of writes to a dummy's tape: thrown away with a scratch over it, kept in it, or refused."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Union

from gracetape.archive import Archive
from gracetape.archive.scratch import ScratchView
from gracetape.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_log = logging.getLogger(__name__)

#: What a dummy may be over: an archive, where one is, or one that a package brings.
Tape = Union[Archive, "Traversable", Path, str]


def opened(tape: Tape, *, keep: bool = False, read_only: bool = False) -> tuple[Archive, bool]:
    """The archive that a dummy of `tape` answers from, and whether the dummy has to close it.

    Writes go to a scratch over the tape, unless `keep` or `read_only` is said, or the tape is an Archive that was opened for
    writing: then they are kept. UsageError for what cannot be both; ArchiveError as `Archive.open` raises it.
    """
    if keep and read_only:
        raise UsageError("writes are kept or refused, not both: say one of keep and read-only")
    found, own = _opened(tape, keep, read_only)
    _log.info("%s: %s", found.path, fate(found))
    return found, own


def _opened(tape: Tape, keep: bool, read_only: bool) -> tuple[Archive, bool]:
    if not isinstance(tape, Archive):
        if keep or read_only:
            return Archive.open(tape, read_only=read_only), True
        return ScratchView(Archive.open(tape), owned=True), True
    if read_only:
        return (tape, False) if tape.read_only else (Archive.open(tape.path), True)
    if not tape.read_only:
        return tape, False
    if keep:
        raise UsageError(f"{tape.path} was opened for reading only: writes are kept where read_only=False was said")
    return ScratchView(tape), True


def fate(archive: Archive) -> str:
    """What becomes of writes to it, for people to read."""
    if archive.read_only:
        return "writes are refused"
    if isinstance(archive, ScratchView):
        return "writes are thrown away at the end (--keep keeps them)"
    return "writes are kept in it"
