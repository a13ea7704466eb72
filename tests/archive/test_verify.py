"""What `verify` tells of: every value of every table that an answer depends on, links, and how its work grows."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive, ArchiveError, Recorded, add_recorded
from gracetape.archive.catalogues import add_catalogue
from gracetape.archive.packing import collect, convert
from gracetape.archive.verify import verify
from gracetape.errors import GracetapeError

NOW = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed tape with something in every table."""
    path = tmp_path_factory.mktemp("verify") / "sound.tape"
    name, contents = sample("cbc-lm.xml")
    with Archive.create(path, packed=True) as archive, dummy.GraceDb(archive, now=lambda: NOW) as client:
        for _ in range(2):
            event = client.create_event("CBC", "gstlal", name, filecontents=contents, labels=["INJ"]).json()["graceid"]
        superevent = client.create_superevent(1, 2, 3, event, labels=["DQV"]).json()["superevent_id"]
        client.write_log(superevent, "a file", filename="x.txt", filecontents="what is in it", tag_name=["em_follow"])
        client.confirm_superevent_as_gw(superevent)
        with archive.transaction() as tx:
            add_recorded(tx, {event: [Recorded(NOW, "cbc_gstlal", {"uid": event, "alert_type": "new"})]})
            add_catalogue(tx, {"number": "4", "superevents": []})
            tx.set_heard("until kafka://here", 1_000_000)
    return path


@pytest.fixture
def packed(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "packed.tape"))


