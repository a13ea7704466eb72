"""Catalogues are a part of the archive: kept by packing, checked by verify, brought along from older archives."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gracetape import dummy
from gracetape.archive import Archive, ArchiveError
from gracetape.archive.catalogues import add_catalogue, catalogues_of
from gracetape.archive.packing import convert
from gracetape.archive.verify import verify


def record(number: str, comment: str) -> dict[str, Any]:
    return {"number": number, "version": None, "gwtc_superevents": {}, "comment": comment}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "written.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        for number, comment in (("4", "first"), ("4.1", "other"), ("4", "second")):
            add_catalogue(tx, record(number, comment))
    return path


def test_versions_of_a_catalogue_are_numbered_and_listed_newest_first(written: Path) -> None:
    with Archive.open(written) as archive:
        listed = [(found["number"], found["version"], found["comment"]) for found in catalogues_of(archive)]
        assert listed == [("4", 2, "second"), ("4.1", 1, "other"), ("4", 1, "first")]
        assert [found["version"] for found in catalogues_of(archive, "4")] == [2, 1]


def test_packing_and_unpacking_keep_catalogues(written: Path, tmp_path: Path) -> None:
    packed, unpacked = tmp_path / "packed.tape", tmp_path / "unpacked.tape"
    with Archive.open(written) as archive:
        kept = catalogues_of(archive)
        convert(archive, packed, packed=True)
    with Archive.open(packed) as archive:
        convert(archive, unpacked, packed=False)
    for path in (packed, unpacked):
        with Archive.open(path, read_only=False) as archive, dummy.GraceDb(archive) as client:
            assert catalogues_of(archive) == kept
            assert list(verify(archive)) == []
            assert client.gwtc_create({}, "4").json()["version"] == 3


@pytest.mark.parametrize("change", ["json = replace(json, 'second', 'third')", "version = version + 5"])
def test_a_catalogue_that_was_changed_is_named_and_not_read(written: Path, change: str) -> None:
    connection = sqlite3.connect(written / "archive.sqlite")
    with connection:
        connection.execute(f"UPDATE catalogues SET {change} WHERE number = '4' AND version = 2")
    connection.close()
    with Archive.open(written) as archive:
        (fault,) = verify(archive)
        assert "of the catalogue 4 has changed" in fault
        with pytest.raises(ArchiveError, match="of the catalogue 4 has changed"):
            catalogues_of(archive)


@pytest.mark.parametrize("read_only", [True, False], ids=["read", "written"])
def test_catalogues_of_an_archive_of_the_older_schema_are_found(written: Path, read_only: bool) -> None:
    connection = sqlite3.connect(written / "archive.sqlite", isolation_level=None)
    with Archive.open(written) as archive:
        kept = catalogues_of(archive)
    connection.execute("CREATE TABLE gwtc (number TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL)")
    connection.execute("INSERT INTO gwtc SELECT number, version, json FROM catalogues ORDER BY id")
    connection.execute("DROP TABLE catalogues")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = '0003_catalogues'")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with Archive.open(written, read_only=read_only) as archive:
        assert catalogues_of(archive) == kept
        assert list(verify(archive)) == []
