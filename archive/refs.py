"""How objects and archives are named on the command line: `G1234@2:20`, and which archive is meant."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from archive.errors import UsageError

_EVENT = re.compile(r"[GTMEH]\d+")
_SUPEREVENT = re.compile(r"[TM]?(S\d{6}[a-z]+|GW\d{6}[A-Z]+)")
_REF = re.compile(r"(?P<id>[^@:]+)(@(?P<version>\d+))?(:(?P<cutoff>-?\d+))?")


@dataclass(frozen=True)
class Ref:
    """An object as the user named it: its graceid, which capture (None: the newest), up to which log entry."""

    graceid: str
    version: int | None = None
    cutoff: int | None = None


def category_of(graceid: str) -> str:
    """`event` or `superevent`, by the form of the id; UsageError if it is neither."""
    if _EVENT.fullmatch(graceid):
        return "event"
    if _SUPEREVENT.fullmatch(graceid):
        return "superevent"
    raise UsageError(f"{graceid!r} is not a GraceID: ids look like G1234, T1234, E1234, S220609hl or GW150914A")


def parse_ref(text: str) -> Ref:
    """Read `G1234`, `G1234@2`, `G1234:20` or `G1234@2:20`; UsageError with the reason for anything else."""
    match = _REF.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} names no object: write G1234, G1234@2 (second capture) or G1234:20 (up to log 20)")
    category_of(match["id"])
    version = int(match["version"]) if match["version"] else None
    if version == 0:
        raise UsageError(f"{text!r}: captures are numbered from 1")
    return Ref(match["id"], version, int(match["cutoff"]) if match["cutoff"] else None)


def looks_like_archive(text: str) -> bool:
    """Whether an argument that may be an archive or an id is an archive."""
    return text.endswith(".tape") or os.sep in text or Path(text).exists()


def locate(path: str | Path | None = None) -> Path:
    """The archive that is meant: `path`, else $GRACETAPE_ARCHIVE, else the only *.tape in this folder."""
    named = path or os.environ.get("GRACETAPE_ARCHIVE")
    if named:
        return Path(named)
    found = sorted(Path().glob("*.tape"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(f) for f in found)
    what = f"there are several archives here ({names})" if found else "there is no *.tape in this folder"
    raise UsageError(f"which archive? {what}: name one with --archive PATH or set GRACETAPE_ARCHIVE")