def faults(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        return list(verify(archive))


#: Columns that no answer depends on: numbers of rows that nothing refers to, when a migration was made.
_FREE = {("alerts", "id"), ("catalogues", "id"), ("_sqlite_migrations", "id"), ("_sqlite_migrations", "applied_at")}


def columns(path: Path) -> Iterator[tuple[str, str]]:
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in connection.execute(f"SELECT name FROM pragma_table_info('{table}')"):
            yield table, row[0]
    connection.close()


def test_every_value_that_is_changed_is_told_of(sound: Path, tmp_path: Path) -> None:
    assert faults(sound) == []
    missed = []
    for table, column in columns(sound):
        changes = (
            f"CASE WHEN typeof({column}) IN ('integer', 'real') THEN {column} + 1 ELSE {column} || 'x' END",
            "x'00ff'",
        )
        for number, change in enumerate(changes):
            path = Path(shutil.copy(sound, tmp_path / "changed.tape"))
            connection = sqlite3.connect(path, isolation_level=None)
            last = "SELECT max(record) FROM entries" if table == "records" else f"SELECT max({column}) FROM {table}"
            if table == "records" and column != "id":
                last = f"SELECT {column} FROM records WHERE id = ({last})"
            with contextlib.suppress(sqlite3.IntegrityError):  # some columns take numbers alone
                connection.execute(
                    f"UPDATE OR IGNORE {table} SET {column} = {change} WHERE {column} IS ({last}) AND {column} IS NOT ({change})"
                )
            done = connection.total_changes
            connection.close()
            try:
                told = faults(path)
            except GracetapeError as error:
                told = [str(error)]
            if done and not told and (table, column) not in _FREE:
                missed.append((table, column, number))
    assert missed == [], missed


def test_every_row_that_is_gone_from_a_table_that_answers_need_is_told_of(sound: Path, tmp_path: Path) -> None:
    for table in ("captures", "records", "entries", "files", "blobs", "chunks", "names", "places", "spans", "counters", "heard", "search_events",
                  "search_superevents", "search_labels", "search_members", "search_attributes", "search_words"):  # fmt: skip
        path = Path(shutil.copy(sound, tmp_path / "less.tape"))
        connection = sqlite3.connect(path, isolation_level=None)
        (column,) = connection.execute(f"SELECT name FROM pragma_table_info('{table}') LIMIT 1").fetchone()
        used = "SELECT record FROM entries LIMIT 1" if table == "records" else f"SELECT {column} FROM {table} LIMIT 1"
        connection.execute(f"DELETE FROM {table} WHERE {column} IN ({used})")
        connection.close()
        assert faults(path), table


@pytest.mark.parametrize("statement", [
    "UPDATE names SET object = 'G1' WHERE name = 'G2'",
    "UPDATE names SET object = 'G1' WHERE name LIKE 'GW%'",
    "INSERT INTO names VALUES ('G77', 'G1')",
    "UPDATE places SET gps = gps + 1 WHERE object = 'G1'",
    "UPDATE places SET category = 'superevent' WHERE object = 'G1'",
    "DELETE FROM places",
    "UPDATE spans SET begins = begins - 1 WHERE object = 'G1'",
    "DELETE FROM spans",
])  # fmt: skip
def test_names_places_and_spans_that_say_other_than_the_records_are_told_of_and_made_anew(
    packed: Path, statement: str
) -> None:
    connection = sqlite3.connect(packed, isolation_level=None)
    connection.execute(statement)
    connection.close()
    assert faults(packed)
    with Archive.open(packed, read_only=False) as archive:
        collect(archive)
        assert list(verify(archive)) == []


def test_what_is_removed_leaves_names_places_and_spans_as_the_rest_says(packed: Path) -> None:
    with Archive.open(packed, read_only=False) as archive:
        (superevent,) = (graceid for graceid in archive.objects() if graceid.startswith("S"))
        with archive.transaction() as tx:
            newer = tx.begin(superevent, "https://elsewhere.org/api/", "capture")
            tx.put(newer, "object", "", archive.view(superevent).record() | {"t_0": 9.0, "gw_id": "GW700101Z"})
            tx.finish(newer)
        assert list(verify(archive)) == []
        with archive.transaction() as tx:
            tx.drop(newer)
        assert archive.near("superevent", 8, 10) == []
        assert archive.owner("GW700101Z") is None
        assert list(verify(archive)) == []


def test_it_looks_at_one_moment(tmp_path: Path, packed: Path) -> None:
    with Archive.open(packed) as archive:
        convert(archive, tmp_path / "folder.tape", packed=False)
    with Archive.open(tmp_path / "folder.tape", read_only=False) as writer, Archive.open(writer.path) as reader:
        client = dummy.GraceDb(writer)
        asked: list[str] = []

        def write(statement: str) -> None:
            if statement.startswith("SELECT") and len(asked) < 200:
                asked.append(statement)
                if len(asked) % 8 == 0:
                    client.write_log("G1", "meanwhile")

        reader.connection.set_trace_callback(write)
        assert list(verify(reader)) == []
        assert len(asked) > 20


def test_its_work_grows_with_the_files(tmp_path: Path) -> None:
    def steps(count: int) -> int:
        path = tmp_path / f"{count}.tape"
        with Archive.create(path, packed=True) as archive:
            with archive.transaction() as tx:
                capture = tx.new_object("G1", "https://gracedb.ligo.org/api/", {"graceid": "G1"})
                for n in range(count):
                    tx.add_file(capture, f"{n}.txt", tx.store_blob(iter([str(n).encode()])))
                    tx.put(capture, "log", n + 1, {"N": n + 1, "comment": str(n)})
            archive.connection.execute("UPDATE blobs SET size = size + 1")  # the more to be said of each
            archive.connection.execute("UPDATE records SET json = json || ' '")
            counted = [0]

            def count_them() -> None:
                counted[0] += 1

            archive.connection.set_progress_handler(count_them, 1000)
            assert len(list(verify(archive))) >= 2 * count
        return counted[0]

    assert steps(400) < 2.6 * steps(200)


# -- links, pipes and folders that lie elsewhere


@pytest.fixture
def folder(packed: Path, tmp_path: Path) -> Path:
    with Archive.open(packed) as archive:
        convert(archive, tmp_path / "folder.tape", packed=False)
    return tmp_path / "folder.tape"


def _replace(path: Path, kind: str, elsewhere: Path) -> None:
    if path.is_dir() or path.exists():
        path.rename(elsewhere)
    if kind == "link":
        path.symlink_to(elsewhere)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
@pytest.mark.parametrize(
    "name", ["archive.sqlite", "archive.sqlite-wal", "archive.sqlite-shm", "archive.sqlite-journal"]
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_that_lies_elsewhere_is_not_opened(
    folder: Path, tmp_path: Path, kind: str, name: str, read_only: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    _replace(folder / name, kind, elsewhere)
    if not elsewhere.exists():
        elsewhere.write_bytes(b"mine")
    before = elsewhere.read_bytes()
    with pytest.raises(ArchiveError, match=r"archive\.sqlite"):
        Archive.open(folder, read_only=read_only)
    assert elsewhere.read_bytes() == before


@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("which", ["blobs", "shelf", "blob", "incoming"])
def test_contents_that_lie_elsewhere_are_neither_read_nor_written(
    folder: Path, tmp_path: Path, kind: str, which: str
) -> None:
    blob = sorted(path for path in (folder / "blobs").rglob("*") if path.is_file())[0]
    place = {"blobs": folder / "blobs", "shelf": blob.parent, "blob": blob, "incoming": folder / "blobs" / "incoming"}[
        which
    ]
    elsewhere = tmp_path / "elsewhere"
    _replace(place, kind, elsewhere)
    if kind == "link" and which == "incoming":
        elsewhere.mkdir()
    before = sorted(elsewhere.rglob("*")) if elsewhere.is_dir() else []
    assert any(str(place.relative_to(tmp_path)) in fault or "is opened there" in fault for fault in faults(folder))
    with Archive.open(folder, read_only=False) as archive:
        files = [
            file for graceid in archive.objects() for file in archive.view(graceid).files() if file.sha256 == blob.name
        ]
        if which != "incoming":
            with pytest.raises(ArchiveError, match="is opened there"):
                b"".join(archive.read(files[0]))
        if which in ("blobs", "incoming"):
            with pytest.raises(ArchiveError, match="is opened there"), archive.transaction() as tx:
                tx.store_blob(iter([b"new contents"]))
            if which == "blobs":
                with pytest.raises(ArchiveError, match="is opened there"):
                    collect(archive)
    assert (sorted(elsewhere.rglob("*")) if elsewhere.is_dir() else []) == before


def test_a_journal_that_names_another_file_is_not_played_back(packed: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("")
    name = os.fsencode(victim)
    tail = name + len(name).to_bytes(4) + sum(name).to_bytes(4) + bytes.fromhex("d9d505f920a163d7")
    packed.with_name(packed.name + "-journal").write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504) + tail)
    with pytest.raises(ArchiveError, match="names another journal"):
        Archive.open(packed, read_only=False)
    assert victim.exists()


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_alerts_are_not_written_through_what_lies_in_the_tape(folder: Path, tmp_path: Path, kind: str) -> None:
    from gracetape.dummy.alert_targets import open_alerts

    (tmp_path / "victim").write_text("rc")
    _replace(folder / "alerts.jsonl", kind, tmp_path / "victim")
    with Archive.open(folder, read_only=False) as archive:
        with pytest.raises(ArchiveError, match=r"alerts\.jsonl"):
            open_alerts(None, archive)
        assert any("alerts.jsonl" in fault for fault in verify(archive))
    assert (tmp_path / "victim").read_text() == "rc"
