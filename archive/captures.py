"""What a capture is: one version of one object, a row of the table `captures`."""

from dataclasses import dataclass
from typing import Any

from gracetape.archive.shapes import GREATEST, is_category
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError


@dataclass(frozen=True)
class Capture:
    """One version of one object.

    `service` is the API root that the record's links start with, `origin` says how it came: `capture`, `import` or
    `dummy`; `completed` is None while it is in the making; `writable` is 1
    where writes change it, and 0 where it is a recording, which stays as it came; `notes` is a free JSON object (what was absent, what was made).
    """

    id: int
    object: str
    version: int
    category: str
    service: str
    origin: str
    tool: str
    started: str
    completed: str | None
    notes: str
    digest: str
    seal: str
    writable: int = 0

    def __post_init__(self) -> None:
        texts: tuple[object, ...] = (self.object, self.category, self.service, self.origin, self.tool, self.started)
        texts += (self.notes, self.digest, self.seal, self.completed or "")
        sound = all(isinstance(text, str) for text in texts) and isinstance(self.id, int)
        if not (
            sound
            and isinstance(self.version, int)
            and self.writable in (0, 1)
            and isinstance(self.writable, int)
            and 0 < self.version < GREATEST
            and is_category(self.object, self.category)
        ):
            raise ArchiveError(f"a row of the table captures is damaged ({self.object!r:.80}): verify tells more")

    def noted(self) -> dict[str, Any]:
        """The notes; ArchiveError if they are no JSON object."""
        try:
            notes = read_kept(self.notes)
        except ValueError as error:
            raise ArchiveError(f"the notes of {self.ref} are not JSON: {error}") from None
        if not isinstance(notes, dict):
            raise ArchiveError(f"the notes of {self.ref} are not a JSON object")
        return notes

    @property
    def ref(self) -> str:
        return f"{self.object}@{self.version}"
