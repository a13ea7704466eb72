"""A branch of tapes: an archive that grows as a replay goes on and takes what listeners write; the tapes stay as they were."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gracetape.archive import Archive, Position
from gracetape.archive.rules import signoff_key
from gracetape.archive.store import Capture
from gracetape.archive.view import FileEntry
from gracetape.archive.writing import Transaction
from gracetape.errors import BadRequest
from gracetape.replay.change import Change
from gracetape.replay.reel import Track
from gracetape.replay.selection import mentions

if TYPE_CHECKING:
    from gracetape.archive import Alert, Snapshot
    from gracetape.replay.player import Player

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
    """What a player's tapes have reached, as an archive of its own at `path`, and what was written to it meanwhile.

    A dummy over `archive` answers as of the player's last message, under the ids and times that are played, with all that
    was written so far; give it `now` and `announce`, so that writes get the replay's time and their alerts go where its
    messages go. What was reached is not taken back when the player goes back.
    """

    def __init__(self, player: "Player", path: str | Path) -> None:
        self._player, self._lanes = player, player.reel.lanes
        self._tapes = ExitStack()
        self._sources = {
            id(track): self._source(track) for track in {id(lane.track): lane.track for lane in self._lanes}.values()
        }
        self.archive = BranchArchive.create(path)
        self._shown: dict[str, dict[tuple[str, str], Record]] = {}
        self._files: dict[str, set[FileEntry]] = {}
        self._new_lap(player.reel.lap)
        player.on_position.append(self.reach)
        player.stand()

    def _source(self, track: Track) -> Archive:
        if track.source is None or track.timeline is None:
            raise BadRequest("a GraceDB can only follow a replay of archives")
        if isinstance(track.source, Archive):
            return track.source
        return self._tapes.enter_context(Archive.open(str(track.source)))

    def _new_lap(self, lap: int) -> None:
        """Nothing of a lap has happened yet; an object is shown by the first lane that knows it."""
        self._lap = lap
        self._reached = [0] * len(self._lanes)
        self._changes = [lane.change_of(lap) for lane in self._lanes]
        self._owners: dict[str, int] = {}
        taken = {id(lane.track): _taken(lane.track) for lane in self._lanes}
        for number, (lane, change) in enumerate(zip(self._lanes, self._changes, strict=True)):
            for (graceid, kind), last in taken[id(lane.track)].items():
                self._owners.setdefault(change.text(graceid), number)
                self.archive.reserved[change.text(graceid), change.text(kind)] = last

    @property
    def tapes(self) -> list[Archive]:
        """The archives that are played."""
        return list(self._sources.values())

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
        self._tapes.close()

    # -- following the tapes

    def reach(self, number: int, position: Position) -> None:
        """Let everything that a lane's tape tells of up to a moment happen; going back changes nothing."""
        if self._player.reel.lap > self._lap:
            self._new_lap(self._player.reel.lap)
        lane, change = self._lanes[number], self._changes[number]
        timeline = lane.track.timeline
        if timeline is None or position.index <= self._reached[number]:
            return
        changed: dict[str, None] = {}
        for step in timeline.steps[self._reached[number] : position.index]:
            for graceid, _ in step.entries:
                changed[graceid] = None
                changed.update(dict.fromkeys(sorted(mentions(timeline.histories[graceid]))))
        with self.archive.transaction() as tx:
            for graceid in changed:
                snapshot = timeline.snapshot(graceid, position) if graceid in timeline.histories else None
                if snapshot is not None and self._owners.get(change.text(snapshot.graceid)) == number:
                    self._show(tx, snapshot, change, self._sources[id(lane.track)])
        self._reached[number] = position.index

    def _show(self, tx: Transaction, snapshot: "Snapshot", change: Change, source: Archive) -> None:
        """Change an object by what has changed on the tape since it was last looked at."""
        graceid = change.text(snapshot.graceid)
        old, new = self._shown.get(graceid, {}), _records(snapshot, change)
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
        known = self._files.setdefault(graceid, set())
        for file in snapshot.files():
            if file not in known:
                blob = tx.store_blob(source.read(file)) if file.sha256 is not None else None
                tx.add_file(graceid, change.text(file.name), blob, file.version, file.absent)
                known.add(file)
        self._shown[graceid] = new | {("object", ""): record}


def _taken(track: Track) -> dict[tuple[str, str], int]:
    """By (graceid, kind) the last number that a tape uses; files are kinds of their own."""
    taken: dict[tuple[str, str], int] = {}
    for history in track.timeline.histories.values() if track.timeline is not None else ():
        for kind in _NUMBERED:
            numbers = [int(record["N"]) for record in history.view.records(kind)]
            taken[history.graceid, kind] = max(numbers, default=0)
        for file in history.view.files():
            place = history.graceid, f"file {file.name}"
            taken[place] = max(file.version, taken.get(place, -1))
    return taken


def _records(snapshot: "Snapshot", change: Change) -> dict[tuple[str, str], Record]:
    about = snapshot.record()
    found = {("object", ""): about}
    for kind, key_of in _KEYS.items():
        found.update({(kind, key_of(record)): record for record in snapshot.records(kind)})
    found.update({("permission", str(i)): record for i, record in enumerate(snapshot.records("permission"))})
    return {place: change.record(record, about) for place, record in found.items()}


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
