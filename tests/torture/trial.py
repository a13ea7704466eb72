"""One disturbed command: what it leaves is whole, the next one goes on, and nothing of the disturbance stays."""

import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.child import Disturbance, count, run
from tests.torture.operations import Row
from tests.torture.world import World

_NUMBERS = re.compile(r"[0-9a-f]{8,}|\d+")


@dataclass
class Tally:
    """What came of the trials of one kind: how many, of how many kinds of end, and each failure in a sentence."""

    name: str
    tried: int = 0
    kills: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def failed(self, what: object, sentence: object) -> None:
        self.failures.append(f"{self.name}, {what}: {' '.join(str(sentence).split())[:400]}")


@dataclass
class Undisturbed:
    """What a command does when it is left alone: how long it takes, how many points it has, and what lies there afterwards."""

    seconds: float
    points: int
    names: Counter[str]


def undisturbed(world: World, row: Row, folder: Path) -> Undisturbed:
    """Let a command finish, and see what it leaves."""
    folder.mkdir()
    row.start(world, folder)
    code, seconds, points, said = count(row.words(world, folder), folder.with_suffix(".out"), folder / "tmp")
    assert code == 0, f"{row.name} does not even work undisturbed: {said}"
    row.always(world, folder)
    row.at_last(world, folder)
    _collect(folder)
    names = left(folder)
    shutil.rmtree(folder)
    return Undisturbed(seconds, points, names)


def trial(
    world: World,
    row: Row,
    known: Undisturbed,
    folder: Path,
    disturbance: Disturbance,
    tally: Tally,
    said_in: Path | None = None,
) -> None:
    """Disturb a command once; what it says goes to the file `said_in` (default: beside the folder)."""
    out = said_in or folder.with_suffix(".out")
    folder.mkdir()
    row.start(world, folder)
    tally.tried += 1
    try:
        code, said = run(row.words(world, folder), out, disturbance, folder / "tmp")
        tally.kills += code == -9
        tally.ends["killed" if code == -9 else f"exit {code}"] += 1
        assert code in (-9, 0, 1), f"exit {code}: {last_words(said)}"
        assert "Traceback" not in said, f"a traceback: {last_words(said)}"
        if code == 1:
            assert [line for line in said.splitlines() if line.startswith("gracetape: ")], (
                f"nothing was said: {last_words(said)}"
            )
        row.always(world, folder)
        if code == 0:
            row.at_last(world, folder)
        elif not _done(world, row, folder):
            again, said = run(row.words(world, folder), out, temporary=folder / "tmp")
            assert again == 0, f"the next one fails: {last_words(said)}"
            row.always(world, folder)
            row.at_last(world, folder)
        _collect(folder)
        extra, missing = left(folder) - known.names, known.names - left(folder)
        assert not extra, f"litter is left: {sorted(extra)[:5]}"
        assert not missing, f"files are missing: {sorted(missing)[:5]}"
    except (AssertionError, TimeoutError, OSError, ValueError, KeyError, RuntimeError) as error:
        tally.failed(disturbance, error or type(error).__name__)
    except Exception as error:
        tally.failed(disturbance, f"{type(error).__name__}: {error}")
    shutil.rmtree(folder)


def last_words(said: str) -> str:
    """The end of what a process said: a traceback's sentence, with where it came from."""
    return " / ".join([line.strip() for line in said.splitlines() if line.strip()][-3:])[-400:]


def _done(world: World, row: Row, folder: Path) -> bool:
    """Whether it was killed after its work was done: what refuses to write over its target need not be run again."""
    if row.name not in ("pack", "unpack"):
        return False
    try:
        row.at_last(world, folder)
    except Exception:
        return False
    return True


def _collect(folder: Path) -> None:
    """Free what nothing uses."""
    for tape in sorted(folder.glob("*.tape")):
        code, said = run(["archive", "gc", "-a", str(tape)], folder.with_suffix(".gc"), temporary=folder / "tmp")
        assert code == 0, f"gc of {tape.name} fails: {last_words(said)}"


def left(folder: Path) -> Counter[str]:
    """The names of all files, less what differs from run to run."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return Counter(_NUMBERS.sub("#", name) for name in names if not name.endswith((".until", ".gaps", "-wal", "-shm")))
