"""Not kills, but others: two captures at once, a failed capture beside a recorder, damaged caches and contents, hostile tapes."""

import json
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gracetape.archive import Archive
from tests.torture.child import HANGS_S, Child, command, fork, run
from tests.torture.trial import Tally, last_words
from tests.torture.world import World, digests, message, recorded

#: What a stranger may put in the place of a value of any table.
VALUES: tuple[object, ...] = (
    None, "", "T2", -1, 2**62, 1.5, b"\xff\xfe", "null", "[]", "{}", '"text"', "[" * 3000, '{"a":' * 500, "../../etc/passwd",
    "\x1b[31m", "9" * 400, "0" * 64, '{"N": "x", "created": 5, "comment": [], "labels": 7, "extra_attributes": {"a": [1]}}',
)  # fmt: skip
#: Tables that an answer depends on, so that `verify` must tell of any other value in them.
TABLES = ("captures", "entries", "records", "files", "blobs", "names", "places", "counters")


@dataclass(frozen=True)
class Trial:
    """One kind of trouble: how often it is tried in a long run, and the trial itself."""

    name: str
    times: int
    run: Callable[[World, Path, random.Random], str]


def _ended(child: Child) -> int:
    code = child.wait()
    assert "Traceback" not in child.said, f"a traceback: {last_words(child.said)}"
    return code


def two_captures(world: World, folder: Path, chance: random.Random) -> str:
    """Two at once of one object into one archive: who says that it went well has it there."""
    words = ["capture", world.superevent, "--service-url", world.url, "-q", "-a", str(folder / "a.tape")]
    first = fork(command(words), folder / "1.out")
    time.sleep(chance.uniform(0, 1.0))
    killed = chance.random() < 0.3
    second = fork(command(words), folder / "2.out")
    if killed:
        time.sleep(chance.uniform(0, 0.6))
        first.send(signal.SIGKILL)
    codes = [_ended(first), _ended(second)]
    assert codes[1] == 0, f"the second fails: {last_words(second.said)}"
    assert codes[0] == 0 or killed, f"the first fails: {last_words(first.said)}"
    assert digests(folder / "a.tape") == world.captured, "both say that it went well, but the object is not there"
    return "first killed" if codes[0] else "both well"


def failed_capture(world: World, folder: Path, chance: random.Random) -> str:
    """A capture of what is not there, beside a recorder that makes the same archive: what was heard stays."""
    heard, tape = folder / "heard.jsonl", folder / "a.tape"
    heard.write_text("")
    recorder = fork(command(["capture", "listen", str(heard), "-n", "a", "-a", str(tape)]), folder / "r.out")
    capture = fork(command(["capture", "T404", "--service-url", world.url, "-a", str(tape)]), folder / "c.out")
    for number in range(40):
        with heard.open("a") as file:
            file.write(message(number))
        time.sleep(chance.uniform(0, 0.02))
    assert _ended(capture) == 1, f"a capture of nothing: {last_words(capture.said)}"
    end = time.monotonic() + HANGS_S
    while not (tape / "archive.sqlite").exists() or len(recorded(tape)) < 40:
        if time.monotonic() > end or recorder.poll():
            raise AssertionError(f"what was heard is not there: {last_words(recorder.said)}")
        time.sleep(0.05)
    recorder.send(signal.SIGTERM)
    assert _ended(recorder) == 0, last_words(recorder.said)
    assert recorded(tape) == list(range(40)), "what was heard is not there"
    return "all kept"


def flipped_cache(world: World, folder: Path, chance: random.Random) -> str:
    """A flipped bit of a packed cache is told of, and nothing comes in; or it changes nothing."""
    whole = bytearray((world.folder / "cache.tgz").read_bytes())
    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    (folder / "hurt.tgz").write_bytes(whole)
    code, said = run(
        ["archive", "import", "meg", str(folder / "hurt.tgz"), "-a", str(folder / "a.tape")], folder / "out"
    )
    assert "Traceback" not in said, f"a traceback: {last_words(said)}"
    if code == 0:
        assert digests(folder / "a.tape") == world.imported, "a damaged cache came in"
        return "changed nothing"
    assert code == 1, f"exit {code}: {last_words(said)}"
    assert not (folder / "a.tape").exists(), "half an archive stays"
    return "refused"


def flipped_contents(world: World, folder: Path, chance: random.Random) -> str:
    """A flipped bit of contents is found by `verify`, and healed by the next capture."""
    shutil.copytree(world.whole, folder / "a.tape")
    blobs = sorted(path for path in (folder / "a.tape" / "blobs").rglob("*") if path.is_file())
    path = chance.choice(blobs)
    hurt = bytearray(path.read_bytes())
    hurt[chance.randrange(len(hurt))] ^= 1 << chance.randrange(8)
    lost = chance.random() < 0.3
    path.chmod(0o600)
    if lost:
        path.unlink()
    else:
        path.write_bytes(hurt)
    code, said = run(["archive", "verify", str(folder / "a.tape")], folder / "out")
    assert code == 1, f"verify finds nothing: {last_words(said)}"
    again = ["capture", world.superevent, "--service-url", world.url, "-q", "--recapture", "-a", str(folder / "a.tape")]
    code, said = run(again, folder / "out")
    assert code == 0, f"the recapture fails: {last_words(said)}"
    assert digests(folder / "a.tape") == world.captured, "not healed"
    return "lost and healed" if lost else "healed"


