"""A pipeline: all that is particular to it, in one row."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent

if TYPE_CHECKING:
    from numpy.random import Generator

#: Called with an upload's contents and what the request said (pipeline, search, group, instrument, …).
Read = Callable[[bytes, Mapping[str, str]], UploadedEvent]
#: Called with contents and seconds: the contents with their times moved, or None if they are in no form that it knows.
MoveTimes = Callable[[bytes, float], bytes | None]
Make = Callable[[Trigger, "Generator"], bytes]
#: A log entry with a file: its text, the file's name, its tags.
Said = tuple[str, str, tuple[str, ...]]
#: Called with the detectors: (s after the first, text, file name, tag) of each plot.
Plots = Callable[[tuple[str, ...]], Iterator[tuple[float, str, str, str]]]


@dataclass(frozen=True)
class Attributes:
    """A table among the `extra_attributes` of events: `SingleInspiral`, `GRB`, …

    `columns` are what queries can ask of it, in any case; `texts` are those that hold no numbers; `also` is what queries call
    the table besides.
    """

    name: str
    columns: tuple[str, ...]
    texts: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """A pipeline as servers know it.

    `groups` and `searches` are those that it makes events of (empty: not known, so that none is made up); `also` are its
    names of old.

    Its uploads: `read` takes an event from a file (None: the server takes nothing from it), unless `reads` refuses the file's
    name. `attributes` are the tables that events then have. `move_times` moves the times in such a file.

    Its simulation: `make` writes the file that makes an event, named `file` (`{stem}` tells events apart); `upload` is the name
    under which saved schedules call for it. `psd_text` is what its entry for the PSDs says (None: it uploads none), `ranking`
    whether it uploads ranking data; `p_astro` and `em_bright` are its own entries of source properties (None: what everybody's
    say), `plots` its diagnostics.
    """

    name: str
    groups: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    read: Read | None = None
    reads: Callable[[str], bool] = lambda filename: True
    attributes: tuple[Attributes, ...] = ()
    move_times: MoveTimes | None = None
    make: Make | None = None
    upload: str = ""
    file: str = "{stem}.txt"
    psd_text: str | None = None
    ranking: bool = False
    p_astro: Said | None = None
    em_bright: Said | None = None
    plots: Plots | None = None

    def __post_init__(self) -> None:
        if self.make is not None and not self.upload:
            object.__setattr__(self, "upload", self.name)

    def file_name(self, stem: str) -> str:
        """The name of the file that makes an event."""
        return self.file.replace("{stem}", stem)
