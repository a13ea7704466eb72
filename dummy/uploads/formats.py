"""Which reader takes which pipeline's upload: one row per format."""

from collections.abc import Callable, Mapping

from gracetape.dummy.server_settings import GRB_PIPELINES
from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.dummy.uploads.ligolw_files import read_coinc, read_injection
from gracetape.dummy.uploads.text_files import read_cwb, read_mly, read_olib
from gracetape.dummy.uploads.voevent_files import read_neutrino, read_voevent

Reader = Callable[[bytes, Mapping[str, str]], UploadedEvent]

READERS: dict[str, Reader] = {
    **dict.fromkeys(("gstlal", "spiir", "SPIIR", "pycbc", "MBTA", "MBTAOnline"), read_coinc),
    **dict.fromkeys(("CWB", "CWB2G"), read_cwb),
    "oLIB": read_olib,
    **dict.fromkeys(("MLy", "aframe"), read_mly),
    **dict.fromkeys(GRB_PIPELINES, read_voevent),
    "IceCube": read_neutrino,
    "HardwareInjection": read_injection,
}


def read_upload(
    pipeline: str, group: str, search: str | None, filename: str, content: bytes, form: Mapping[str, str]
) -> UploadedEvent:
    """What the server takes from an uploaded file. Never raises: what can't be read is said in `failed`.

    Pipelines without a format of their own, and MBTA's frame files, give an event without attributes.
    """
    reader = READERS.get(pipeline)
    if reader is None or (pipeline in ("MBTA", "MBTAOnline") and ".xml" not in filename):
        return UploadedEvent()
    try:
        return reader(content, {**form, "pipeline": pipeline, "search": search or "", "group": group})
    except UploadError as error:
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})")
