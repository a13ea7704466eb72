"""What a capture is: one version of one object, a row of the table `captures`; and which of them an archive holds."""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gracetape.archive.shapes import GREATEST, is_category
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError, NotFound
from gracetape.ids import parse_ref


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

    def __repr__(self) -> str:
        return f"<Capture {self.object}@{self.version}, {self.origin}, {self.completed or 'in the making'}>"

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


class Captures(ABC):
    """What an archive holds, by the names of objects and captures."""

    path: Path

    @property
    @abstractmethod
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the database."""

    def objects(self) -> list[str]:
        """The graceids that have at least one whole capture, in the order in which they came."""
        rows = self.connection.execute(
            "SELECT object FROM captures WHERE completed IS NOT NULL GROUP BY object ORDER BY min(id)"
        )
        found = [row[0] for row in rows]
        if not all(isinstance(graceid, str) for graceid in found):
            raise ArchiveError(f"{self.path} is damaged: the id of an object in it is no text")
        return found

    def holds_more_than(self, count: int) -> bool:
        """Whether there are more objects than that, however many more."""
        query = "SELECT DISTINCT object FROM captures WHERE completed IS NOT NULL LIMIT ?"
        return len(self.connection.execute(query, (count + 1,)).fetchall()) > count

    def near(self, category: str, first_gps: float, last_gps: float) -> list[str]:
        """The graceids of the events or superevents in a range of GPS times (seconds), by time."""
        query = "SELECT object FROM places WHERE category = ? AND gps BETWEEN ? AND ? ORDER BY gps, object"
        return [str(row[0]) for row in self.connection.execute(query, (category, first_gps, last_gps))]

    def captures(self, graceid: str | None = None, *, unfinished: bool = False) -> list[Capture]:
        """The captures of one object, or of all, oldest first; without `unfinished`, the whole ones."""
        where, values = ("1", ()) if graceid is None else ("object = ?", (graceid,))  # of one, by its index
        query = f"SELECT * FROM captures WHERE {where} AND (? OR completed IS NOT NULL) ORDER BY id"
        return [Capture(*row) for row in self.connection.execute(query, (*values, unfinished))]

    def resolve(self, name: str) -> str:
        """The id under which an object is kept, from any id that it has had; NotFound if there is none."""
        found = self.owner(name)
        if found is None:
            raise NotFound(f"{self.path} holds no {name}{self._hint()}")
        return found

    def owner(self, name: str) -> str | None:
        """As `resolve`; None if there is none."""
        row = self.connection.execute("SELECT object FROM names WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else None

    def owners(self, names: Iterable[str]) -> dict[str, str]:
        """As `owner`, of many names at once: those that there are."""
        query = "SELECT name, object FROM names WHERE name IN (SELECT value FROM json_each(?))"
        return {str(name): str(owner) for name, owner in self.connection.execute(query, (json.dumps(list(names)),))}

    def names_of(self, graceid: str) -> set[str]:
        """Every id that an object goes or went by, given the one under which it is kept."""
        return {row[0] for row in self.connection.execute("SELECT name FROM names WHERE object = ?", (graceid,))}

    def _hint(self) -> str:
        known = self.objects()
        if not known:
            return ": it is empty"
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        return f": it holds {', '.join(known[:8])}{more}"

    def capture(self, ref: str) -> Capture:
        """The capture that `G1234` (the newest) or `G1234@2` names; NotFound if there is none."""
        wanted = parse_ref(ref)
        graceid = self.resolve(wanted.graceid)
        query = "SELECT * FROM captures WHERE object = ? AND completed IS NOT NULL AND (? IS NULL OR version = ?)"
        row = self.connection.execute(
            query + " ORDER BY version DESC LIMIT 1", (graceid, wanted.version, wanted.version)
        ).fetchone()
        if row is None:
            last = self.captures(graceid)
            have = f"its newest capture is @{last[-1].version}" if last else "its capture was never finished"
            raise NotFound(f"{self.path} holds no {ref}: {have}")
        return Capture(*row)
