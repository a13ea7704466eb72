"""Archives as a folder and as one file: opened alike, read without a trace, written by many, refused when newer."""

import shutil
import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from gracetape.archive import Archive, ArchiveError, NotFound, UsageError, alerts_of, locate, parse_ref, timeline_of
from gracetape.archive.owners import Owner
from gracetape.archive.packing import collect, convert
from gracetape.archive.verify import verify

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
SERVICE = "https://gracedb.ligo.org/api/"


def keep(archive: Archive, graceid: str, logs: int, files: dict[str, bytes] | None = None) -> str:
    """Keep a small event as a capture does, and return its reference."""
    with archive.transaction() as tx:
        capture = tx.begin(graceid, SERVICE, "capture")
        tx.put(capture, "object", "", {"graceid": graceid, "created": "2026-01-01 00:00:00 UTC", "gpstime": 1.0})
        for n in range(1, logs + 1):
            tx.put(capture, "log", n, {"N": n, "comment": f"entry {n}", "created": "2026-01-01 00:00:00 UTC"})
        for name, contents in (files or {}).items():
            tx.add_file(capture, name, tx.store_blob(iter([contents])))
        return tx.finish(capture).ref


def state(path: Path) -> dict[str, tuple[int, int]]:
    files = [path, *path.rglob("*")]
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in files} | {
        str(p): (0, p.stat().st_size) for p in path.parent.iterdir() if p.name.startswith(path.name)
    }


