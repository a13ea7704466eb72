"""Which of a superevent's files an alert spoke of: those that its VOEvent names, or those that gwcelery chooses.

gwcelery goes through the log and takes the last file of each sort: a multi-order sky map tagged `sky_loc` and `public`, JSON tagged
`p_astro` or `em_bright`, a combined map tagged `ext_coinc`; what the superevent has not, its preferred event may have.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gracetape.archive.alerts.notices.contents import Contents
from gracetape.archive.history.rules import Record
from gracetape.archive.history.snapshot import Snapshot
from gracetape.archive.view import FileEntry
from gracetape.errors import GracetapeError
from gracetape.reading_limits import LIMITS, LimitExceeded, joined

_COPIED = re.compile(r"(?:Localization|Source properties|Source classification|.* sky map) copied from ([A-Z]+\d+)\.?")
_FITS = (".fits", ".fits.gz", ".fit", ".fit.gz")


@dataclass(frozen=True)
class Chosen:
    """A file that an alert spoke of: its contents (None: they are not at hand), and why it is not surely this one."""

    name: str
    contents: Contents | None
    doubt: str = ""


@dataclass(frozen=True)
class Wish:
    """What gwcelery looks for in a log: tags that the entry has, what the file's name is like, and what it is called here.

    `else_tags` are looked for where nothing has the `tags`.
    """

    what: str
    tags: frozenset[str]
    fits: Callable[[str], bool]
    else_tags: frozenset[str] | None = None


def _is_skymap(name: str) -> bool:
    return name.endswith(".multiorder.fits") and "combined" not in name


def _is_older_skymap(name: str) -> bool:
    return name.endswith(_FITS) and "combined" not in name


SKYMAP = Wish("sky map", frozenset({"sky_loc", "public"}), _is_skymap)
#: Before 2023 they had names of other kinds, and all of a pipeline's.
OLDER_SKYMAP = Wish("sky map", frozenset({"sky_loc", "public"}), _is_older_skymap, frozenset({"sky_loc"}))
P_ASTRO = Wish("p_astro", frozenset({"p_astro", "public"}), lambda name: name.endswith(".json"), frozenset({"p_astro"}))
EM_BRIGHT = Wish("em_bright", frozenset({"em_bright"}), lambda name: name.endswith(".json"))
COMBINED = Wish(
    "combined sky map",
    frozenset({"sky_loc", "ext_coinc"}),
    lambda name: name.startswith("combined-ext.") and "fit" in name,
)
#: What made a file of another one that came just before, under the same name.
_DERIVED = "Flattened from multiresolution file"


class Files:
    """The files of a superevent at one moment, and those of the events that they were copied from.

    `event_at` gives another object as it was then, None if it was not there or is not in the archive.
    """

    def __init__(self, snapshot: Snapshot, event_at: Callable[[str], Snapshot | None]) -> None:
        self._snapshot, self._event_at = snapshot, event_at
        self._logs = sorted(snapshot.records("log"), key=lambda log: int(log["N"]))

    def named(self, name: str) -> Chosen:
        """The file that a record names: `skymap.fits,0`, or the newest `skymap.fits`."""
        plain, comma, version = name.rpartition(",")
        wanted = (plain, int(version)) if comma and version.isdecimal() and len(version) < 10 else (name, None)
        file = self._snapshot.file(*wanted)
        if file is None:
            return Chosen(name, None, f"{name} is not in the archive")
        full = file.full_name if comma else name
        contents = _contents(self._snapshot, file)
        if contents is None and (other := self._original(file)) is not None:
            return Chosen(full, other, f"{name} is taken from the event that it was copied from")
        return Chosen(full, contents, "" if contents else f"the contents of {name} are not in the archive")

    def last(self, wish: Wish) -> Chosen | None:
        """The last file of a sort; None if there is none."""
        for tags in (wish.tags, wish.else_tags):
            if tags is None:
                continue
            for log in reversed(self._logs):
                name = log.get("filename") or ""
                if tags <= set(log.get("tag_names") or ()) and wish.fits(name) and not _derived(log):
                    found = self.named(
                        f"{name},{log['file_version']}" if isinstance(log.get("file_version"), int) else name
                    )
                    return (
                        found
                        if tags is wish.tags or found.doubt
                        else Chosen(found.name, found.contents, f"{found.name} was not public")
                    )
        return None

    def of_event(self, graceid: str, names: Iterator[str] | tuple[str, ...]) -> Chosen | None:
        """The first of some files that an event has."""
        event = self._event_at(graceid)
        for name in names:
            file = event.file(name) if event is not None else None
            if event is not None and file is not None and (contents := _contents(event, file)) is not None:
                return Chosen(file.full_name, contents, f"{name} is taken from the event {graceid}")
        return None

    def _original(self, file: FileEntry) -> Contents | None:
        """The same file on the event that the log says it was copied from."""
        for log in self._logs:
            if (log.get("filename"), log.get("file_version")) == (file.name, file.version):
                match = _COPIED.fullmatch(str(log.get("comment")).strip())
                event = self._event_at(match[1]) if match else None
                other = event.file(file.name) if event is not None else None
                return _contents(event, other) if event is not None and other is not None else None
        return None


def _derived(log: Record) -> bool:
    return str(log.get("comment")).startswith(_DERIVED)


def _contents(snapshot: Snapshot, file: FileEntry) -> Contents | None:
    """A file's contents; None where they are absent, damaged, or more than any message holds."""
    archive = getattr(snapshot.steps.view, "archive", None)
    if archive is None or file.sha256 is None or (file.size or 0) > LIMITS.file_bytes:
        return None
    try:
        return Contents(file.full_name, joined(archive.read(file), LIMITS.file_bytes))
    except (GracetapeError, KeyError, LimitExceeded):
        return None


def contents_of(snapshot: Snapshot, file: FileEntry) -> bytes | None:
    """A file's contents as bytes; None if they cannot be had."""
    found = _contents(snapshot, file)
    return found.data if found is not None else None
