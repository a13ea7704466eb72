"""How the page shows a file of an archive: by its kind, which one table tells from its name; what is not shown is a download.

Nothing that is in a file is trusted: contents go out as an attachment, and what is made of them as JSON or as a picture that we drew.
"""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gracetape.archive import Archive, FileEntry, NotFound
from gracetape.bounded_json import read_json
from gracetape.errors import UsageError
from gracetape.installing import hint
from gracetape.reading_limits import LIMITS
from gracetape.view.ligolw_documents import ligolw_tables

if TYPE_CHECKING:
    from gracetape.view.sky_pictures import Shelf

Record = dict[str, Any]
#: Bytes of a text that are shown.
MOST = 2_000_000
#: Bytes of a sky map, packed or not, that are read.
_LARGEST_MAP = 512 << 20
_DRAWING = threading.Lock()


@dataclass(frozen=True)
class Shown:
    """A row: a kind of file, which names are of it, and what makes the JSON that the page shows of its contents.

    `make` may raise ValueError with a reason: then the file is shown by a later row that takes it, with the reason. The page has a part
    for each kind in `page/files.js`. `most` bytes are read, and where `whole` is set, all of them are needed.
    """

    kind: str
    takes: Callable[[str], bool]
    make: Callable[[bytes, FileEntry], Record]
    most: int = MOST
    whole: bool = True


def _text(contents: bytes, entry: FileEntry) -> Record:
    return {"text": contents.decode(errors="replace")}


def _json(contents: bytes, entry: FileEntry) -> Record:
    return {"value": read_json(contents)}


def _tables(contents: bytes, entry: FileEntry) -> Record:
    if (found := ligolw_tables(contents)) is None:
        raise ValueError("")  # other XML is a text
    return {"tables": found}


#: How pictures begin that browsers know, by the end of a name.
_SIGNS = {".png": b"\x89PNG\r\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".gif": b"GIF8"}


def _picture(contents: bytes, entry: FileEntry) -> Record:
    suffix = next(suffix for suffix in _SIGNS if entry.name.lower().endswith(suffix))
    if not contents.startswith(_SIGNS[suffix]):
        raise ValueError(f"it is no {suffix[1:].upper()}, although its name says so")
    return {"picture": ""}


def _drawn(contents: bytes, entry: FileEntry) -> Record:
    return {"picture": ""}


def _sky(contents: bytes, entry: FileEntry) -> Record:
    found = shelf().map(str(entry.sha256), lambda: contents)
    ra, dec = found.peak()
    levels = sorted({int(level) for level in (found.level.min(), found.level.max())})
    facts = [
        ["50 % region", f"{found.region(0.5):,.1f} deg²"], ["90 % region", f"{found.region(0.9):,.1f} deg²"],
        ["most probable", f"RA {ra:.2f}°, Dec {dec:+.2f}°".replace("-", "−")],
    ]  # fmt: skip
    mean, spread = found.header.get("DISTMEAN"), found.header.get("DISTSTD")
    if isinstance(mean, float) and isinstance(spread, float):
        facts.append(["distance", f"{mean:,.0f} ± {spread:,.0f} Mpc"])
    for name, keyword in (("detectors", "INSTRUME"), ("made by", "CREATOR"), ("of", "DATE-OBS")):
        if keyword in found.header:
            facts.append([name, str(found.header[keyword])])
    orders = " to ".join(str(2**level) for level in levels)
    facts.append(["pixels", f"{len(found.level):,}, NSIDE {orders}, {'multi-order' if len(levels) > 1 else 'flat'}"])
    return {"facts": facts, "pictures": ["sky", *(["distance"] if found.distances else [])]}


def _ends(*suffixes: str) -> Callable[[str], bool]:
    return lambda name: name.lower().endswith(suffixes)


#: The first row that takes a name, and can make something of the contents, is its kind.
KINDS: tuple[Shown, ...] = (
    Shown("sky", _ends(".fits", ".fits.gz"), _sky, _LARGEST_MAP),
    Shown("tables", _ends(".xml", ".xml.gz"), _tables, LIMITS.file_bytes),
    Shown("json", _ends(".json"), _json),
    Shown("picture", _ends(*_SIGNS), _picture, 16, whole=False),
    Shown("picture", _ends(".svg"), _drawn, 16, whole=False),
    Shown("text", _ends(".txt", ".log", ".csv", ".ini", ".md", ".xml", ".json", ".html", ".py", ".yaml", ".yml", ".toml", ".dag", ".err",
                        ".out", ".dat", ".cfg", ".sh", ".eml"), _text, whole=False),
)  # fmt: skip


@cache
def shelf() -> "Shelf":
    """The sky maps that were drawn lately. ValueError with a hint where nothing can draw."""
    if find_spec("matplotlib") is None or find_spec("astropy_healpix") is None:
        raise ValueError(f"sky maps are drawn once this is done: {hint('view')}")
    from gracetape.view.sky_pictures import Shelf

    return Shelf()


def shown_file(archive: Archive, entry: FileEntry) -> Record:
    """What the page shows of a file: its kind and what was made of it; kind `other` for what is not shown."""
    found: Record = {"name": entry.name, "version": entry.version, "size": entry.size, "sha256": entry.sha256}
    if entry.sha256 is None:
        return found | {"kind": "absent", "absent": entry.absent}
    said = []
    for row in (row for row in KINDS if row.takes(entry.name)):
        try:
            with _DRAWING:  # read in it, too: many requests at once must not each hold a large file
                contents, whole = _beginning(archive.read(entry), row.most)
                if row.whole and not whole:
                    raise ValueError(f"too large to be shown as a whole: more than {row.most:,} bytes")
                made = row.make(contents, entry)
        except ValueError as error:
            said.append(" ".join(str(error).split()))
            continue
        return found | {"kind": row.kind, "whole": whole or row.kind == "picture", "said": _first(said)} | made
    return found | {"kind": "other", "said": _first(said)}


def picture_of(archive: Archive, entry: FileEntry, which: str, dark: bool) -> bytes:
    """A PNG that we drew of a file. NotFound or UsageError, with a reason, if there is none."""
    if entry.sha256 is None:
        raise NotFound(f"the contents of {entry.name} are not in this archive")
    try:
        return shelf().picture(entry.sha256, lambda: b"".join(archive.read(entry)), which, dark)
    except ValueError as error:
        raise UsageError(" ".join(str(error).split())) from None


def _first(said: list[str]) -> str:
    return next(filter(None, said), "")


def _beginning(pieces: Iterator[bytes], most: int) -> tuple[bytes, bool]:
    """As much of a file as is shown, and whether that is all."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > most:
            return bytes(found[:most]), False
    return bytes(found), True


def found_file(files: list[FileEntry], full_name: str) -> FileEntry:
    """The version of a file that `name,version` says; NotFound if there is none."""
    name, _, version = full_name.rpartition(",")
    for entry in files:
        if entry.name == name and str(entry.version) == version:
            return entry
    raise NotFound(f"there is no file {full_name!r:.120}")


def attachment(name: str) -> str:
    """The header that lets a browser save contents under a name, whatever a stranger put into it (RFC 6266)."""
    plain = re.sub(r"[^\w.,+ -]", "_", name, flags=re.ASCII)
    whole = quote(re.sub(r"[\x00-\x1f\x7f/\\]", "_", name), safe="", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
