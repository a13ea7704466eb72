"""Which archive is meant, where a command may name it or not."""

import os
import re
from pathlib import Path

from gracetape.errors import UsageError
from gracetape.ids import is_graceid
from gracetape.settings_files import find

#: How `pack` and `unpack` name what they make of NAME.tape.
_MADE = re.compile(r"(.+)\.(?:packed|unpacked)\.tape")


def looks_like_archive(text: str) -> bool:
    """Whether an argument that may be an archive (or a file of messages) or an id is an archive."""
    if text.endswith((".tape", ".jsonl")) or os.sep in text:
        return True
    path = Path(text)
    if not path.exists():
        return False
    # a folder with an object's files, or one of mock-event-generator's, has the name of its id
    return not path.is_dir() or (path / "archive.sqlite").exists() or not is_graceid(text)


def locate(path: str | Path | None = None) -> Path:
    """The archive that is meant: `path`, else $GRACETAPE_ARCHIVE, else that of a settings file, else the only *.tape in this folder
    (beside its own packs)."""
    named = path or os.environ.get("GRACETAPE_ARCHIVE")
    if named:
        return Path(named)
    if (said := find("archive")) is not None:
        return Path(said.value)
    found = _without_packs(sorted(Path().glob("*.tape")))
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(f) for f in found)
    what = f"there are several archives here ({names})" if found else "there is no *.tape in this folder"
    raise UsageError(f"which archive? {what}: name one with --archive PATH or set GRACETAPE_ARCHIVE")


def _without_packs(found: list[Path]) -> list[Path]:
    """The same without what `pack` and `unpack` made of another one, by their names."""
    names = {path.name for path in found}
    return [path for path in found if not (made := _MADE.fullmatch(path.name)) or f"{made[1]}.tape" not in names]
