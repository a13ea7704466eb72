"""What the server takes from an uploaded event file, by the reader of its pipeline."""

from collections.abc import Mapping
from threading import BoundedSemaphore

from gracetape.pipelines.grb import read_any_trigger
from gracetape.pipelines.pipeline import Read
from gracetape.pipelines.table import pipelines
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError
from gracetape.reading_limits import LIMITS, LimitExceeded

#: Whoever reads event files waits for this, so that many of them together need no more memory than a few.
AT_ONCE = BoundedSemaphore(LIMITS.files_at_once)
_UNREADABLE = "Problem scanning data. No alert issued"


def read_upload(
    pipeline: str, group: str, search: str | None, filename: str, content: bytes, form: Mapping[str, str]
) -> UploadedEvent:
    """What the server takes from an uploaded file. Never raises: what can't be read is said in `failed`, what is beyond a limit in `refused` too.

    Pipelines without a format of their own, and MBTA's frame files, give an event without attributes. Of observatories that
    are in no table (group External) VOEvents and notices in JSON are read like those of others.
    """
    read = _reader(pipeline, group, filename)
    if read is None:
        return UploadedEvent()
    try:
        with AT_ONCE:
            return read(content, {**form, "pipeline": pipeline, "search": search or "", "group": group})
    except LimitExceeded as error:
        return UploadedEvent(failed=f"{_UNREADABLE} ({error})", refused=f"{filename}: {error}")
    except (UploadError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        return UploadedEvent(failed=f"{_UNREADABLE} ({str(error)[:1000]})")


def is_read(pipeline: str, group: str, filename: str) -> bool:
    """Whether anything is taken from a file of that name, so that it has to be read."""
    return _reader(pipeline, group, filename) is not None


def _reader(pipeline: str, group: str, filename: str) -> Read | None:
    row = pipelines().get(pipeline)
    if row is None:
        return read_any_trigger if group == "External" else None
    return row.read if row.reads(filename) else None
