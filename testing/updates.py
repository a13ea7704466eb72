"""What changed on the GraceDB since a tape was recorded: fields, with their old and new values. Nothing is written."""

from collections.abc import Iterator
from pathlib import Path

from gracetape.archive import Archive
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.view import StoredView
from gracetape.capture.pull import capture
from gracetape.shown import printable
from gracetape.testing.comparing import differing, shown
from gracetape.testing.masking import without_root
from gracetape.testing.recording import asking, service_of
from gracetape.testing.settings import Settings
from gracetape.testing.wanted import WantedTape


def changes(path: Path, title: str, want: WantedTape, settings: Settings) -> list[str]:
    """Lines that tell what changed upstream, found by capturing everything but files' contents once more, for this alone."""
    lines = []
    with Archive.open(path) as old, HeldFolder(None, COPIED) as held:
        ids = want.ids or old.objects()
        with Archive.create(held.path / "now.tape") as new, asking(service_of(want, settings, old)) as client:
            capture(ids, new, client, files=False)
            for graceid in new.objects():
                if old.owner(graceid) is None:
                    lines.append(f"{title}: {graceid} is not on it")
                elif told := list(_changes(old.view(graceid), new.view(graceid))):
                    lines += [f"{title}: {graceid} changed:", *(f"  {printable(line)}" for line in told)]
    return lines or [f"{title}: nothing changed"]


def _changes(old: StoredView, new: StoredView) -> Iterator[str]:
    """One line for each record or file that came or went, and for each field that changed; the API's root is no difference."""
    before, after = ({(kind, key): None for kind, key, _, _ in view.items()} for view in (old, new))
    for kind, key in {**before, **after}:
        what = f"{kind} {key}".strip()
        if kind == "service":
            continue  # what the server offers, not what it tells of the object
        if (kind, key) not in after or (kind, key) not in before:
            yield f"{what} {'added' if (kind, key) in after else 'removed'}"
            continue
        records = (without_root(view.one(kind, key)) for view in (old, new))
        yield from (f"{what}: {field}: {shown(was)} → {shown(now)}" for field, was, now in differing(*records))
    names = [{file.full_name for file in view.files()} for view in (old, new)]
    yield from (f"file {name} added" for name in sorted(names[1] - names[0]))
    yield from (f"file {name} removed" for name in sorted(names[0] - names[1]))
