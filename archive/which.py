"""Which archive is meant, where a command may name it or not."""

import os
from pathlib import Path

from gracetape.errors import UsageError


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
