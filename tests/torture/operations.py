"""The table of what is tortured: what a command starts from, the command, and what must hold whenever it ends."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.world import MESSAGES, World, digests, recorded, versions

Words = Callable[[World, Path], list[str]]
Check = Callable[[World, Path], None]


@dataclass(frozen=True)
class Row:
    """One kind of command. `always` holds after it ended in whatever way, `at_last` after it was let finish."""

    name: str
    words: Words
    always: Check
    at_last: Check
    start: Callable[[World, Path], object] = lambda world, folder: None


def _pull(world: World, folder: Path) -> list[str]:
    where = ["--service-url", world.url, "--connections", "2", "-q", "-a", str(folder / "a.tape")]
    return ["capture", world.superevent, *where]


def _meg(source: str) -> Words:
    return lambda world, folder: ["archive", "import", "meg", str(world.folder / source), "-a", str(folder / "a.tape")]


def _record(kind: str, name: str) -> Words:
    """A recorder of what a program says; started again it hears all of it once more."""
    return lambda world, folder: [
        "capture", "listen", f"exec:cat {world.folder / 'messages.jsonl'}", "-n", "a", kind, str(folder / name)
    ]  # fmt: skip


def _copy(name: str, to: str = "a.tape") -> Callable[[World, Path], object]:
    def start(world: World, folder: Path) -> None:
        source: Path = getattr(world, name)
        if source.is_dir():
            shutil.copytree(source, folder / to)
        else:
            shutil.copy(source, folder / to)

    return start


def _readable(path: Path) -> bool:
    """Whether there is an archive; one that was only begun when its maker died is for the next command to make anew."""
    return (path / "archive.sqlite").exists() if path.is_dir() else path.exists()


def _whole_objects(world: World, folder: Path) -> None:
    """Every object that is listed is whole."""
    from gracetape.errors import GracetapeError

    if not _readable(folder / "a.tape"):
        return
    try:
        found = digests(folder / "a.tape")
    except GracetapeError as error:
        assert "not a gracetape archive" in str(error), error  # that the next command makes it is checked at last
        return
    wrong = {graceid for graceid, digest in found.items() if world.captured[graceid] != digest}
    assert not wrong, f"listed, but not whole: {wrong}"


def _captured(world: World, folder: Path) -> None:
    assert digests(folder / "a.tape") == world.captured


def _first_untouched(world: World, folder: Path) -> None:
    digests(folder / "a.tape")
    found = versions(folder / "a.tape")
    assert {graceid: found.get(f"{graceid}@1") for graceid in world.before} == world.before


def _source_untouched(name: str) -> Check:
    """The archive that is copied stays as it is; the copy is there whole or not at all."""

    def check(world: World, folder: Path) -> None:
        assert digests(folder / name) == world.captured
        if _readable(folder / "b.tape"):
            assert digests(folder / "b.tape") == world.captured

    return check


def _copied(world: World, folder: Path) -> None:
    assert digests(folder / "a.tape") == digests(folder / "b.tape") == world.captured


def _all_or_none(world: World, folder: Path) -> None:
    if _readable(folder / "a.tape"):
        assert digests(folder / "a.tape") == world.imported, "half an import"


def _imported(world: World, folder: Path) -> None:
    assert digests(folder / "a.tape") == world.imported


def _imported_beside(world: World, folder: Path) -> None:
    found = digests(folder / "a.tape")
    assert found in (world.captured, world.captured | world.imported), "half an import"


def _kept(world: World, folder: Path) -> None:
    assert digests(folder / "a.tape") == world.captured


def _no_double(name: str) -> Check:
    def check(world: World, folder: Path) -> None:
        path = folder / name
        if name.endswith(".jsonl"):
            if path.exists():  # a last line that was cut short is for the next recorder to take away
                path.write_bytes(path.read_bytes()[: path.read_bytes().rfind(b"\n") + 1])
            numbers = recorded(path) if path.exists() else []
        else:
            numbers = recorded(path) if _readable(path) and _opens(path) else []
        assert numbers == list(range(len(numbers))), "doubled, missing or out of order"

    return check


def _opens(path: Path) -> bool:
    from gracetape.archive import Archive
    from gracetape.errors import GracetapeError

    try:
        Archive.open(path).close()
    except GracetapeError as error:
        assert "not a gracetape archive" in str(error), error
        return False
    return True


def _all_recorded(name: str) -> Check:
    def check(world: World, folder: Path) -> None:
        assert recorded(folder / name) == list(range(MESSAGES))

    return check


OPERATIONS: tuple[Row, ...] = (
    Row("capture", _pull, _whole_objects, _captured),
    Row("recapture", _pull, _first_untouched, _captured, _copy("first")),
    Row("pack", lambda w, f: ["archive", "pack", str(f / "a.tape"), str(f / "b.tape")], _source_untouched("a.tape"), _copied,
        _copy("whole")),
    Row("unpack", lambda w, f: ["archive", "unpack", str(f / "a.tape"), str(f / "b.tape")], _source_untouched("a.tape"), _copied,
        _copy("packed")),
    Row("import", _meg("cache"), _all_or_none, _imported),
    Row("import .tgz", _meg("cache.tgz"), _all_or_none, _imported),
    Row("import beside", _meg("cache.tgz"), _imported_beside, _imported_beside, _copy("whole")),
    Row("gc", lambda w, f: ["archive", "gc", "-a", str(f / "a.tape")], _kept, _kept, _copy("littered")),
    Row("record to file", _record("--to", "heard.jsonl"), _no_double("heard.jsonl"), _all_recorded("heard.jsonl")),
    Row("record to archive", _record("-a", "a.tape"), _no_double("a.tape"), _all_recorded("a.tape")),
)  # fmt: skip
