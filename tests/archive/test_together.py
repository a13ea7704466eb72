"""Several at one archive: whoever stores, whoever deletes, whoever copies and whoever reads, each killed at any moment."""

import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.blobs import spool_in
from gracetape.archive.packing import collect, convert
from gracetape.archive.store import PassingArchive
from gracetape.archive.verify import verify
from gracetape.errors import GracetapeError
from gracetape.write_ahead import write_ahead
from tests.archive.stored import contents_of, keep

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
_FORK = multiprocessing.get_context("fork")


# -- what runs in a process of its own, until it is killed


def write(path: Path, seed: int) -> None:
    """Keep objects, of which each process has its own and all share contents; say which are kept. Drop others."""
    draw = random.Random(seed)
    acknowledged = path.with_name(f"kept-{seed}.jsonl").open("a")
    for number in range(seed * 10_000, (seed + 1) * 10_000):
        with PassingArchive.at(path) as archive:
            files = [b"%d" % number * draw.randrange(1, 900), b"shared %d" % draw.randrange(3)]
            keep(archive, f"G{number}", files)
            acknowledged.write(json.dumps([f"G{number}", [hashlib.sha256(f).hexdigest() for f in files]]) + "\n")
            acknowledged.flush()
            keep(archive, f"T{number}", [b"shared %d" % draw.randrange(3), b"dropped %d" % number])
            with archive.transaction() as tx:
                tx.drop(archive.capture(f"T{number}"))


def clean(path: Path, _: int) -> None:
    while True:
        if path.exists():
            with PassingArchive.open(path, read_only=False) as archive:
                collect(archive)
        time.sleep(0.02)


def copy(path: Path, seed: int) -> None:
    for number in range(1000):
        if path.exists():
            with Archive.open(path) as archive:
                copied = path.with_name(f"copy-{seed}-{number}.tape")
                convert(archive, copied, packed=not archive.packed)
            with Archive.open(copied) as archive:
                assert list(verify(archive)) == []
        time.sleep(0.05)


def read(path: Path, _: int) -> None:
    while not path.exists():
        time.sleep(0.01)
    with Archive.open(path) as archive:  # all the time, while others make and remove SQLite's log beside it
        while True:
            with archive.reading(contents=True):
                for graceid in archive.objects()[-5:]:
                    assert len(contents_of(archive, graceid)) == 2


def _told(work: Callable[[Path, int], None], path: Path, seed: int) -> None:
    try:
        work(path, seed)
    except BaseException as error:
        path.with_name(f"failed-{os.getpid()}").write_text(f"{work.__name__}: {error!r}")


@contextmanager
def process(work: Callable[[Path, int], None], path: Path, seed: int) -> Iterator[Any]:
    child = _FORK.Process(target=_told, args=(work, path, seed))
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
def test_what_was_kept_outlives_kills_gc_and_packing_beside_it(tmp_path: Path, packed: bool) -> None:
    path, draw = tmp_path / "a.tape", random.Random(14)
    if packed:
        Archive.create(path, packed=True).close()
    seeds, rounds = iter(range(1, 1000)), 0
    # On a busy machine all may be killed before the first of them has made the archive.
    while rounds < 3 or not any(file.stat().st_size for file in tmp_path.glob("kept-*")):
        rounds += 1
        with (
            process(write, path, next(seeds)) as one,
            process(write, path, next(seeds)) as other,
            process(clean, path, 0) as cleaner,
            process(copy, path, next(seeds)) as copier,
            process(read, path, 0),
        ):
            time.sleep(draw.uniform(0.1, 0.6))
            for child in draw.sample([one, other, cleaner, copier], 3):
                child.kill()
                time.sleep(draw.uniform(0, 0.1))
    assert [failed.read_text() for failed in tmp_path.glob("failed-*")] == []
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []
        for line in "".join(file.read_text() for file in tmp_path.glob("kept-*")).splitlines():
            graceid, digests = json.loads(line)
            assert [hashlib.sha256(found).hexdigest() for found in contents_of(archive, graceid)] == digests
    for copied in tmp_path.glob("copy-*"):  # whole or not there
        with Archive.open(copied) as archive:
            assert list(verify(archive)) == []
    with Archive.open(path, read_only=False) as archive:
        collect(archive)
    left = [p.name for p in tmp_path.rglob("*") if p.name.startswith((".making-", "blob-")) or p.name == "incoming"]
    assert left == []
    assert {p.name for p in tmp_path.glob("*a.tape*")} == {"a.tape"}


