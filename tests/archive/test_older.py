"""An archive of an older schema: read as it is without being touched, brought up to date by whoever may write."""

import sqlite3
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive, index, schema
from gracetape.archive.packing import collect
from gracetape.archive.verify import verify


def _made_older(path: Path) -> bytes:
    """Take from an archive's database what the newer migrations put in; returns the file's bytes."""
    database = path if path.is_file() else path / "archive.sqlite"
    connection = sqlite3.connect(database)
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
    before = _made_older(older)
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


def test_an_older_archive_is_brought_up_to_date_where_it_may_be_written(older: Path) -> None:
    _made_older(older)
    with Archive.open(older, read_only=False) as archive, dummy.GraceDb(archive) as client:
        assert client.num_events("INJ") == 1
        assert archive.connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)


def test_several_may_bring_an_older_archive_up_to_date_at_once(older: Path) -> None:
    _made_older(older)
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


def test_the_tables_to_compare_with_are_those_that_the_migrations_make() -> None:
    made, like = (sqlite3.connect(":memory:", isolation_level=None) for _ in range(2))
    schema.migrate(made)
    schema.make_like(like, schema.SCHEMA_VERSION)
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    assert list(made.execute(query)) == list(like.execute(query))
    assert [row[0] for row in made.execute("SELECT name FROM _sqlite_migrations")] == list(
        schema.names(schema.SCHEMA_VERSION)
    )
