"""What the server takes from an uploaded event file, by the reader of its pipeline."""

from collections.abc import Mapping

from gracetape.pipelines.table import pipelines
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError


def read_upload(
    pipeline: str, group: str, search: str | None, filename: str, content: bytes, form: Mapping[str, str]
) -> UploadedEvent:
    """What the server takes from an uploaded file. Never raises: what can't be read is said in `failed`.

    Pipelines without a format of their own, and MBTA's frame files, give an event without attributes.
    """
    row = pipelines().get(pipeline)
    if row is None or row.read is None or not row.reads(filename):
        return UploadedEvent()
    try:
        return row.read(content, {**form, "pipeline": pipeline, "search": search or "", "group": group})
    except UploadError as error:
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})")