def test_contents_that_are_stored_while_gc_is_about_to_delete_them_stay(tmp_path: Path) -> None:
    with PassingArchive.create(tmp_path / "a.tape") as archive:
        keep(archive, "T1", [b"dropped and stored again"])
        with archive.transaction() as tx:
            tx.drop(archive.capture("T1"))
        remove, late = archive.blobs.remove, []

        def while_another_stores(sha256: str) -> None:
            with PassingArchive.open(archive.path, read_only=False) as other:
                other.connection.execute("PRAGMA busy_timeout = 0")
                try:
                    keep(other, "G1", [b"dropped and stored again"])
                except GracetapeError as error:
                    late.append(str(error))
            remove(sha256)

        archive.blobs.remove = while_another_stores  # type: ignore[method-assign]
        collect(archive)
        assert "locked" in late[0]  # it has to wait until gc is done with them
        keep(archive, "G1", [b"dropped and stored again"])
        assert contents_of(archive, "G1") == [b"dropped and stored again"]


def test_gc_killed_before_its_end_leaves_nothing_wrong(tmp_path: Path) -> None:
    with PassingArchive.create(tmp_path / "a.tape") as archive:
        keep(archive, "T1", [b"one", b"two"])
        with archive.transaction() as tx:
            tx.drop(archive.capture("T1"))
        remove = archive.blobs.remove

        def killed(sha256: str) -> None:
            remove(sha256)
            raise KeyboardInterrupt

        archive.blobs.remove = killed  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            collect(archive)
        archive.blobs.remove = remove  # type: ignore[method-assign]
        assert list(verify(archive)) == []
        keep(archive, "G1", [b"one", b"two"])
        assert contents_of(archive, "G1") == [b"one", b"two"]


def test_what_a_living_writer_is_about_to_keep_is_not_swept_and_a_dead_ones_is(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    Archive.create(path).close()

    def about_to(path: Path, _: int) -> None:
        with Archive.open(path, read_only=False) as archive:
            spool_in(archive.blobs, iter([b"never kept"]))
            (path.parent / "ready").touch()
            time.sleep(600)

    with Archive.open(path, read_only=False) as archive:
        spool, blob = spool_in(archive.blobs, iter([b"kept"]))
        (path / "blobs" / "incoming" / "blob-older.zst").touch()  # as older versions left it
        with process(about_to, path, 0):
            while not (tmp_path / "ready").exists():
                time.sleep(0.01)
            with Archive.open(path, read_only=False) as other:
                collect(other)
            assert len([p for p in (path / "blobs" / "incoming").rglob("*") if p.is_file()]) == 2
        with Archive.open(path, read_only=False) as other:
            collect(other)
        assert [p for p in (path / "blobs" / "incoming").rglob("*") if p.is_file()] == [spool]
        with archive.transaction() as tx:
            tx.keep_blob(spool, blob)


def test_a_copy_is_of_one_moment_and_holds_back_gc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gracetape.archive.blobs.PATIENCE_S", 0.05)
    path = tmp_path / "a.tape"
    with PassingArchive.create(path) as writer:
        keep(writer, "G1", [b"one"])
        stored = Archive.open(path)
        read_stored = stored.blobs.stored

        def meanwhile(sha256: str) -> Iterator[bytes]:
            with writer.transaction() as tx:
                tx.drop(writer.capture("G1"))
            keep(writer, "G2", [b"two"])
            with pytest.raises(ArchiveError, match="packs, checks or cleans"):
                collect(writer)
            return read_stored(sha256)

        stored.blobs.stored = meanwhile  # type: ignore[method-assign]
        convert(stored, tmp_path / "copy.tape", packed=True)
        stored.close()
        collect(writer)
        assert writer.objects() == ["G2"]
    with Archive.open(tmp_path / "copy.tape") as copied:
        assert copied.objects() == ["G1"]
        assert contents_of(copied, "G1") == [b"one"]
        assert list(verify(copied)) == []


def test_a_reader_keeps_its_moment_and_sees_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    PassingArchive.create(path).close()
    with Archive.open(path) as reader:  # of an archive at rest, to which somebody comes and goes
        for number in range(1, 4):
            with PassingArchive.open(path, read_only=False) as writer:
                with reader.reading():
                    before = reader.objects()
                    keep(writer, f"G{number}", [])
                    assert reader.objects() == before
                assert len(reader.objects()) == number
            assert len(reader.objects()) == number
    assert sorted(p.name for p in path.iterdir()) == ["archive.sqlite", "blobs"]


# -- the making of archives


def test_of_many_who_make_one_archive_at_once_all_get_it(tmp_path: Path) -> None:
    def make(path: Path, seed: int) -> None:
        with PassingArchive.at(path) as archive:
            keep(archive, f"G{seed}", [b"same", b"%d" % seed])

    children = [_FORK.Process(target=_told, args=(make, tmp_path / "a.tape", n)) for n in range(1, 9)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [failed.read_text() for failed in tmp_path.glob("failed-*")] == []
    with Archive.open(tmp_path / "a.tape") as archive:
        assert sorted(archive.objects()) == [f"G{n}" for n in range(1, 9)]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
@pytest.mark.parametrize("there", [False, True], ids=["new", "into an empty folder"])
def test_making_killed_at_each_step_leaves_what_counts_as_new(tmp_path: Path, packed: bool, there: bool) -> None:
    path = tmp_path / "a.tape"
    if there and not packed:
        path.mkdir()
    for step in range(40):
        child = os.fork()
        if not child:
            _die_at(step)
            Archive.create(path, packed=packed)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        if path.is_file() or (path / "archive.sqlite").exists():  # killed after it was whole
            with Archive.open(path) as archive:
                assert list(verify(archive)) == []
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            if there and not packed:
                path.mkdir()
    assert 3 < step < 39
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []
    assert [p.name for p in tmp_path.iterdir()] == ["a.tape"]


def _die_at(step: int) -> None:
    """End this process at the given of the calls by which an archive comes to be."""
    left = iter(range(step))

    def dying(real: Any, *args: Any, **options: Any) -> Any:
        if next(left, None) is None:
            os._exit(9)
        return real(*args, **options)

    calls: list[tuple[Any, str]] = [(os, name) for name in ("mkdir", "open", "rename", "link", "fsync")]
    for module, name in [*calls, (sqlite3, "connect")]:
        setattr(module, name, partial(dying, getattr(module, name)))


@pytest.mark.parametrize("left", [b"", "blank"])
def test_what_an_older_version_left_half_made_counts_as_new(tmp_path: Path, left: Any) -> None:
    path = tmp_path / "a.tape"
    path.mkdir()
    if left == "blank":
        connection = sqlite3.connect(path / "archive.sqlite")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA user_version = 0")
        connection.close()
    else:
        (path / "archive.sqlite").write_bytes(left)
    with pytest.raises(ArchiveError, match="its making was broken off"):
        Archive.open(path)
    with Archive.at(path) as archive:
        keep(archive, "G1", [])
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []


def test_folders_of_others_are_no_archives(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ArchiveError, match="it holds no archive.sqlite"):
        Archive.at(tmp_path)


_CLOSED_WHILE_READ = """
import sqlite3, sys, threading
from gracetape.archive import Archive
from gracetape.errors import GracetapeError
for _ in range(20):
    archive, over = Archive.open(sys.argv[1]), threading.Event()
    view = archive.view("TS101020a")
    def read():
        while not over.is_set():
            try:
                view.records("log"), view.one("log", 3), view.files(), archive.stamp()
            except (GracetapeError, sqlite3.Error):
                pass
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads: thread.start()
    for _ in range(20): archive.close()
    over.set()
    for thread in threads: thread.join()
    archive.close()
print("whole")
"""


def test_an_archive_can_be_closed_while_other_threads_read_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _CLOSED_WHILE_READ, str(SHORT)], capture_output=True, text=True, timeout=300, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "whole"), ended.stderr


