"""Adds lines to files that several processes may be adding to: each line whole or not at all, whatever the disk says."""

import errno
import fcntl
import os
import stat
from pathlib import Path


class LineFile:
    """A file that lines are added to; made if it is not there. OSError where it cannot be opened.

    `anew`: what was in it is thrown away first. `strange`: the path is not the user's but lies in a tape, which may come from a
    stranger: then it must be a regular file itself, not a link to one, a pipe or a device. `mode`: of a new file.
    """

    def __init__(self, path: Path, *, anew: bool = False, strange: bool = False, mode: int = 0o666) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(path, flags | (os.O_NOFOLLOW | os.O_NONBLOCK if strange else 0), mode)
        self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)
        if strange and not self._regular:
            os.close(self._file)
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if anew and self._regular:
            os.ftruncate(self._file, 0)

    def append(self, text: bytes) -> None:
        """Add whole lines. OSError if they cannot all be written; then the file is as it was before."""
        if not self._regular:
            self._write(text)
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            before = os.fstat(self._file).st_size
            try:
                self._write(text)
            except OSError:
                os.ftruncate(self._file, before)
                raise
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _write(self, text: bytes) -> None:
        rest = memoryview(text)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def close(self) -> None:
        """Let the file go; nothing is waiting to be written."""
        os.close(self._file)
