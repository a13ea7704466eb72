"""A branch of tapes: an archive that grows as a replay goes on and takes what listeners write; the tapes stay as they were."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gracetape.archive import Alert, Archive, Position, Snapshot
from gracetape.archive.blobs import Blob
from gracetape.archive.kinds import LISTED, listed_for
from gracetape.archive.scratch import OverBlobs
from gracetape.archive.store import Capture
from gracetape.archive.view import FileEntry
from gracetape.archive.writing import Transaction
from gracetape.errors import BadRequest
from gracetape.ids import category_of
from gracetape.replay.player import Player
from gracetape.replay.rewrite import Rewrite
from gracetape.replay.selected import opened
from gracetape.replay.selection import Selection, mentions

Record = dict[str, Any]


class _BranchTransaction(Transaction):
    """Leaves the numbers that the tape will use free: what listeners write is numbered after them."""

    def __init__(self, archive: Archive, reserved: "Reserved") -> None:
        super().__init__(archive)
        self._reserved = reserved

    def is_taken(self, names: Iterable[str]) -> bool:
        names = list(names)
        return any(name in self._reserved for name in names) or super().is_taken(names)

    def greatest_event(self) -> int:
        numbers = [int(graceid[1:]) for graceid in self._reserved if category_of(graceid) == "event"]
        return max(super().greatest_event(), *numbers, 0)

    def next_n(self, graceid: str, kind: str) -> int:
        return max(super().next_n(graceid, kind), (self._reserved.last(self.head(graceid).object, kind) or 0) + 1)

    def add_file(
        self, target: str | Capture, name: str, blob: Any, version: int | None = None, absent: str | None = None
    ) -> FileEntry:
        if version is None and isinstance(target, str):
            newest = self.view(target).file(name)
            reserved = self._reserved.last(self.head(target).object, f"file {name}")
            version = max(-1 if reserved is None else reserved, newest.version if newest else -1) + 1
        return super().add_file(target, name, blob, version, absent)


class BranchArchive(Archive):
    """An archive whose writes leave the numbers free that are `reserved`.

    Its replay goes on in time, so nothing waits for the disk.
    """

    durable = False

    def __init__(self, path: Path, *, read_only: bool, packed: bool) -> None:
        super().__init__(path, read_only=read_only, packed=packed)
        self.reserved = Reserved()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction():
            yield _BranchTransaction(self, self.reserved)


class Branch:
    """What a player's tapes have reached, as an archive of its own at `path`, and what was written to it meanwhile.

    A dummy over `archive` answers as of the player's last message, under the ids and times that are played, with all that
    was written so far; give it `now` and `send_now`, so that writes get the replay's time and their alerts go where its
    messages go. What was reached is not taken back when the player goes back.

    `passing`: it is thrown away, so files' contents stay in the tapes and are read there. `late`: it begins where the only copy
    that is played has come to.
    """

    def __init__(self, player: Player, path: str | Path, *, passing: bool = False, late: bool = False) -> None:
        self._player, self._copies = player, player.queue.copies
        self._tapes = ExitStack()
        selections = {id(copy.selection): copy.selection for copy in self._copies}
        self._sources = {number: self._source(selection) for number, selection in selections.items()}
        self.archive = BranchArchive.create(path)
        self._passing = passing
        if passing:
            self.archive.blobs = OverBlobs(lambda: self.archive.path, *(tape.blobs for tape in self.tapes))
        self._shown: dict[str, dict[tuple[str, str], Record]] = {}
        self._files: dict[str, set[FileEntry]] = {}
        self._new_lap(player.queue.lap)
        with player.standing():
            player.on_position.append(self.reach)
            if not late:
                player.stand()
            elif player.position is not None:
                self.reach(0, player.position)

    def __repr__(self) -> str:
        return f"<Branch of {len(self._sources)} tapes, {len(self._copies)} copies>"

    def _source(self, selection: Selection) -> Archive:
        if selection.source is None or selection.timeline is None:
            raise BadRequest("a GraceDB can only follow a replay of archives")
        return opened(selection.source, self._tapes)

    def _new_lap(self, lap: int) -> None:
        """Nothing of a lap has happened yet; an object is shown by the first copy that knows it."""
        self._lap = lap
        self._reached = [0] * len(self._copies)
        self._rewrites = [copy.rewrite_of(lap) for copy in self._copies]
        self._owners: dict[str, int] = {}
        for number, (copy, rewrite) in enumerate(zip(self._copies, self._rewrites, strict=True)):
            selection, timeline = copy.selection, copy.selection.timeline
            if timeline is None:
                continue
            for graceid in timeline.histories:
                if selection.end is not None and timeline.snapshot(graceid, selection.end) is None:
                    continue
                self._owners.setdefault(rewrite.text(graceid), number)
                self.archive.reserved.add(rewrite.text(graceid), partial(_renamed, selection, graceid, rewrite))

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

    def send_now(self, alert: Alert) -> None:
        """Send the alert of a write where the replay's messages go."""
        self._player.send_now(alert)

    def close(self) -> None:
        """Follow the player no longer."""
        self._player.on_position.remove(self.reach)
        self.archive.close()
        self._tapes.close()

    # -- following the tapes

    def reach(self, number: int, position: Position) -> None:
        """Let everything that a copy's tape tells of up to a moment happen; going back changes nothing."""
        if self._player.queue.lap > self._lap:
            self._new_lap(self._player.queue.lap)
        copy, rewrite = self._copies[number], self._rewrites[number]
        timeline = copy.selection.timeline
        if timeline is None or position.index <= self._reached[number]:
            return
        changed: dict[str, None] = {}
        for _, step in timeline.walk(Position(self._reached[number]), position):
            for graceid, _ in step.entries:
                changed[graceid] = None
                changed.update(dict.fromkeys(sorted(mentions(timeline.histories[graceid]))))
        with self.archive.transaction() as tx:
            for graceid in changed:
                snapshot = timeline.snapshot(graceid, position) if graceid in timeline.histories else None
                if snapshot is not None and self._owners.get(rewrite.text(snapshot.graceid)) == number:
                    self._show(tx, snapshot, rewrite, self._sources[id(copy.selection)])
        self._reached[number] = position.index

    def _show(self, tx: Transaction, snapshot: Snapshot, rewrite: Rewrite, source: Archive) -> None:
        """Change an object by what has changed on the tape since it was last looked at."""
        graceid = rewrite.text(snapshot.graceid)
        old, new = self._shown.get(graceid, {}), _records(snapshot, rewrite)
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
                blob = self._kept(tx, source, file)
                tx.add_file(graceid, rewrite.text(file.name), blob, file.version, file.absent)
                known.add(file)
        self._shown[graceid] = new | {("object", ""): record}

    def _kept(self, tx: Transaction, source: Archive, file: FileEntry) -> Blob | None:
        """The contents of a file of a tape, kept on the branch or read where they are."""
        if file.sha256 is None:
            return None
        return tx.name_blob(source.blob(file.sha256)) if self._passing else tx.store_blob(source.read(file))