def test_what_another_thread_has_done_with_is_closed_with_the_archive(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    archive, written, over = Archive.create(tape), threading.Event(), threading.Event()

    def write() -> None:
        with archive.transaction() as tx:
            tx.set_heard("until somewhere", 1)
        written.set()
        over.wait(600)

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(600)
    assert archive.heard("until somewhere") == 1
    archive.close()
    assert [path.name for path in tape.glob("archive.sqlite*")] == ["archive.sqlite"]  # all is in it
    over.set()
    thread.join()


def test_what_is_watched_for_changes_is_what_is_read(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    shutil.copy(SHORT, tape)
    with Archive.open(tape) as archive:
        tape.rename(tmp_path / "aside.tape")
        shutil.copy(SHORT, tape)
        with pytest.raises(ArchiveError, match="was removed or replaced while it was open"):
            archive.stamp()


def test_the_size_is_told_while_another_process_takes_its_folder_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        passing = tmp_path / "a.tape" / "blobs" / "incoming" / "of-another"
        passing.mkdir(parents=True)
        listed = os.scandir

        def scandir(path: Any = ".") -> Any:
            if Path(path) == passing and passing.exists():
                passing.rmdir()
            return listed(path)

        monkeypatch.setattr(os, "scandir", scandir)
        assert archive.size_on_disk() > 0
        assert not passing.exists()


# -- the write-ahead log, which the first of them begins


def test_an_archive_is_opened_for_writing_while_another_begins_its_log(tmp_path: Path) -> None:
    """SQLite says at once that it is busy to whoever comes second: who reads already and wants to write waits for nobody."""
    path = tmp_path / "a.tape"
    Archive.create(path).close()
    other = sqlite3.connect(path / "archive.sqlite", isolation_level=None, check_same_thread=False)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    other.execute("BEGIN IMMEDIATE")  # as on the way to another journal
    leaving = threading.Timer(0.3, other.close)
    leaving.start()
    with Archive.open(path, read_only=False) as archive, archive.transaction() as tx:
        tx.set_heard("x", 1)
    leaving.join()


def test_who_waits_for_the_log_gives_up_after_a_while(tmp_path: Path) -> None:
    reader, writer = (sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None, timeout=0) for _ in range(2))
    reader.execute("CREATE TABLE one (two)")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM one").fetchone()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(writer, patience_s=0.1)
    reader.close()
    write_ahead(writer, patience_s=0)
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    writer.close()
