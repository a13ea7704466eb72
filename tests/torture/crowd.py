"""Many at one dummy at once: writers that are killed and come back, in process and over HTTP, beside gc, packs and readers."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from tests.torture.child import HANGS_S, Child, fork, run
from tests.torture.trial import Tally, last_words, left
from tests.torture.world import serve

#: What a writer does in a turn: an entry with a file; every one of them is acknowledged in the writer's own file, after its 201.
_WRITERS, _SERVED_WRITERS = 2, 2
Work = Callable[[], int | None]


@dataclass
class Crowd:
    """An archive that many write to, and where they tell what was acknowledged."""

    folder: Path
    graceids: list[str]
    url: str = ""

    @property
    def tape(self) -> Path:
        return self.folder / "shared.tape"

    def acknowledged(self) -> list[dict[str, Any]]:
        """What writers were told was kept, so far."""
        found = []
        for path in sorted(self.folder.glob("acknowledged-*")):
            for line in path.read_bytes().split(b"\n")[:-1]:  # a last line without an end was never finished
                found.append(json.loads(line))
        return found

    def check(self, archive: Archive, wanted: list[dict[str, Any]]) -> None:
        """All of it is there, and is what was written."""
        for graceid in self.graceids:
            mine = [one for one in wanted if one["graceid"] == graceid]
            view = archive.view(graceid)
            logs = {log["N"]: log for log in view.records("log")}
            files = {(file.name, file.version): file for file in view.files()}
            for one in mine:
                log = logs.get(one["N"])
                assert log, f"entry {one} is not there"
                assert log["comment"] == one["comment"], f"entry {one} is another"
                file = files[one["file"], one["version"]]
                assert b"".join(archive.read(file)).decode() == one["contents"], f"the contents of {one} are not there"


def _writer(crowd: Crowd, name: str, seed: int, url: str) -> Work:
    """Writes until it is killed."""

    def work() -> None:
        chance = random.Random(seed)
        with (crowd.folder / f"acknowledged-{name}").open("ab", buffering=0) as told:
            client: Any = dummy.GraceDb(crowd.tape, keep=True, retries=0) if not url else _over_http(url)
            while True:
                graceid, contents = chance.choice(crowd.graceids), f"{name} {chance.random()} " * chance.randint(1, 900)
                comment = f"{name}.{seed}.{chance.random()}"
                made = client.write_log(graceid, comment, filename="shared.txt", filecontents=contents)
                if made.status_code == 201:
                    record = made.json()
                    one = {"graceid": graceid, "N": record["N"], "comment": comment, "contents": contents}
                    one |= {"file": record["filename"], "version": record["file_version"]}
                    told.write(json.dumps(one).encode() + b"\n")

    return work


def _over_http(url: str) -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb(url, force_noauth=True)


def _reader(crowd: Crowd, seed: int, end: float) -> Work:
    """Reads what was acknowledged before, in every way; what is not there, or is not what was written, ends it with a traceback."""

    def work() -> None:
        chance = random.Random(seed)
        turns = 0
        while time.time() < end:
            known = crowd.acknowledged()
            some = chance.sample(known, min(4, len(known)))
            way = chance.choice(["archive", "client", "served"])
            if way == "archive":
                with Archive.open(crowd.tape) as archive:
                    crowd.check(archive, some)
            else:
                client = _client(crowd, way)
                with client:
                    for one in some:
                        assert client.logs(one["graceid"], one["N"]).json()["comment"] == one["comment"]
                        full = f"{one['file']},{one['version']}"
                        assert client.files(one["graceid"], full).read().decode() == one["contents"]
            turns += 1
        print(f"turns: {turns}")

    return work


def _client(crowd: Crowd, way: str) -> Any:
    return dummy.GraceDb(Archive.open(crowd.tape)) if way == "client" else _over_http(crowd.url)


def _collector(crowd: Crowd, end: float) -> Work:
    """Frees what nothing uses, again and again."""

    def work() -> None:
        turns = 0
        while time.time() < end:
            code, said = run(["archive", "gc", "-a", str(crowd.tape)], crowd.folder / "gc.out")
            assert code == 0, f"gc: {said}"
            turns += 1
        print(f"turns: {turns}")

    return work


def _packer(crowd: Crowd, seed: int, end: float) -> Work:
    """Packs again and again; what is packed holds all that was acknowledged before, and is sound. A packed one is verified."""

    def work() -> None:
        chance, turns = random.Random(seed), 0
        while time.time() < end:
            known, packed = crowd.acknowledged(), crowd.folder / f"packed{turns}.tape"
            code, said = run(["archive", "verify", str(crowd.tape)], crowd.folder / "verify.out")
            assert code == 0, f"verify: {said}"
            if crowd.tape.is_dir():
                code, said = run(["archive", "pack", str(crowd.tape), str(packed)], crowd.folder / "pack.out")
                assert code == 0, f"pack: {said}"
                with Archive.open(packed) as archive:
                    damage = list(verify(archive))
                    assert not damage, f"a pack is damaged: {damage[:2]}"
                    crowd.check(archive, chance.sample(known, min(30, len(known))))
                packed.unlink()
            turns += 1
        print(f"turns: {turns}")

    return work


def torment(folder: Path, seed: int, seconds: float, packed: bool, tally: Tally) -> None:
    """Let them all at it for some seconds, killing writers on the way; then everything must be there."""
    folder.mkdir()
    with Archive.create(folder / "shared.tape", packed=packed) as archive, dummy.GraceDb(archive) as client:
        crowd = Crowd(folder, [new_event(client), new_event(client)])
    chance, end = random.Random(seed), time.time() + seconds
    server, crowd.url = serve(crowd.tape, folder / "served.out", "--alerts", str(folder / "alerts.jsonl"))
    names = [f"w{n}" for n in range(_WRITERS)] + [f"s{n}" for n in range(_SERVED_WRITERS)]
    writers = {name: _start(crowd, name, chance) for name in names}
    others = {
        "gc": fork(_collector(crowd, end), folder / "collector.out"),
        "pack": fork(_packer(crowd, seed + 1, end), folder / "packer.out"),
        **{f"reader {n}": fork(_reader(crowd, seed + 2 + n, end), folder / f"reader{n}.out") for n in range(2)},
    }
    while time.time() < end:
        time.sleep(chance.uniform(0.05, 0.6))
        name = chance.choice(names)
        if writers[name].poll():
            tally.failed(f"writer {name}", f"ended by itself: {last_words(writers[name].said)}")
        writers[name].kill()
        tally.kills += 1
        writers[name] = _start(crowd, name, chance)
    for writer in writers.values():
        writer.kill()
    for name, child in others.items():
        try:
            code = child.wait()
        except TimeoutError as error:
            tally.failed(name, error)
            continue
        tally.ends["others ended well" if code == 0 else "others failed"] += 1
        if code:
            tally.failed(name, last_words(child.said))
    server.send(signal.SIGTERM)
    try:
        code = server.wait()
        if code not in (0, 130, 143, -15):
            tally.failed("the served dummy", f"exit {code}: {server.said[-300:]}")
    except TimeoutError:
        tally.failed("the served dummy", f"SIGTERM does not stop it within {HANGS_S:.0f} s")
    _at_last(crowd, tally)
    shutil.rmtree(folder)


def _start(crowd: Crowd, name: str, chance: random.Random) -> Child:
    url = crowd.url if name.startswith("s") else ""
    return fork(_writer(crowd, name, chance.randrange(1 << 30), url), crowd.folder / f"{name}.out")


def _at_last(crowd: Crowd, tally: Tally) -> None:
    known = crowd.acknowledged()
    tally.tried += len(known)
    tally.ends["acknowledged"] += len(known)
    try:
        with Archive.open(crowd.tape) as archive:
            damage = [str(one) for one in verify(archive)]
            assert not damage, f"not sound: {damage[:3]}"
            crowd.check(archive, known)
        alerts = (crowd.folder / "alerts.jsonl").read_text().splitlines()
        for line in alerts:
            json.loads(line)
        code, said = run(["archive", "gc", "-a", str(crowd.tape)], crowd.folder / "gc.out")
        assert code == 0, f"gc: {said}"
        litter = [name for name in left(crowd.folder) if "incoming" in name or ".making" in name or ".packed" in name]
        assert not litter, f"litter is left: {litter[:3]}"
    except Exception as error:
        tally.failed("at last", f"{type(error).__name__}: {error}")
