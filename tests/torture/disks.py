"""Small disks that are nearly full, which only root can mount: what SQLite itself writes fails there too."""

import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from tests.torture.child import Disturbance
from tests.torture.operations import Row
from tests.torture.trial import Tally, Undisturbed, trial
from tests.torture.world import World

_MIB = 64


def full_disks(
    world: World, folder: Path, rows: list[Row], known: dict[str, Undisturbed], chance: random.Random, times: int
) -> Tally:
    """Each command so many times on a small disk of its own that is nearly full."""
    tally, disk = Tally("a full disk"), folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MIB}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        tally.ends["only root can mount a small disk"] += 1
        return tally
    try:
        for row in rows * times:
            _on_a_full_disk(world, row, known[row.name], disk, folder / "said", chance, tally)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
    return tally


def _on_a_full_disk(
    world: World, row: Row, known: Undisturbed, disk: Path, said: Path, chance: random.Random, tally: Tally
) -> None:
    """One command where little room is left; there is room again for what comes after it."""
    filler, room = disk / "filler", chance.randrange(400_000)

    def full(world: World, folder: Path) -> None:
        row.start(world, folder)
        with filler.open("wb") as file:
            for _ in range(max(0, shutil.disk_usage(disk).free - room) >> 12):
                file.write(b"\0" * 4096)

    def freed(world: World, folder: Path) -> None:
        filler.unlink(missing_ok=True)
        row.always(world, folder)

    trial(
        world,
        replace(row, start=full, always=freed),
        known,
        disk / "t",
        Disturbance(kind=f"{row.name} with {room} bytes free"),
        tally,
        said,
    )
    filler.unlink(missing_ok=True)
