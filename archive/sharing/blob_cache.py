"""Contents from elsewhere that are kept on this machine, up to a size: those that were not used for longest go first."""

import os
import re
import tempfile
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from gracetape.archive.held_folders import sweep_abandoned
from gracetape.errors import UsageError

#: How much is kept if nobody says (bytes).
SIZE = 4 << 30
#: Where the variables of the environment say how much, and in which folder.
VARIABLE, FOLDER = "GRACETAPE_BLOB_CACHE", "GRACETAPE_CACHE"
#: How often it is looked while as much comes as may be kept: so many processes would be beyond it by as much again.
_OFTEN = 16
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class BlobCache:
    """Files by name in a folder that only its owner may read. Any number of processes may share it; what is missing is fetched again."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self._size = folder, size
        # How many bytes there were when somebody looked last, and how many came from here since: others may come and go.
        self._held: int | None = None
        self._came = 0
        self._lock = threading.Lock()

    def find(self, name: str) -> Path | None:
        """A file that is there; it counts as used now."""
        path = self.folder / name[:2] / name
        try:
            _used_now(path)
        except FileNotFoundError:
            return None
        except OSError:  # it is another user's, or nothing can be written there
            return path if path.is_file() else None
        return path

    def incoming(self) -> Path:
        """A new, empty file in which something may come that is kept then; in the system's folder for such, if nothing can be kept."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="incoming-", dir=self.folder)
        except OSError:
            handle, name = tempfile.mkstemp(prefix="gracetape-blob-")
        os.close(handle)
        return Path(name)

    def keep(self, name: str, incoming: Path) -> None:
        """Let a file be found under a name, and others go for which there is no room then; where nothing can be kept, it goes itself."""
        path = self.folder / name[:2] / name
        try:
            if incoming.parent == self.folder:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _used_now(incoming)
                size = incoming.stat().st_size
                os.replace(incoming, path)
                self._count(path, size)
        except OSError:  # contents are elsewhere, too
            pass
        finally:
            incoming.unlink(missing_ok=True)

    def _count(self, newest: Path, size: int) -> None:
        """Look how much there is before so much came that others, who keep as much meanwhile, would be far beyond the size with us."""
        with self._lock:
            self._came += size
            if self._held is None or self._held + self._came > self._size or self._came > self._size / _OFTEN:
                self._held, self._came = self._make_room(newest), 0

    def forget(self, name: str) -> None:
        (self.folder / name[:2] / name).unlink(missing_ok=True)

    def _make_room(self, newest: Path) -> int:
        """Remove what was not used for longest, to nine tenths of the size; how many bytes are left."""
        sweep_abandoned(self.folder.glob("incoming-*"))
        found = []
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime_ns, stat.st_size, path))
        held = sum(size for _, size, _ in found)
        if held <= self._size:
            return held
        for _, size, path in sorted(found):
            if held <= 0.9 * self._size:
                break
            if path != newest:
                with suppress(OSError):
                    path.unlink()
                    held -= size
        return held


def _used_now(path: Path) -> None:
    """Note when a file was used, in our own words: the clock of a file system stands still for some milliseconds."""
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def cache_folder() -> Path:
    """Where gracetape keeps what it can fetch again: `$GRACETAPE_CACHE`, else in the user's folder for such things."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gracetape"


def cache_size() -> int:
    """How many bytes may be kept; UsageError if the environment says something else."""
    text = os.environ.get(VARIABLE, "")
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)b?", text.strip().lower())
    if text and found is None:
        raise UsageError(f"{VARIABLE} is a size, as in 20G, not {text!r:.40}")
    return int(float(found[1]) * _UNITS[found[2]]) if found else SIZE


def blob_cache() -> BlobCache:
    """The one of this user."""
    return _cache(cache_folder() / "blobs", cache_size())


@cache
def _cache(folder: Path, size: int) -> BlobCache:
    return BlobCache(folder, size)
