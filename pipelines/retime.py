"""Moves the times inside uploaded files, in the form of whichever pipeline they are.

What is in no form that is known stays as it is. Names and everything else in the files stay too. Sky maps, which are of all pipelines,
have times in their headers.
"""

import gzip

from gracetape.pipelines.formats.fits_times import moved_fits
from gracetape.pipelines.pipeline import MoveTimes
from gracetape.pipelines.table import movers, pipeline_of
from gracetape.unpacking import unpacked


def retimed(contents: bytes, shift_s: float, pipeline: str = "") -> bytes:
    """The contents of a file with its times moved by `shift_s` seconds; unchanged if its form holds none that are known.

    Files of other kinds, such as PSDs, come with an event as well; its own `pipeline` is asked first.
    """
    if contents[:2] == b"\x1f\x8b":
        try:
            inner = unpacked(contents)
        except ValueError:
            return contents
        moved = _moved(inner, shift_s, pipeline)
        return contents if moved is None or moved is inner else gzip.compress(moved, mtime=0)
    moved = _moved(contents, shift_s, pipeline)
    return contents if moved is None else moved


def _moved(contents: bytes, shift_s: float, pipeline: str) -> bytes | None:
    own = pipeline_of(pipeline)
    first: tuple[MoveTimes, ...] = (own.move_times,) if own is not None and own.move_times is not None else ()
    for move in (moved_fits, *first, *movers()):
        if (moved := move(contents, shift_s)) is not None:
            return moved
    return None