def _numbers(selection: Selection, graceid: str) -> dict[str, int]:
    """By kind the last number that a tape uses of an object; files are kinds of their own."""
    timeline, end = selection.timeline, selection.end
    if timeline is None or graceid not in timeline.histories:
        return {}
    view = timeline.histories[graceid].view if end is None else timeline.snapshot(graceid, end)
    if view is None:
        return {}
    taken: dict[str, int] = {}
    for kind in LISTED:
        if kind.numbered:
            taken[kind.name] = max((int(record["N"]) for record in view.records(kind.name)), default=0)
    for file in view.files():
        taken[f"file {file.name}"] = max(file.version, taken.get(f"file {file.name}", -1))
    return taken


def _renamed(selection: Selection, graceid: str, rewrite: Rewrite) -> dict[str, int]:
    return {rewrite.text(kind): last for kind, last in _numbers(selection, graceid).items()}


class Reserved:
    """The ids and numbers that tapes use, under the names that are played. Those of an object are looked up when it is written to."""

    def __init__(self) -> None:
        self._of: dict[str, list[Callable[[], Mapping[str, int]]]] = {}
        self._known: dict[str, dict[str, int]] = {}

    def add(self, graceid: str, numbers: Callable[[], Mapping[str, int]]) -> None:
        """An object, and what gives the last number of each of its kinds."""
        self._of.setdefault(graceid, []).append(numbers)
        self._known.pop(graceid, None)

    def clear(self) -> None:
        self._of.clear()
        self._known.clear()

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._of)

    def __contains__(self, graceid: str) -> bool:
        return graceid in self._of

    def last(self, graceid: str, kind: str) -> int | None:
        """The last number of a kind; None if the tapes have none of it."""
        if graceid not in self._of:
            return None
        if graceid not in self._known:
            known = self._known[graceid] = {}
            for numbers in self._of[graceid]:
                for name, last in numbers().items():
                    known[name] = max(last, known.get(name, last))
        return self._known[graceid].get(kind)


def _records(snapshot: Snapshot, rewrite: Rewrite) -> dict[tuple[str, str], Record]:
    about = snapshot.record()
    found = {("object", ""): about}
    for kind in listed_for(snapshot.category):
        records = snapshot.records(kind.name)
        found.update({(kind.name, kind.key(record, place)): record for place, record in enumerate(records, start=1)})
    return {place: rewrite.record(record, about) for place, record in found.items()}


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
