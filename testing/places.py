"""Where the tapes of a test lie: beside its file, in `tapes/`, or where the ini file says."""

import re
from dataclasses import dataclass
from pathlib import Path

from gracetape.errors import UsageError

_ODD = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True)
class TestPlace:
    """A test: its file, its class (or "") and its name; `own` says whether the tape is the test's own or its module's.

    `tape_dir`: the folder of tapes, if one is set; else `tapes` beside the file.
    """

    __test__ = False  # to pytest this is no test

    file: Path
    cls: str = ""
    name: str = ""
    tape_dir: Path | None = None
    own: bool = True

    @property
    def folder(self) -> Path:
        return self.tape_dir or self.file.parent / "tapes"

    @property
    def defaults(self) -> list[Path]:
        """Where a tape is looked for that is not named, in order; the first is where it is recorded."""
        module, name = self.folder / self.file.stem, _ODD.sub("-", self.name)
        names = ([f"{self.cls}.{name}"] if self.cls else []) + [name] if self.own and name else []
        return [*(module / f"{name}.tape" for name in names), self.folder / f"{self.file.stem}.tape"]

    def candidates(self, name: str | None) -> list[Path]:
        """Where a tape of that name may lie, in order."""
        if name is None:
            return self.defaults
        places = [self.folder / name, self.file.parent / name]  # an absolute path is itself
        return list(dict.fromkeys(places if Path(name).parent == Path() else places[::-1]))

    def find(self, name: str | None) -> Path | None:
        """The tape of that name (None: the test's own), if there is one."""
        return next((path for path in self.candidates(name) if _is_there(path)), None)

    def missing(self, name: str | None, mode: str) -> UsageError:
        """The sentence about a tape that is not there: where it was looked for, and how to record it."""
        places = " nor at ".join(str(path) for path in self.candidates(name))
        words = 'ids="S220609hl", service="https://HOST/api/"'
        mark = f"@pytest.mark.tape({words})" if name is None else f'@pytest.mark.tape("{name}", {words})'
        then = "the next run records it" if mode == "once" else f"run once with --tape-record=once (now it is {mode})"
        return UsageError(
            f"there is no tape at {places}: record one with `capture ID --archive PATH`, or mark the test {mark} and {then}"
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
