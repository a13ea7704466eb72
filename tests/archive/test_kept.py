"""What is kept stays whole, is healed when it comes again, is copied whole or not at all, and is nobody else's to read."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.extract import extract
from gracetape.archive.packing import collect, convert
from gracetape.archive.store import PassingArchive
from gracetape.archive.verify import verify
from tests.archive.stored import contents_of, keep

TEXT = b"contents that are kept, more than once " * 20


@pytest.fixture(params=[False, True], ids=["folder", "packed"])
def kept(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "a.tape"
    with Archive.create(path, packed=request.param) as archive:
        keep(archive, "G1", [TEXT])
    return path


def hurt(path: Path, how: str) -> None:
    """Damage the one blob, or lose it."""
    if path.is_file():
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("DELETE FROM chunks" if how == "lost" else "UPDATE chunks SET data = data || x'00'")
            if how == "shorter":
                connection.execute("UPDATE chunks SET data = substr(data, 1, 9)")
        connection.close()
        return
    (blob,) = [found for found in (path / "blobs").rglob("*") if found.is_file()]
    whole = blob.read_bytes()
    if how == "lost":
        blob.unlink()
    else:
        blob.write_bytes(whole[:9] if how == "shorter" else whole[:-1] + bytes([whole[-1] ^ 1]))


# -- healing


@pytest.mark.parametrize("how", ["lost", "shorter", "changed"])
def test_the_same_bytes_stored_again_heal_what_was_lost_or_damaged(kept: Path, how: str) -> None:
    hurt(kept, how)
    with Archive.open(kept, read_only=False) as archive:
        assert not archive.holds(archive.view("G1").files()[0]) or (how == "changed" and kept.is_file())
        keep(archive, "G2", [TEXT])
        assert contents_of(archive, "G1") == contents_of(archive, "G2") == [TEXT]
        assert list(verify(archive)) == []


def test_contents_and_their_folders_are_on_disk_before_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    with Archive.create(tmp_path / "a.tape") as archive:
        real = os.fsync
        beside = sqlite3.connect(archive.path / "archive.sqlite")

        def fsync(handle: int) -> None:
            named = beside.execute("SELECT count(*) FROM blobs").fetchone()[0]
            synced.append((Path(f"/proc/self/fd/{handle}").readlink().name, bool(named)))
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        keep(archive, "G1", [TEXT])
        (digest,) = [entry.sha256 or "" for entry in archive.view("G1").files()]
        spooled, *folders = synced
        assert spooled[0].startswith("blob-")
        assert folders == [(digest[:2], False), ("blobs", False)]
        assert archive.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # and the names before it says so
        beside.close()


# -- copies


@pytest.mark.parametrize("how", ["lost", "shorter"])
def test_damaged_contents_are_not_copied_and_their_file_is_named(kept: Path, tmp_path: Path, how: str) -> None:
    hurt(kept, how)
    with (
        Archive.open(kept) as archive,
        pytest.raises(ArchiveError, match=r"G1 0\.txt,0: the contents .*nothing was written"),
    ):
        convert(archive, tmp_path / "b.tape", packed=not archive.packed)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tape"]


def test_damaged_contents_that_no_file_uses_stay_behind(kept: Path, tmp_path: Path) -> None:
    with Archive.open(kept, read_only=False) as archive, archive.transaction() as tx:
        tx.drop(archive.capture("G1"))
    hurt(kept, "shorter")
    with Archive.open(kept) as archive:
        convert(archive, tmp_path / "b.tape", packed=not archive.packed)
    with Archive.open(tmp_path / "b.tape") as archive:
        assert list(verify(archive)) == []


def test_a_copy_has_every_table_that_its_source_has(kept: Path, tmp_path: Path) -> None:
    with Archive.open(kept, read_only=False) as archive:
        archive.connection.execute('CREATE TABLE "a room\'s own" (id INTEGER PRIMARY KEY, "a ""word" TEXT)')
        archive.connection.execute('CREATE INDEX by_word ON "a room\'s own" ("a ""word")')
        archive.connection.execute("INSERT INTO \"a room's own\" VALUES (7, 'kept')")
        convert(archive, tmp_path / "b.tape", packed=not archive.packed)
    with Archive.open(tmp_path / "b.tape") as copied:
        assert copied.connection.execute('SELECT * FROM "a room\'s own"').fetchall() == [(7, "kept")]
        assert copied.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'by_word'").fetchone()
        assert list(verify(copied)) == []


def test_a_copy_takes_nobodys_place(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where something appears there while it is made."""
    target = tmp_path / "b.tape"
    monkeypatch.setattr("gracetape.archive.packing._copy", lambda *_: target.write_text("somebody else's"))
    with Archive.open(kept) as archive:
        for packed in (True, False):
            target.unlink(missing_ok=True)
            with pytest.raises(ArchiveError, match="exists already"):
                convert(archive, target, packed=packed)
            assert target.read_text() == "somebody else's"


# -- modes


def modes(top: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in [top, *top.rglob("*")]}


