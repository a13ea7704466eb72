"""What an upload gives: the fields of the event's record."""

from dataclasses import dataclass, field
from typing import Any


class UploadError(Exception):
    """The file cannot be read as its pipeline's; `str()` says why."""


@dataclass
class UploadedEvent:
    """`gpstime` in seconds, `far` in Hz; `extra_attributes` as in the event's record.

    `failed` says why nothing could be taken from the file: the event is made all the same, with this among its warnings,
    and no `new` alert goes out. `reason` is what made reading fail, for the formats of which the server then writes that in
    the log. `refused` says which limit the file is beyond: whoever uploads it is told so, and nothing is made of it.
    """

    gpstime: float | None = None
    instruments: str = ""
    nevents: int | None = None
    far: float | None = None
    likelihood: float | None = None
    extra_attributes: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failed: str | None = None
    reason: str | None = None
    refused: str | None = None
