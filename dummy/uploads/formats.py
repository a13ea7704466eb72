"""Which reader takes which pipeline's upload: one row per format."""

from collections.abc import Callable, Mapping
from threading import BoundedSemaphore

from gracetape.dummy import facts
from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.dummy.uploads.ligolw_files import read_coinc, read_injection
from gracetape.dummy.uploads.text_files import read_cwb, read_mly, read_olib
from gracetape.dummy.uploads.voevent_files import read_neutrino, read_voevent
from gracetape.reading_limits import LIMITS, LimitExceeded

Reader = Callable[[bytes, Mapping[str, str]], UploadedEvent]

READERS: dict[str, Reader] = {
    **dict.fromkeys(("gstlal", "spiir", "SPIIR", "pycbc", "MBTA", "MBTAOnline"), read_coinc),
    **dict.fromkeys(("CWB", "CWB2G"), read_cwb),
    "oLIB": read_olib,
    **dict.fromkeys(("MLy", "aframe"), read_mly),
    **dict.fromkeys(facts.GRB_PIPELINES, read_voevent),
    "IceCube": read_neutrino,
    "HardwareInjection": read_injection,
}

#: Whoever reads event files waits for this, so that many of them together need no more memory than a few.
AT_ONCE = BoundedSemaphore(LIMITS.files_at_once)
_UNREADABLE = "Problem scanning data. No alert issued"


def read_upload(
    pipeline: str, group: str, search: str | None, filename: str, content: bytes, form: Mapping[str, str]
) -> UploadedEvent:
    """What the server takes from an uploaded file. Never raises: what can't be read is said in `failed`, what is beyond a limit in `refused` too.

    Pipelines without a format of their own, and MBTA's frame files, give an event without attributes.
    """
    reader = _reader(pipeline, filename)
    if reader is None:
        return UploadedEvent()
    try:
        with AT_ONCE:
            return reader(content, {**form, "pipeline": pipeline, "search": search or "", "group": group})
    except LimitExceeded as error:
        return UploadedEvent(failed=f"{_UNREADABLE} ({error})", refused=f"{filename}: {error}")
    except (UploadError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        return UploadedEvent(failed=f"{_UNREADABLE} ({str(error)[:1000]})")


def is_read(pipeline: str, filename: str) -> bool:
    """Whether anything is taken from a file of that name, so that it has to be read."""
    return _reader(pipeline, filename) is not None


def _reader(pipeline: str, filename: str) -> Reader | None:
    return None if pipeline in ("MBTA", "MBTAOnline") and ".xml" not in filename else READERS.get(pipeline)
