"""Reads a stored event file once more, for whoever must know what an event was before another file replaced it."""

from typing import Any

from gracetape.pipelines.uploads import read_upload


def reread(event: dict[str, Any], filename: str, contents: bytes) -> dict[str, Any]:
    """The fields that an event of this group, pipeline and search takes from a file; none if it cannot be read as one."""
    instruments = str(event.get("instruments") or "")
    form = {"instrument": instruments, "instruments": instruments}
    told = read_upload(event["pipeline"], event["group"], event.get("search"), filename, contents, form)
    if told.failed:
        return {}
    return {
        "gpstime": None if told.gpstime is None else round(told.gpstime, 6), "instruments": told.instruments,
        "nevents": told.nevents, "far": told.far, "likelihood": told.likelihood,
        "extra_attributes": told.extra_attributes,
    }  # fmt: skip