@pytest.mark.parametrize(
    ("shared", "umask", "folders", "files"),
    [("", 0o022, 0o700, 0o600), ("0", 0o000, 0o700, 0o600), ("1", 0o022, 0o755, 0o644), ("1", 0o007, 0o770, 0o660)],
)
def test_one_rule_says_who_may_read_all_of_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str, umask: int, folders: int, files: int
) -> None:
    monkeypatch.setenv("GRACETAPE_SHARED", shared)
    before = os.umask(umask)
    try:
        with PassingArchive.create(tmp_path / "a.tape") as archive:
            keep(archive, "G1", [TEXT, os.urandom(2000)])
            spool = archive.blobs.spool_folder()
            assert modes(tmp_path / "a.tape") == {folders, files, 0o700}  # with SQLite's logs
            assert stat.S_IMODE(spool.stat().st_mode) == 0o700
        assert modes(tmp_path / "a.tape") == {folders, files}
        with Archive.create(tmp_path / "made.tape", packed=True):
            assert modes(tmp_path / "made.tape") == {files}
        monkeypatch.setenv("GRACETAPE_SHARED", "0" if shared == "1" else "1")  # copies are as their source is
        os.umask(0o077)
        with Archive.open(tmp_path / "a.tape") as archive:
            convert(archive, tmp_path / "packed.tape", packed=True)
        assert modes(tmp_path / "packed.tape") == {files}
        with Archive.open(tmp_path / "packed.tape") as archive:
            convert(archive, tmp_path / "unpacked.tape", packed=False)
        assert modes(tmp_path / "unpacked.tape") == {folders, files}
    finally:
        os.umask(before)


def test_extracted_files_have_the_mode_that_the_umask_gives(kept: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with Archive.open(kept) as archive:
            extract(archive, "G1", tmp_path / "out")
    finally:
        os.umask(before)
    assert modes(tmp_path / "out") == {0o700, 0o600}


# -- readers where nobody can write, and after kills

_READ = """
import sys
from pathlib import Path
from gracetape.archive import Archive
from gracetape.archive.verify import verify
for path in map(Path, sys.argv[1:]):
    before = sorted(path.rglob("*"))
    with Archive.open(path) as archive:
        print(path.name, archive.objects(), *verify(archive))
    assert sorted(path.rglob("*")) == before
"""


def _killed_while_writing(path: Path, *, packed: bool = False, commit: bool = True) -> None:
    """An archive of G1 and G2, left by a killed writer: G2 in the log only; without `commit`, G1 and a half-written change."""
    with Archive.create(path, packed=packed) as archive:
        keep(archive, "G1", [TEXT])
    if not (child := os.fork()):
        archive = Archive.open(path, read_only=False)
        if commit:
            keep(archive, "G2", [TEXT])
        else:
            archive.connection.execute("PRAGMA cache_size = 1")  # so that changes reach the file before they are whole
            archive.connection.execute("BEGIN IMMEDIATE")
            archive.connection.execute("UPDATE captures SET object = 'G9'")
            archive.connection.executemany(
                "INSERT INTO counters VALUES (?, 1)", [("x" * 500 + str(n),) for n in range(2000)]
            )
        os._exit(0)
    os.waitpid(child, 0)


def _in_a_read_only_mount(folder: Path, *paths: Path) -> str:
    mounted = f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}'"
    if subprocess.run(["unshare", "-m", "sh", "-c", mounted], capture_output=True, check=False).returncode:
        pytest.skip("THIS USER MAY MOUNT NOTHING: archives on read-only media are not tested here")
    words = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f'{mounted} && exec "$@"',
        "sh",
        sys.executable,
        "-c",
        _READ,
        *map(str, paths),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_archives_on_read_only_media_are_read_with_what_their_log_holds(tmp_path: Path) -> None:
    folder, private = tmp_path / "medium", tmp_path / "private.tape"
    folder.mkdir()
    _killed_while_writing(folder / "wal.tape")
    _killed_while_writing(folder / "bare.tape")
    (folder / "bare.tape" / "archive.sqlite-shm").unlink()
    _killed_while_writing(folder / "hot.tape", packed=True, commit=False)
    assert (folder / "hot.tape-journal").exists()
    with Archive.create(private) as archive:
        keep(archive, "G3", [TEXT])
    connection = sqlite3.connect(private / "archive.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")  # as older versions left it
    connection.close()
    private.rename(folder / "older.tape")
    paths = [folder / name for name in ("wal.tape", "bare.tape", "hot.tape", "older.tape")]
    told = "wal.tape ['G1', 'G2']\nbare.tape ['G1', 'G2']\nhot.tape ['G1']\nolder.tape ['G3']\n"
    assert _in_a_read_only_mount(folder, *paths) == told


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
def test_what_a_killed_writer_left_is_read_where_it_may_be_written(tmp_path: Path, packed: bool) -> None:
    _killed_while_writing(tmp_path / "a.tape", packed=packed, commit=not packed)
    with Archive.open(tmp_path / "a.tape") as archive:
        assert archive.objects() == (["G1"] if packed else ["G1", "G2"])
        assert list(verify(archive)) == []


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
def test_readers_beside_a_writer_that_comes_after_them_see_all_it_keeps(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "a.tape"
    PassingArchive.create(path, packed=packed).close()
    readers = [Archive.open(path) for _ in range(2)]
    assert [reader.objects() for reader in readers] == [[], []]
    for number in range(1, 15):
        with PassingArchive.open(path, read_only=False) as writer:
            keep(writer, f"G{number}", [os.urandom(50_000)])
            if number % 5 == 0:
                collect(writer)
        for reader in readers:
            assert len(reader.objects()) == number
            assert len(contents_of(reader, f"G{number}")[0]) == 50_000
    for reader in readers:
        reader.close()


def test_an_archive_that_is_removed_meanwhile_is_not_made_anew_as_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    archive: Any = Archive.create(path, packed=True)
    archive.close()
    path.unlink()
    with pytest.raises(sqlite3.OperationalError):
        archive.connection.execute("SELECT 1")
    assert not path.exists()
