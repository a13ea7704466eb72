"""What an upload gives: the fields of the event's record."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class UploadError(Exception):
    """The file cannot be read as its pipeline's; `str()` says why."""


class MadeFile(NamedTuple):
    """A file that the server makes of an upload: the act of its log entry, its name, and its contents (None: those of the upload)."""

    act: str
    name: str
    contents: bytes | None


@dataclass
class UploadedEvent:
    """`gpstime` in seconds, `far` in Hz; `extra_attributes` as in the event's record.

    `made` are the files that the server makes of it, in the order of their log entries. `failed` says why nothing could be
    taken from the file: the event is made all the same, with this among its warnings, and no `new` alert goes out. `reason` is
    what made reading fail, for the formats of which the server then writes that in the log. `refused` says which limit the file
    is beyond: whoever uploads it is told so, and nothing is made of it.
    """

    gpstime: float | None = None
    instruments: str = ""
    nevents: int | None = None
    far: float | None = None
    likelihood: float | None = None
    extra_attributes: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    made: list[MadeFile] = field(default_factory=list)
    failed: str | None = None
    reason: str | None = None
    refused: str | None = None
