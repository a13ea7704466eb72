"""A branch of a tape: an archive that grows as a replay goes on and takes what listeners write; the tape stays as it was."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import Archive, History, Position, Timeline
from archive.rules import signoff_key
from archive.store import Capture
from archive.view import FileEntry
from archive.writing import Transaction
from replay.errors import BadRequest
from replay.selection import mentions

if TYPE_CHECKING:
    from archive import Alert, Snapshot
    from replay.player import Player

Record = dict[str, Any]
#: How the records of each kind are told apart.
_KEYS: dict[str, Callable[[Record], str]] = {
    "log": lambda record: str(record["N"]),
    "label": lambda record: str(record["name"]),
    "voevent": lambda record: str(record["N"]),
    "emobservation": lambda record: str(record["N"]),
    "signoff": lambda record: signoff_key(record["signoff_type"], record["instrument"]),
}
_NUMBERED = ("log", "voevent", "emobservation")


class _BranchTransaction(Transaction):
    """Leaves the numbers that the tape will use free: what listeners write is numbered after them."""

    def __init__(self, archive: Archive, reserved: Mapping[tuple[str, str], int]) -> None:
        super().__init__(archive)
        self._reserved = reserved

    def next_n(self, graceid: str, kind: str) -> int:
        return max(super().next_n(graceid, kind), self._reserved.get((self.head(graceid).object, kind), 0) + 1)

    def add_file(
        self, target: str | Capture, name: str, blob: Any, version: int | None = None, absent: str | None = None
    ) -> FileEntry:
        if version is None and isinstance(target, str):
            newest = self.view(target).file(name)
            reserved = self._reserved.get((self.head(target).object, f"file {name}"), -1)
            version = max(reserved, newest.version if newest else -1) + 1
        return super().add_file(target, name, blob, version, absent)


class BranchArchive(Archive):
    """An archive whose writes leave some numbers free: by (object, kind) the last one that is taken."""

    def __init__(self, path: Path, *, read_only: bool, packed: bool) -> None:
        super().__init__(path, read_only=read_only, packed=packed)
        self.reserved: dict[tuple[str, str], int] = {}

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction():
            yield _BranchTransaction(self, self.reserved)


class Branch:
    """What a player's tape has reached, as an archive of its own at `path`, and what was written to it meanwhile.

    A dummy over `archive` answers as of the player's last message, with all that was written so far; give it `now` and
    `announce`, so that writes get the replay's time and their alerts go where its messages go.
    """

    def __init__(self, player: "Player", source: Archive, path: str | Path) -> None:
        if player.timeline is None:
            raise BadRequest("nothing is played, so nothing can be written to")
        self._player, self._source, self._timeline = player, source, player.timeline
        self.archive = BranchArchive.create(path)
        self._reached = 0
        self._shown: dict[str, dict[tuple[str, str], Record]] = {}
        self._files: dict[str, set[FileEntry]] = {}
        for history in self._timeline.histories.values():
            self._reserve(history)
        player.on_position.append(self.reach)
        if player.position is not None:
            self.reach(player.position)

    def _reserve(self, history: History) -> None:
        for kind in _NUMBERED:
            numbers = [int(record["N"]) for record in history.view.records(kind)]
            self.archive.reserved[history.graceid, kind] = max(numbers, default=0)
        for file in history.view.files():
            place = history.graceid, f"file {file.name}"
            self.archive.reserved[place] = max(file.version, self.archive.reserved.get(place, -1))

    def now(self) -> datetime:
        """The time (UTC) that the replay has reached."""
        player = self._player
        if player.last is None:
            return player.first or datetime.now(UTC)
        return player.last.created + timedelta(seconds=max(0.0, player.elapsed_s - player.last_dt))

    def announce(self, alert: "Alert") -> None:
        """Send the alert of a write where the replay's messages go."""
        self._player.announce(alert)

    def close(self) -> None:
        """Follow the player no longer."""
        self._player.on_position.remove(self.reach)
        self.archive.close()

    # -- following the tape

    def reach(self, position: Position) -> None:
        """Let everything that the tape tells of up to a moment happen; going back changes nothing."""
        if position.index <= self._reached:
            return
        timeline, changed = self._timeline, dict[str, None]()
        for step in timeline.steps[self._reached : position.index]:
            for graceid, _ in step.entries:
                changed[graceid] = None
                changed.update(dict.fromkeys(sorted(mentions(timeline.histories[graceid]))))
        with self.archive.transaction() as tx:
            for graceid in changed:
                snapshot = timeline.snapshot(graceid, position) if graceid in timeline.histories else None
                if snapshot is not None:
                    self._show(tx, snapshot)
        self._reached = position.index

    def _show(self, tx: Transaction, snapshot: "Snapshot") -> None:
        """Change an object by what has changed on the tape since it was last looked at."""
        graceid, old, new = snapshot.graceid, self._shown.get(snapshot.graceid, {}), _records(snapshot)
        record = new.pop(("object", ""))
        if not old:
            tx.new_object(graceid, snapshot.service, record)
        elif record != old[("object", "")]:
            now = tx.view(graceid).record()
            tx.put(graceid, "object", "", _merged(old[("object", "")], record, now))
        for (kind, key), value in new.items():
            if old.get((kind, key)) != value:
                tx.put(graceid, kind, key, value)
        for kind, key in old.keys() - new.keys() - {("object", "")}:
            if tx.view(graceid).one(kind, key) is not None:
                tx.delete(graceid, kind, key)
        self._show_files(tx, snapshot)
        self._shown[graceid] = new | {("object", ""): record}

    def _show_files(self, tx: Transaction, snapshot: "Snapshot") -> None:
        files, known = snapshot.files(), self._files.setdefault(snapshot.graceid, set())
        for file in files:
            if file not in known:
                blob = tx.store_blob(self._source.read(file)) if file.sha256 is not None else None
                tx.add_file(snapshot.graceid, file.name, blob, file.version, file.absent)
                known.add(file)


def _records(snapshot: "Snapshot") -> dict[tuple[str, str], Record]:
    found = {("object", ""): snapshot.record()}
    for kind, key_of in _KEYS.items():
        found.update({(kind, key_of(record)): record for record in snapshot.records(kind)})
    found.update({("permission", str(i)): record for i, record in enumerate(snapshot.records("permission"))})
    return found


def _merged(old: Record, new: Record, now: Record) -> Record:
    """A record as it is now, with what has changed from `old` to `new`; what was added to its lists since stays there."""
    merged = dict(now)
    for name, value in new.items():
        before = old.get(name)
        if value == before:
            continue
        if isinstance(value, list) and isinstance(before, list) and isinstance(own := now.get(name), list):
            merged[name] = value + [item for item in own if item not in value and item not in before]
        else:
            merged[name] = value
    return merged


def timeline_of(player: "Player") -> Timeline:
    """The one timeline that a player plays under its own ids and times; BadRequest if there are several, or others."""
    lanes = player.reel.lanes
    if len(lanes) != 1 or not lanes[0].plain or (timeline := lanes[0].track.timeline) is None:
        raise BadRequest(
            "a GraceDB can follow a replay of one archive under its recorded ids and times: "
            "leave out further archives, --offset, --align, --as, --copies and --retime"
        )
    return timeline