def hostile_tape(world: World, folder: Path, chance: random.Random) -> str:
    """Any value of a stranger's in any table: no command falls over or runs for long; `verify` tells of what answers depend on."""
    tape = folder / "a.tape"
    shutil.copy(world.packed, tape)
    table = chance.choice(TABLES)
    with sqlite3.connect(tape) as db:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        rows = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if not rows:
            return "no rows"
        column, value, at = chance.choice(columns), chance.choice(VALUES), chance.randrange(rows)
        one = f"(SELECT {columns[0]} FROM {table} LIMIT 1 OFFSET {at})"
        before = list(db.execute(f"SELECT * FROM {table}"))
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {columns[0]} IS {one}", (value,))
        except sqlite3.Error:
            return "the schema refuses it"
        changed = before != list(db.execute(f"SELECT * FROM {table}"))
    db.close()
    what = f"{table}.{column} = {value!r:.40}"
    commands = (
        ["archive", "verify", str(tape)],
        ["archive", "ls", "-a", str(tape)],
        ["archive", "log", world.superevent, "-a", str(tape)],
        ["archive", "files", world.superevent, "-a", str(tape)],
        ["replay", str(tape), "--max", "--to", str(folder / "played.jsonl")],
    )
    codes = []
    for words in commands:
        code, said = run(words, folder / "out")
        assert code in (0, 1, 2), f"{what}: {' '.join(words[:2])} ends with {code}: {last_words(said)}"
        assert "Traceback" not in said, f"{what}: {' '.join(words[:2])}: a traceback: {last_words(said)}"
        assert "\x1b[31m" not in said, (
            f"{what}: {' '.join(words[:2])}: a stranger's control characters reach the terminal"
        )
        codes.append(code)
    assert codes[0] == 1 or not changed, f"{what}: verify calls it sound"
    return "told of" if codes[0] else "nothing changed"


def flipped_tape(world: World, folder: Path, chance: random.Random) -> str:
    """A flipped bit anywhere in a packed tape: no command falls over, and what is still called sound is the same."""
    tape = folder / "a.tape"
    whole = bytearray(world.packed.read_bytes())
    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    tape.write_bytes(whole)
    for words in (
        ["archive", "verify", str(tape)],
        ["replay", str(tape), "--max", "--to", str(folder / "played.jsonl")],
    ):
        code, said = run(words, folder / "out")
        assert code in (0, 1, 2), f"{words[:2]} ends with {code}: {last_words(said)}"
        assert "Traceback" not in said, f"{words[:2]}: a traceback: {last_words(said)}"
        if words[1] == "verify" and code == 0:
            assert digests(tape) == world.captured, "called sound, and is another"
            return "changed nothing"
    return "told of"


def alerts_on_a_full_disk(world: World, folder: Path, chance: random.Random) -> str:
    """The file of alerts can't grow for a while: afterwards it has whole lines only, and what was not written is told of."""
    import resource

    from demo.lives import new_event
    from gracetape import dummy
    from gracetape.dummy.alert_targets import File

    (folder / "alerts.jsonl").write_text(
        '{"payload": {"data": {}}}\n' * 100_000
    )  # the limit is for this file, not for the tape

    def work() -> None:
        written = []
        with Archive.create(folder / "a.tape", packed=True) as tape:
            lines = File(folder / "alerts.jsonl")
            with dummy.GraceDb(tape, on_alert=lines, retries=0) as client:
                graceid = new_event(client)
                for number in range(12):
                    if number == 4:
                        size = (folder / "alerts.jsonl").stat().st_size
                        soft = size + chance.randrange(1, 1500)
                        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
                    if number == 8:
                        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                    try:
                        if client.write_log(graceid, f"entry {number}").status_code == 201:
                            written.append(f"entry {number}")
                    except Exception as error:  # no room for the write itself
                        print("refused:", type(error).__name__)
            said = lines.close()
        (folder / "written.json").write_text(json.dumps([written, said]))

    child = fork(work, folder / "out")
    assert child.wait() == 0, last_words(child.said)
    written, said = json.loads((folder / "written.json").read_text())
    heard = []
    for line in (folder / "alerts.jsonl").read_text().splitlines():
        try:
            heard.append(json.loads(line)["payload"]["data"].get("comment"))
        except ValueError:
            raise AssertionError(f"half a line, or two glued together: …{line[-80:]}") from None
    missing = [one for one in written if one not in heard]
    assert not missing or said or "not" in child.said, f"alerts are missing, and nothing tells of it: {missing}"
    late = [one for one in written if int(one.split()[1]) >= 8 and one not in heard]
    assert not late, f"with room again, alerts are missing: {late}"
    return "whole lines"


TRIALS: tuple[Trial, ...] = (
    Trial("two captures at once", 10, two_captures),
    Trial("a failed capture beside a recorder", 6, failed_capture),
    Trial("a flipped bit of a .tgz", 60, flipped_cache),
    Trial("a flipped bit of contents", 12, flipped_contents),
    Trial("a flipped bit of a tape", 40, flipped_tape),
    Trial("a stranger's values in a tape", 80, hostile_tape),
    Trial("alerts on a full disk", 10, alerts_on_a_full_disk),
)


def attempt(world: World, one: Trial, folder: Path, seed: int, tally: Tally) -> None:
    """Try one kind of trouble once."""
    folder.mkdir()
    tally.tried += 1
    try:
        tally.ends[one.run(world, folder, random.Random(seed))] += 1
    except Exception as error:
        tally.failed(f"seed {seed}", error if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}")
    shutil.rmtree(folder)
