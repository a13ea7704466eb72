"""Who is tortured when: two lanes that run at once, each in rounds, until their time is up."""

import pickle
import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.child import Disturbance, fork
from tests.torture.crowd import torment
from tests.torture.disks import full_disks
from tests.torture.operations import OPERATIONS
from tests.torture.points import Points
from tests.torture.strangers import TRIALS, attempt
from tests.torture.trial import Tally, Undisturbed, trial, undisturbed
from tests.torture.world import World, make

#: Kills of each command in a long run, half of them at a point and half by the clock. Besides these come those of the crowds.
KILLS_EACH = 20
#: What fails at a point: no room from there on, and one write of a disk that fails.
FAULTS = ("ENOSPC", "EIO")

Lane = Callable[[World, Path, int, float], list[Tally]]


def torture(folder: Path, seed: int, seconds: float) -> list[Tally]:
    """Both lanes at once: what came of each kind."""
    chance = random.Random(seed)
    (folder / "world").mkdir()
    begun = time.monotonic()
    world = make(folder / "world", chance)
    rest = max(1.0, seconds - (time.monotonic() - begun))
    try:
        running = []
        for number, lane in enumerate((commands_alone, crowds_and_strangers)):
            place = folder / f"lane{number}"
            place.mkdir()
            work = _told(lane, world, place, chance.randrange(10**9), rest)
            running.append((fork(work, place / "said", cpu_s=100 + 2 * int(seconds)), place))
        found: list[Tally] = []
        for child, place in running:
            code = child.wait(seconds * 3 + 600)
            if code:
                raise RuntimeError(f"the bench itself fails: {child.said[-3000:]}")
            found += pickle.loads((place / "tallies").read_bytes())
    finally:
        world.close()
    return [tally for tally in found if tally.tried or tally.ends]


def _told(lane: Lane, world: World, place: Path, seed: int, seconds: float) -> Callable[[], None]:
    return lambda: (place / "tallies").write_bytes(pickle.dumps(lane(world, place, seed, seconds))) and None


def commands_alone(world: World, folder: Path, seed: int, seconds: float) -> list[Tally]:
    """Every command of the table in turn, disturbed in every way in turn; at last on full disks."""
    chance, begun, number = random.Random(seed), time.monotonic(), 0
    rows = list(OPERATIONS)
    known = {row.name: undisturbed(world, row, folder / "undisturbed") for row in rows}
    tallies = {row.name: Tally(row.name) for row in rows}
    while not number or time.monotonic() - begun < seconds * 0.85:
        for row in chance.sample(rows, len(rows)):
            disturbance = draw(known[row.name], tallies[row.name], chance)
            if number < len(rows) or time.monotonic() - begun < seconds * 0.85:
                trial(world, row, known[row.name], folder / f"t{number}", disturbance, tallies[row.name])
            number += 1
    times = 1 if seconds > 60 else 0
    return [*tallies.values(), full_disks(world, folder, rows, known, chance, times)]


def draw(known: Undisturbed, tally: Tally, chance: random.Random) -> Disturbance:
    """What is done to a command next: mostly kills until it has had its share of them, then mostly faults."""
    kind = (tally.tried + len(tally.name)) % 6  # not all begin alike
    if kind < 4 and tally.kills < KILLS_EACH:
        by_clock = kind % 2
        if by_clock:
            return Disturbance(after_s=chance.uniform(0, known.seconds))
        return Disturbance(Points("kill", chance.randint(1, known.points)))
    if kind == 5:
        return Disturbance(largest=int(4096 * 2 ** chance.uniform(0, 7)))
    return Disturbance(Points(chance.choice(FAULTS), chance.randint(1, known.points)))


def crowds_and_strangers(world: World, folder: Path, seed: int, seconds: float) -> list[Tally]:
    """A crowd at a folder, another at a packed file, then strangers in turn."""
    chance, begun, number = random.Random(seed), time.monotonic(), 0
    crowds = [Tally("a crowd at a folder"), Tally("a crowd at a packed file")]
    for tally, packed in zip(crowds, (False, True), strict=True):
        torment(folder / f"crowd{packed}", chance.randrange(10**6), seconds * 0.2, packed, tally)
    tallies = {one.name: Tally(one.name) for one in TRIALS}
    while not number or time.monotonic() - begun < seconds * 0.95:
        for one in TRIALS:
            more = number < len(TRIALS) or time.monotonic() - begun < seconds * 0.95
            if more and tallies[one.name].tried < one.times:
                attempt(world, one, folder / f"s{number}", chance.randrange(10**9), tallies[one.name])
            number += 1
        if all(tallies[one.name].tried >= one.times for one in TRIALS):
            break
    return [*crowds, *tallies.values()]


def table(tallies: list[Tally]) -> str:
    """The figures, a row a kind."""
    rows = [("what", "trials", "kills", "failures", "how it ended")]
    for tally in tallies:
        ends = ", ".join(f"{count} {end}" for end, count in tally.ends.most_common())
        rows.append((tally.name, str(tally.tried), str(tally.kills), str(len(tally.failures)), ends))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}"
        for row in rows
    )
