"""What the commands work on: a served dummy with a superevent, tapes of it, a cache to import, a file of messages; made once per run."""

import gzip
import json
import random
import shutil
import signal
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from demo.lives import whole_life
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.recorded import recorded_of
from gracetape.archive.verify import verify
from tests.torture.child import HANGS_S, Child, command, fork, run

#: Messages that a recorder hears.
MESSAGES = 300


@dataclass
class World:
    """Where the things lie, and what undisturbed commands made of them (graceid -> digest of its newest version)."""

    folder: Path
    chance: random.Random
    url: str = ""
    superevent: str = ""
    captured: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    server: Child | None = None

    def __getattr__(self, name: str) -> Path:
        """`world.whole` is the path of `whole`, and so on."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.folder / (f"{name}.tape" if name in ("source", "first", "whole", "packed", "littered") else name)

    def close(self) -> None:
        if self.server is not None:
            self.server.send(signal.SIGTERM)
            try:
                self.server.wait(10)
            except TimeoutError:
                pass


def digests(path: Path) -> dict[str, str]:
    """Graceid -> digest of its newest version; every captured version must be sound."""
    with Archive.open(path) as archive:
        damage = [str(one) for one in verify(archive)]
        assert not damage, f"{path.name} is not sound: {damage[:3]}"
        return {graceid: archive.capture(graceid).digest for graceid in archive.objects()}


def versions(path: Path) -> dict[str, str]:
    """`G1@2` -> digest, of every whole version."""
    with Archive.open(path) as archive:
        return {capture.ref: capture.digest for capture in archive.captures()}


def recorded(path: Path) -> list[int]:
    """The numbers of the messages that were recorded, in a file or an archive, in their order."""
    if path.suffix != ".tape":
        text = path.read_text(encoding="utf-8")
        assert not text or text.endswith("\n"), "the file of messages ends in half a line"
        return [json.loads(line)["payload"]["data"]["N"] for line in text.splitlines()]
    with Archive.open(path) as archive:
        return [one.payload["data"]["N"] for one in recorded_of(archive, "S1")]


def serve(tape: Path, out: Path, *words: str) -> tuple[Child, str]:
    """A served dummy, and its URL."""
    child = fork(command(["dummy", "serve", "--keep", str(tape), *words]), out)
    end = time.monotonic() + HANGS_S
    while " is a GraceDB at " not in child.said:
        if child.poll() or time.monotonic() > end:
            raise RuntimeError(f"no dummy is served: {child.said}")
        time.sleep(0.01)
    return child, child.said.split(" is a GraceDB at ")[1].split()[0]


def make(folder: Path, chance: random.Random) -> World:
    """The world, in a folder that is there and empty."""
    world = World(folder, chance)
    with Archive.create(world.source) as archive, dummy.GraceDb(archive) as client:
        world.superevent, _ = whole_life(client)
        for number in range(6):
            client.write_log(world.superevent, f"file {number}", f"file{number % 4}.bin", chance.randbytes(30_000))
    world.server, world.url = serve(world.source, folder / "served.out", "--alerts", str(folder / "alerts.jsonl"))
    pull = [world.superevent, "--service-url", world.url, "-q", "-a"]
    assert run(["capture", *pull, str(world.first)], folder / "out") == (0, "")
    world.before = digests(world.first)
    with dummy.GraceDb(world.source, keep=True) as client:
        for number in range(4):
            client.write_log(world.superevent, f"later file {number}", "later.bin", chance.randbytes(30_000))
    assert run(["capture", *pull, str(world.whole)], folder / "out") == (0, "")
    world.captured = digests(world.whole)
    assert run(["archive", "pack", str(world.whole), str(world.packed)], folder / "out")[0] == 0
    _litter(world)
    _cache(folder / "cache", chance)
    with tarfile.open(folder / "cache.tar", "w") as tar:
        tar.add(folder / "cache", "cache")
    (folder / "cache.tgz").write_bytes(gzip.compress((folder / "cache.tar").read_bytes(), mtime=0))
    code, said = run(
        ["archive", "import", "meg", str(folder / "cache"), "-a", str(folder / "imported.tape")], folder / "out"
    )
    assert code == 0, said
    world.imported = digests(folder / "imported.tape")
    (folder / "messages.jsonl").write_text("".join(message(number) for number in range(MESSAGES)), encoding="utf-8")
    return world


def message(number: int) -> str:
    """A line as a broker's message: a log entry of a superevent."""
    payload = {
        "uid": "S1",
        "alert_type": "log",
        "data": {"N": number, "comment": "ü" * (number * 37 % 2000)},
        "object": {},
    }
    return json.dumps({"node": "a", "payload": payload}, ensure_ascii=False) + "\n"


def _litter(world: World) -> None:
    """A tape with contents that nothing names any more."""
    shutil.copytree(world.whole, world.littered)
    with Archive.open(world.littered, read_only=False) as archive, dummy.GraceDb(archive) as client:
        for number in range(12):
            client.write_log(world.superevent, "to be forgotten", f"gone{number}.bin", world.chance.randbytes(5_000))
        with archive.transaction() as tx:
            tx.drop(archive.captures(world.superevent)[-1])


def _cache(folder: Path, chance: random.Random) -> None:
    """A cache of mock-event-generator: one superevent, two events with a file each."""
    created, events = "2022-06-09 22:18:16 UTC", ["G1", "G2"]
    about = {"created": created, "labels": ["INJ"], "group": "CBC", "pipeline": "gstlal", "gpstime": 5.0}
    logs = [
        {"N": n + 1, "created": created, "comment": f"Added event: {event}", "filename": "", "tag_names": []}
        for n, event in enumerate(events)
    ]
    record = {"superevent_id": "S220609a", "created": created, "t_0": 5.0, "preferred_event": "G1", "gw_events": events}
    members = {event: {"graceid": event, **about} for event in events}
    told = {"sevent": record, "logs": {"log": logs}, "labels": [], "gevents": members}
    for event in events:
        (folder / "S220609a" / event).mkdir(parents=True)
        upload = {"filename": "coinc.xml,0", "delay": 0.5, "message": "Original Data", "tags": []}
        (folder / "S220609a" / event / "description.json").write_text(json.dumps({"uploads": [upload]}))
        (folder / "S220609a" / event / "coinc.xml,0").write_bytes(chance.randbytes(20_000))
    (folder / "S220609a" / "description.json").write_text(json.dumps({"source": "production", "sevent_data": told}))