@pytest.mark.parametrize("packed", [False, True])
def test_reading_writes_nothing_and_takes_no_lock(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "a.tape"
    with Archive.open(SHORT) as short:
        convert(short, path, packed=packed)
    before = state(path)
    with Archive.open(path) as reader:
        for graceid in reader.objects():
            view = reader.view(graceid)
            view.records("log")
            for entry in view.files():
                b"".join(reader.read(entry))
        list(alerts_of(timeline_of(reader)))
        assert list(verify(reader)) == []
        assert state(path) == before
        with pytest.raises(ArchiveError, match="read-only"), reader.transaction():
            pass
    assert state(path) == before


def test_a_reader_sees_what_a_writer_keeps_meanwhile_and_never_half_of_it(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as writer:
        keep(writer, "G1", 3)
        with Archive.open(tmp_path / "a.tape") as reader:
            with writer.transaction() as tx:
                tx.put("G1", "log", 4, {"N": 4})
                assert reader.view("G1").count("log") == 3
            assert reader.view("G1").count("log") == 4


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        with pytest.raises(ZeroDivisionError), archive.transaction() as tx:  # noqa: PT012
            tx.begin("G1", SERVICE, "capture")
            raise ZeroDivisionError
        assert archive.captures(unfinished=True) == []
        with pytest.raises(NotFound, match="it is empty"):
            archive.view("G1")


def test_a_newer_schema_is_refused_and_told(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHORT, tmp_path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for read_only in (True, False):
        with pytest.raises(ArchiveError, match="newer than this gracetape reads.*install a newer"):
            Archive.open(path, read_only=read_only)


def test_what_is_no_archive_is_refused_and_told(tmp_path: Path) -> None:
    (tmp_path / "text.tape").write_text("hello")
    sqlite3.connect(tmp_path / "other.tape").execute("CREATE TABLE a (b)").connection.close()
    for name in ("text.tape", "other.tape", "nowhere.tape", "."):
        with pytest.raises(ArchiveError, match="is not a gracetape archive"):
            Archive.open(tmp_path / name)
    with pytest.raises(ArchiveError, match="exists already"):
        Archive.create(tmp_path / "text.tape")


def test_versions_share_what_did_not_change(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        noise = {"noise.bin": bytes(range(256)) * 400}
        assert keep(archive, "G1", 50, noise) == "G1@1"
        records = archive.connection.execute("SELECT count(*) FROM records").fetchone()[0]
        assert keep(archive, "G1", 51, noise) == "G1@2"
        assert archive.connection.execute("SELECT count(*) FROM records").fetchone()[0] == records + 1
        assert archive.connection.execute("SELECT count(*) FROM blobs").fetchone()[0] == 1
        assert (archive.view("G1@1").count("log"), archive.view("G1").count("log")) == (50, 51)
        with pytest.raises(NotFound, match="newest capture is @2"):
            archive.view("G1@3")


def test_gc_removes_what_dead_owners_left_and_nothing_of_who_is_at_work(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, Owner(archive) as alive:
        (tmp_path / "a.tape/owners" / ("0" * 32)).touch()
        collect(archive)
        assert [path.name for path in (tmp_path / "a.tape/owners").iterdir()] == [alive.token]
    assert not (tmp_path / "a.tape/owners").exists()


def test_gc_frees_what_removed_captures_used_and_nothing_else(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        keep(archive, "G1", 5, {"one.txt": b"one", "both.txt": b"both"})
        keep(archive, "G2", 5, {"two.txt": b"two", "both.txt": b"both"})
        with archive.transaction() as tx:
            tx.drop(archive.capture("G1"))
        assert collect(archive)[0] == 2  # G1's own record and its own file; the log records are those of G2 too
        assert list(verify(archive)) == []
        assert archive.objects() == ["G2"]
        assert {p.name[:4] for p in (tmp_path / "a.tape" / "blobs").rglob("*") if p.is_file()} == {
            e.sha256[:4] for e in archive.view("G2").files() if e.sha256
        }


def test_many_threads_write_and_lose_nothing(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        keep(archive, "G1", 1)

        def write() -> None:
            for _ in range(20):
                with archive.transaction() as tx:
                    n = tx.next_n("G1", "log")
                    tx.put("G1", "log", n, {"N": n})
                    tx.add_file("G1", "f.txt", tx.store_blob(iter([b"x"])))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        view = archive.view("G1")
        assert [record["N"] for record in view.records("log")] == list(range(1, 162))
        assert [entry.version for entry in view.files()] == list(range(160))


contents = st.dictionaries(st.text("abc.", min_size=1, max_size=6), st.binary(max_size=3000), max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["G1", "G2", "S220609hl"]), st.integers(0, 5), contents), max_size=4))
def test_packing_and_unpacking_lose_nothing(objects: list[tuple[str, int, dict[str, bytes]]]) -> None:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with Archive.create(folder / "a.tape") as archive:
            for graceid, logs, files in objects:
                keep(archive, graceid, logs, files)
            expected = _all(archive)
            convert(archive, folder / "b.tape", packed=True)
        with Archive.open(folder / "b.tape") as packed:
            assert packed.packed
            assert _all(packed) == expected
            assert list(verify(packed)) == []
            convert(packed, folder / "c.tape", packed=False)
            with pytest.raises(ArchiveError, match="exists already"):
                convert(packed, folder / "c.tape", packed=False)
        with Archive.open(folder / "c.tape") as unpacked:
            assert not unpacked.packed
            assert _all(unpacked) == expected


def _all(archive: Archive) -> list[Any]:
    views = [archive.view(capture.ref) for capture in archive.captures()]
    return [
        (view.capture, list(view.items()), [(e, b"".join(archive.read(e))) for e in view.files()]) for view in views
    ]


def test_which_archive_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRACETAPE_ARCHIVE", raising=False)
    with pytest.raises(UsageError, match=r"there is no \*.tape in this folder.*--archive"):
        locate()
    (tmp_path / "one.tape").touch()
    assert locate() == Path("one.tape")
    (tmp_path / "two.tape").touch()
    with pytest.raises(UsageError, match="several archives here"):
        locate()
    monkeypatch.setenv("GRACETAPE_ARCHIVE", "two.tape")
    assert locate() == Path("two.tape")
    assert locate("three.tape") == Path("three.tape")


@pytest.mark.parametrize(
    "text", ["", "G", "xyz", "G1@", "G1@0", "G1@x", "G1:x", "G1:1:2", "S1", "G1\n", "../G1", "G1 "]
)
def test_what_names_no_object_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ref(text)
