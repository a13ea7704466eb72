"""What the commands of `gracetape archive` share: how they open an archive, and what they tell of a capture."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gracetape.archive.kinds import LISTED
from gracetape.archive.recorded import count_recorded
from gracetape.archive.store import Archive, Capture
from gracetape.archive.which import locate
from gracetape.shown import human_bytes


@contextmanager
def reading(path: Path | None, *, contents: bool = False) -> Iterator[Archive]:
    """An archive as it is at one moment; with `contents`, whose files' contents are read, too."""
    with Archive.open(locate(path)) as archive, archive.reading(contents=contents):
        yield archive


def writing(path: Path | None) -> Archive:
    """An archive that may be written to."""
    return Archive.open(locate(path), read_only=False)


def size_of(about: dict[str, Any]) -> str:
    """How large the files of a summary are; 'absent' where there are files, and the contents of none."""
    return "absent" if about["files"] and len(about["absent"]) == about["files"] else human_bytes(about["bytes"])


def summary_of(archive: Archive, capture: Capture) -> dict[str, Any]:
    """What an archive holds of an object, in numbers and words."""
    view = archive.view(capture.ref)
    record, files = view.record(), view.files()
    return {
        "id": capture.object,
        "version": capture.version,
        "category": capture.category,
        "created": record.get("created"),
        "captured": capture.completed,
        "origin": capture.origin,
        "service": capture.service,
        "tool": capture.tool,
        **{f"{kind.name}s": view.count(kind.name) for kind in LISTED if kind.name != "permission"},
        "recorded_alerts": count_recorded(archive, capture.object),
        "files": len(files),
        "bytes": sum(f.size or 0 for f in files),
        "absent": [f"{f.full_name}: {f.absent}" for f in files if f.sha256 is None],
        "labels_now": record.get("labels", []),
        "far": record.get("far"),
        "notes": capture.noted(),
    }
