"""What the commands of `gracetape archive` share: how they open an archive, and what they tell of a capture."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gracetape.archive.capture_notes import TAGS, TORN
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


def how_to_bring(ref: str, path: Path) -> str:
    """What to do about contents that are absent."""
    graceid = ref.partition("@")[0]
    return f"when it was captured, they could not be had or were not asked for: capture {graceid} -a {path} asks again"


def summary_of(archive: Archive, capture: Capture) -> dict[str, Any]:
    """What an archive holds of an object, in numbers and words."""
    view = archive.view(capture.ref)
    record, files, notes = view.record(), view.files(), capture.noted()
    counts = {f"{kind.name}s": view.count(kind.name) for kind in LISTED if kind.name != "permission"}
    counts["labels"] = counts["labels"] or len(record.get("labels") or ())  # the list of them may not have been had
    return {
        "id": capture.object,
        "version": capture.version,
        "category": capture.category,
        "created": record.get("created"),
        "captured": capture.completed,
        "origin": capture.origin,
        "service": capture.service,
        "tool": capture.tool,
        **counts,
        "recorded_alerts": count_recorded(archive, capture.object),
        "files": len(files),
        "bytes": sum(f.size or 0 for f in files),
        "absent": [f"{f.full_name}: {f.reason}" for f in files if f.sha256 is None],
        "labels_now": record.get("labels", []),
        "far": record.get("far"),
        "torn": TORN in notes,
        "notes": {name: note for name, note in notes.items() if name != TAGS},
    }
