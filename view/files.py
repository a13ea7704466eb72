"""How the page shows a file of an archive: by its kind, which one table tells from its name; what is not shown is a download.

Nothing that is in a file is trusted: contents go out as an attachment, and what is made of them as JSON or as a picture that we drew.
"""

import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gracetape.archive import Archive, FileEntry, NotFound

Record = dict[str, Any]
#: Bytes of a file that are read to show it.
MOST = 2_000_000


@dataclass(frozen=True)
class Shown:
    """A row: a kind of file, which names are of it, and what makes the JSON that the page shows of its contents.

    The page has a part for each `kind` in `page/files.js`.
    """

    kind: str
    takes: Callable[[str], bool]
    make: Callable[[bytes, FileEntry], Record]


def _text(contents: bytes, entry: FileEntry) -> Record:
    return {"text": contents.decode(errors="replace")}


def _ends(*suffixes: str) -> Callable[[str], bool]:
    return lambda name: name.lower().endswith(suffixes)


#: The first row that takes a name is its kind.
KINDS: tuple[Shown, ...] = (
    Shown("text", _ends(".txt", ".log", ".csv", ".ini", ".md", ".xml", ".json", ".py", ".yaml", ".yml", ".toml"), _text),
)  # fmt: skip


def shown_file(archive: Archive, entry: FileEntry) -> Record:
    """What the page shows of a file: its kind and what was made of it; kind `other` for what is not shown."""
    found: Record = {"name": entry.name, "version": entry.version, "size": entry.size, "sha256": entry.sha256}
    row = next((row for row in KINDS if row.takes(entry.name)), None)
    if entry.sha256 is None:
        return found | {"kind": "absent", "absent": entry.absent}
    if row is None:
        return found | {"kind": "other"}
    contents, whole = _beginning(archive.read(entry))
    return found | {"kind": row.kind, "whole": whole} | row.make(contents, entry)


def _beginning(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """As much of a file as is shown, and whether that is all."""
    found = b""
    for piece in pieces:
        found += piece
        if len(found) > MOST:
            return found[:MOST], False
    return found, True


def found_file(files: list[FileEntry], full_name: str) -> FileEntry:
    """The version of a file that `name,version` says; NotFound if there is none."""
    name, _, version = full_name.rpartition(",")
    for entry in files:
        if entry.name == name and str(entry.version) == version:
            return entry
    raise NotFound(f"there is no file {full_name!r:.120}")


def media_type(entry: FileEntry) -> str:
    """What contents are said to be when they are downloaded."""
    kind = mimetypes.guess_type(entry.name)
    return "application/octet-stream" if kind[1] else kind[0] or "application/octet-stream"
