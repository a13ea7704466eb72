"""Damage and malice: what `verify` finds, what reading refuses, and what an archive from a stranger cannot do."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from gracetape.archive import Archive, ArchiveError, history_of
from gracetape.archive.extract import extract
from gracetape.archive.packing import convert
from gracetape.archive.verify import verify
from gracetape.errors import GracetapeError

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return Path(shutil.copy(SHORT, tmp_path / "packed.tape"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Archive.open(SHORT) as archive:
        convert(archive, tmp_path / "folder.tape", packed=False)
    return tmp_path / "folder.tape"


def faults(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        return list(verify(archive))


def change(path: Path, statement: str, *values: object) -> None:
    database = path if path.is_file() else path / "archive.sqlite"
    connection = sqlite3.connect(database)
    with connection:
        assert connection.execute(statement, values).rowcount
    connection.close()


def blobs(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "blobs").rglob("*") if path.is_file())


def test_sound_archives_have_no_faults(packed: Path, folder: Path) -> None:
    assert faults(packed) == []
    assert faults(folder) == []


def test_a_flipped_bit_of_a_file_is_named_and_never_handed_out(folder: Path) -> None:
    for path in blobs(folder):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 4]))
        (fault,) = faults(folder)
        assert "damaged" in fault
        with Archive.open(folder) as archive:
            (entry,) = {
                e.sha256: e for g in archive.objects() for e in archive.view(g).files() if e.sha256 == path.name
            }.values()
            assert entry.full_name in fault
            with pytest.raises(ArchiveError, match="damaged"):
                b"".join(archive.read(entry))
        path.write_bytes(whole)


def test_a_missing_and_a_shortened_file_are_named(folder: Path) -> None:
    first, second = blobs(folder)[:2]
    first.unlink()
    second.write_bytes(second.read_bytes()[:-3])
    found = sorted(faults(folder))
    assert len(found) == 2
    assert any("missing" in fault for fault in found)
    assert any("damaged" in fault for fault in found)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE records SET json = replace(json, 'INFO', 'NFO') WHERE json LIKE '%INFO%'", "has changed"),
        ("DELETE FROM entries WHERE kind = 'log' AND key = '5'", "list of records and files has changed"),
        ("UPDATE entries SET ord = ord + 1 WHERE kind = 'log' AND key = '5'", "list of records and files"),
        ("DELETE FROM records WHERE id = 3", "a record that is not there"),
        ("DELETE FROM chunks", "missing"),
        ("DELETE FROM blobs", "contents that are not listed"),
        ("UPDATE blobs SET size = size + 1", "damaged"),
        ("UPDATE files SET absent = 'gone'", "list of records and files has changed"),
        ("UPDATE captures SET service = 'https://elsewhere.org/api/'", "what the archive says of this capture"),
        ("UPDATE captures SET notes = '{' WHERE id = 1", "notes"),
        ("DELETE FROM entries WHERE kind = 'object'", "the object's own record is missing"),
        ("DELETE FROM captures WHERE id = 1", "a capture that is not there"),
        ("UPDATE names SET object = 'G999'", "a name of an object that is not there"),
    ],
)
def test_each_kind_of_damage_to_the_tables_is_named(packed: Path, statement: str, told: str) -> None:
    change(packed, statement)
    assert any(told in fault for fault in faults(packed)), faults(packed)


def test_a_record_that_was_changed_is_not_read(packed: Path) -> None:
    change(packed, "UPDATE records SET json = replace(json, '\"N\":', '\"M\":')")
    with Archive.open(packed) as archive, pytest.raises(ArchiveError, match="damaged"):
        history_of(archive, archive.objects()[0])


def test_no_flipped_bit_is_both_missed_by_verify_and_seen_by_readers(packed: Path, tmp_path: Path) -> None:
    whole, draw = packed.read_bytes(), random.Random(11)
    expected = _all_of(packed)
    hurt = tmp_path / "hurt.tape"
    found = 0
    for _ in range(120):
        at = draw.randrange(len(whole))
        hurt.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << draw.randrange(8))]) + whole[at + 1 :])
        try:
            told = faults(hurt)
        except GracetapeError as error:
            told = [str(error)]
        found += bool(told)
        try:
            assert told or _all_of(hurt) == expected
        except (GracetapeError, sqlite3.Error):
            assert told
    assert found > 20  # the rest hit the free space of pages


def _all_of(path: Path) -> object:
    """Everything that can be read from an archive."""
    with Archive.open(path) as archive:
        views = [archive.view(capture.ref) for capture in archive.captures()]
        files = [b"".join(archive.read(entry)) for view in views for entry in view.files()]
        return [(view.record(), view.records("log"), view.records("label"), view.files()) for view in views], files


@pytest.mark.parametrize("size", [0, 1, 100, 5000, 60_000])
def test_a_truncated_archive_is_refused_in_a_sentence_or_found_faulty(packed: Path, size: int) -> None:
    packed.write_bytes(packed.read_bytes()[:size])
    try:
        assert faults(packed)
    except GracetapeError as error:
        assert str(packed) in str(error)


# -- archives from strangers


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "..", "a/../../escaped", "nul\0byte", "x" * 300, ""])
def test_file_names_that_lead_elsewhere_are_left_out_and_told(packed: Path, tmp_path: Path, name: str) -> None:
    change(packed, "UPDATE files SET name = ? WHERE name = 'cbc-lm.xml'", name)
    target = tmp_path / "in" / "here"
    with Archive.open(packed) as archive:
        event = archive.objects()[1]
        written, left = extract(archive, event, target)
    assert written
    assert len(left) == 1 or name in ("", "..")
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and target not in p.parents and p != packed]
    assert outside == []


@pytest.mark.parametrize("name", ["sky\nmap.fits", "ünï cödé ⊙.txt", "tab\there", "x" * 250])
def test_odd_but_possible_names_come_out_whole(packed: Path, tmp_path: Path, name: str) -> None:
    change(packed, "UPDATE files SET name = ? WHERE name = 'upload.data'", name)
    with Archive.open(packed) as archive:
        written, left = extract(archive, archive.objects()[1], tmp_path / "out")
    assert (f"{name},0" in written) == (len(f"{name},0".encode()) <= 255)
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(written)
    assert len(left) + len(written) == 6


@pytest.mark.parametrize("digest", ["../../../../etc/passwd", "/etc/passwd", "ab", "z" * 64])
def test_a_digest_that_is_a_path_reads_and_writes_nothing(
    folder: Path, packed: Path, tmp_path: Path, digest: str
) -> None:
    for tape in (folder, packed):
        (sha256,) = sqlite3.connect(tape if tape.is_file() else tape / "archive.sqlite").execute(
            "SELECT sha256 FROM files LIMIT 1").fetchone()  # fmt: skip
        for table in ("files", "blobs"):
            change(tape, f"UPDATE {table} SET sha256 = ? WHERE sha256 = ?", digest, sha256)
        with Archive.open(tape) as archive:
            entries = [e for g in archive.objects() for e in archive.view(g).files() if e.sha256 == digest]
            assert entries
            with pytest.raises(ArchiveError):
                b"".join(archive.read(entries[0]))
    with Archive.open(packed) as archive, pytest.raises(ArchiveError):
        convert(archive, tmp_path / "out.tape", packed=False)
    assert not (tmp_path / "out.tape").exists()


def test_a_link_among_the_contents_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    path = blobs(folder)[0]
    path.unlink()
    path.symlink_to(secret)
    assert len(faults(folder)) == 1


def test_contents_that_unpack_to_more_than_they_should_are_cut_off(packed: Path) -> None:
    import zstandard

    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(1 << 28))
    (sha256,) = sqlite3.connect(packed).execute("SELECT sha256 FROM blobs WHERE encoding = 'zstd' LIMIT 1").fetchone()
    change(packed, "UPDATE chunks SET data = ? WHERE sha256 = ?", bomb, sha256)
    with Archive.open(packed) as archive:
        size = archive.blob(sha256).size
        entry = next(e for g in archive.objects() for e in archive.view(g).files() if e.sha256 == sha256)
        came: list[int] = []
        with pytest.raises(ArchiveError, match="damaged"):
            came.extend(map(len, archive.read(entry)))
        assert sum(came) <= size + (2 << 20)
