"""An archive of an older schema: read as it is without being touched, brought up to date by whoever may write."""

import shutil
import sqlite3
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive, counters, index, schema
from gracetape.archive.packing import collect
from gracetape.archive.reading import Reader
from gracetape.archive.verify import verify
from gracetape.errors import ArchiveError


def _without_the_fourth(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE heard")
    connection.execute("ALTER TABLE captures DROP COLUMN writable")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '0004%'")
    connection.execute("PRAGMA user_version = 3")


def made_older(path: Path) -> bytes:
    """Take from an archive's database what the newer migrations put in; returns the file's bytes."""
    database = path if path.is_file() else path / "archive.sqlite"
    connection = sqlite3.connect(database)
    _without_the_fourth(connection)
    for table in (*index.NAMES, "catalogues"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name != '0001_tables'")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.commit()
    connection.close()
    return database.read_bytes()


@pytest.fixture(params=[False, True], ids=["folder", "packed"])
def older(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "older.tape"
    name, contents = sample("cbc-lm.xml")
    with Archive.create(path, packed=request.param) as archive, dummy.GraceDb(archive) as client:
        graceid = client.create_event("CBC", "gstlal", name, filecontents=contents, labels=["INJ"]).json()["graceid"]
        client.create_superevent(1, 2, 3, graceid)
    return path


def test_an_older_archive_is_read_and_left_as_it_is(
    older: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = made_older(older)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with Archive.open(older) as archive, dummy.GraceDb(archive) as client:
        (event,) = client.events("INJ gstlal si.snr > 1")
        assert client.num_events("in_superevent: True") == 1
        name, contents = sample("cbc-lm.xml")
        assert client.files(event["graceid"], name).read() == contents
        assert list(verify(archive)) == []
        assert any((tmp_path / "temporary").iterdir())
    assert not any((tmp_path / "temporary").iterdir())
    assert (older if older.is_file() else older / "archive.sqlite").read_bytes() == before


def test_the_copy_of_a_tape_at_rest_is_made_once_a_process_and_anew_when_the_tape_changes(
    older: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made_older(older)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    made: list[sqlite3.Connection] = []
    ordinary = schema.take_steps
    monkeypatch.setattr(schema, "take_steps", lambda copy: (made.append(copy), ordinary(copy)))

    def tools() -> set[str]:
        with dummy.GraceDb(older) as client, Archive.open(older) as archive:
            client.write_log("G1", "in the scratch")
            name, contents = sample("cbc-lm.xml")
            assert client.files("G1", name).read() == contents
            found = {capture.tool for capture in archive.captures()}
        assert list((tmp_path / "temporary").iterdir()) == []
        return found

    assert (tools(), tools(), len(made)) == (tools(), tools(), 1)
    other = sqlite3.connect(older if older.is_file() else older / "archive.sqlite", isolation_level=None)
    for number, mode in enumerate(("DELETE", "DELETE", "WAL", "WAL")):  # in the last, a log is beside it
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("UPDATE captures SET tool = ?", (f"tool {number}",))
        assert tools() == {f"tool {number}"}
    other.close()


def test_what_is_kept_of_a_tape_that_is_replaced_meanwhile_is_not_taken_for_the_new_one(
    older: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made_older(older)
    database = older if older.is_file() else older / "archive.sqlite"
    other = tmp_path / "other"
    shutil.copyfile(database, other)
    changed = sqlite3.connect(other, isolation_level=None)
    changed.execute("UPDATE captures SET tool = 'the new one'")
    changed.close()
    ordinary, asked = Reader.connect, list[Reader]()

    def connect(reader: Reader, **options: Any) -> sqlite3.Connection:
        connection = ordinary(reader, **options)
        connection.execute("SELECT 1 FROM captures").fetchone()
        asked.append(reader)
        if len(asked) == 2:  # the first found out that it is older, the second is copied
            other.replace(database)
        return connection

    monkeypatch.setattr(Reader, "connect", connect)
    with suppress(ArchiveError), Archive.open(older) as archive:
        archive.captures()
    with Archive.open(older) as archive:
        assert {capture.tool for capture in archive.captures()} == {"the new one"}


def test_an_older_archive_is_brought_up_to_date_where_it_may_be_written(older: Path) -> None:
    made_older(older)
    with Archive.open(older, read_only=False) as archive, dummy.GraceDb(archive) as client:
        assert client.num_events("INJ") == 1
        assert archive.connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)


def test_several_may_bring_an_older_archive_up_to_date_at_once(older: Path) -> None:
    made_older(older)
    together = threading.Barrier(4)

    def opened(_: int) -> int:
        together.wait()
        with Archive.open(older, read_only=False) as archive:
            return len(archive.connection.execute("SELECT object FROM search_events").fetchall())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [1] * 4


def test_rebuilding_what_searches_read_changes_nothing(older: Path) -> None:
    with Archive.open(older, read_only=False) as archive:
        dump = {table: archive.connection.execute(f"SELECT * FROM {table}").fetchall() for table in index.NAMES}
        index.rebuild(archive.connection)
        for table, rows in dump.items():
            assert sorted(archive.connection.execute(f"SELECT * FROM {table}"), key=repr) == sorted(rows, key=repr)
            assert rows or table == "search_members"


def test_what_searches_read_is_verified_and_made_anew(older: Path) -> None:
    with Archive.open(older, read_only=False) as archive, dummy.GraceDb(archive) as client:
        archive.connection.execute("UPDATE search_labels SET label = 'DQV'")
        assert client.num_events("INJ") == 0
        (told,) = verify(archive)
        assert told.startswith("search_labels: ")
        collect(archive)
        assert client.num_events("INJ") == 1
        assert list(verify(archive)) == []


def test_tables_are_the_same_whoever_makes_them() -> None:
    """A new archive's, those to compare with, and those of sqlite_utils, which brings older archives up to date."""
    new, like, brought = (sqlite3.connect(":memory:", isolation_level=None) for _ in range(3))
    schema.migrate(new)
    schema.make_like(like, schema.SCHEMA_VERSION)
    schema._migrate_older(brought)
    tables = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    assert list(new.execute(tables)) == list(like.execute(tables)) == list(brought.execute(tables))
    steps = "SELECT migration_set, name FROM _sqlite_migrations"
    assert list(new.execute(steps)) == list(brought.execute(steps))
    assert [name for _, name in new.execute(steps)] == list(schema.names(schema.SCHEMA_VERSION))
    schema._migrate_older(new)  # finds nothing to do
    assert [name for _, name in new.execute(steps)] == list(schema.names(schema.SCHEMA_VERSION))


@pytest.fixture
def heard(older: Path) -> Path:
    """An archive of the third schema, which kept among its counters until when was heard."""
    with Archive.open(older, read_only=False) as archive, archive.transaction() as tx:
        for name, last in (("heard until, kafka://here", 1_700_000_000_000_000), ("heard of log", 7)):
            counters.put(archive.connection, name, last)
        tx.next_number("x")
    connection = sqlite3.connect(older if older.is_file() else older / "archive.sqlite")
    _without_the_fourth(connection)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.commit()
    connection.close()
    return older


@pytest.mark.parametrize("read_only", [True, False], ids=["read", "written"])
def test_what_was_heard_moves_to_a_table_of_its_own(heard: Path, read_only: bool) -> None:
    with Archive.open(heard, read_only=read_only) as archive:
        assert (archive.heard("until kafka://here"), archive.heard("offset log")) == (1_700_000_000_000_000, 7)
        assert archive.number("heard of log") is None
        assert archive.number("x") == 1
        assert {capture.origin: capture.writable for capture in archive.captures()} == {"dummy": 1}
        assert list(verify(archive)) == []
        assert list(archive.connection.execute("SELECT name FROM counters WHERE name LIKE 'heard%'")) == []


def test_damage_among_the_counters_is_told_of_when_they_were_moved(heard: Path) -> None:
    connection = sqlite3.connect(heard if heard.is_file() else heard / "archive.sqlite")
    connection.execute("UPDATE counters SET last = 8 WHERE name = 'heard of log'")
    connection.commit()
    connection.close()
    with Archive.open(heard) as archive:
        assert len(list(verify(archive))) == 1


def test_fixtures_of_the_third_schema_open_as_they_are(tmp_path: Path) -> None:
    for name in ("short.tape", "long.tape"):
        path = Path(__file__).parents[1] / "fixtures" / name
        before = path.read_bytes()
        with Archive.open(path) as archive:
            assert {capture.writable for capture in archive.captures()} == {0}
            assert list(verify(archive)) == []
        assert path.read_bytes() == before


def test_an_archive_that_is_brought_up_to_date_while_it_is_opened_is_compared_at_one_moment(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_older(older)
    ordinary, started = schema.check, list[Future[None]]()

    def check(connection: sqlite3.Connection, path: object) -> int:
        version = ordinary(connection, path)
        monkeypatch.setattr(schema, "check", ordinary)
        started.append(others.submit(lambda: Archive.open(older, read_only=False).close()))
        wait(started, timeout=0.3)  # it is done, or waits for our moment to end
        return version

    with ThreadPoolExecutor(1) as others:
        monkeypatch.setattr(schema, "check", check)
        with Archive.open(older) as archive:
            assert archive.objects()
        started[0].result()
