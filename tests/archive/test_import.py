"""Imports of mock-event-generator's caches: all of one or nothing, and never a damaged one."""

import gzip
import io
import json
import os
import random
import shutil
import tarfile
from pathlib import Path

import pytest

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.import_meg import import_into
from gracetape.archive.verify import verify
from gracetape.errors import GracetapeError

CREATED = "2022-06-09 22:18:16 UTC"


def cache(folder: Path, superevent: str = "S220609a", event: str = "G1") -> Path:
    """A cache of one superevent with one event, whose file lies beside it."""
    gevent = {
        "graceid": event,
        "created": CREATED,
        "labels": ["INJ"],
        "group": "CBC",
        "submitter": "gstlal@LIGO.ORG",
        "pipeline": "gstlal",
        "gpstime": 5.0,
    }
    log = {"N": 1, "created": CREATED, "comment": f"Added event: {event}", "filename": "", "tag_names": []}
    record = {
        "superevent_id": superevent,
        "created": CREATED,
        "t_0": 5.0,
        "preferred_event": event,
        "gw_events": [event],
    }
    about = {"sevent": record, "logs": {"log": [log]}, "labels": [], "gevents": {event: gevent}}
    home = folder / superevent
    (home / event).mkdir(parents=True)
    (home / "description.json").write_text(json.dumps({"source": "production", "sevent_data": about}))
    upload = {"filename": "coinc.xml,0", "delay": 0.5, "message": "Original Data", "tags": []}
    (home / event / "description.json").write_text(json.dumps({"uploads": [upload]}))
    (home / event / "coinc.xml,0").write_bytes(random.Random(3).randbytes(3000))
    return folder


def packed(folder: Path) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        tar.add(folder, "cache")
    return gzip.compress(plain.getvalue(), mtime=0)


def contents(path: Path) -> list[Path]:
    return sorted(p.relative_to(path) for p in path.rglob("*") if p.is_file())


def test_a_cache_comes_in_whole_as_a_folder_or_packed(tmp_path: Path) -> None:
    folder = cache(tmp_path / "cache")
    (tmp_path / "cache.tgz").write_bytes(packed(folder))
    for source in (folder, tmp_path / "cache.tgz"):
        target = tmp_path / f"{source.suffix or 'folder'}.tape"
        assert [capture.ref for capture in import_into(source, target)] == ["S220609a@1", "G1@1"]
        with Archive.open(target) as archive:
            assert list(verify(archive)) == []
            (file,) = archive.view("G1").files()
            assert len(b"".join(archive.read(file))) == 3000
            # meg fetches again what the submitter uploaded, of an import too.
            logs = [log for log in archive.view("G1").records("log") if log["filename"]]
            assert [log["issuer"] for log in logs] == ["gstlal@LIGO.ORG"]
    assert {p.name for p in tmp_path.iterdir()} == {"cache", "cache.tgz", "folder.tape", ".tgz.tape"}


def test_no_flipped_bit_of_a_packed_cache_comes_in(tmp_path: Path) -> None:
    whole, draw = packed(cache(tmp_path / "cache")), random.Random(7)
    source, target, refused = tmp_path / "hurt.tgz", tmp_path / "hurt.tape", 0
    for _ in range(60):
        at = draw.randrange(10, len(whole))  # before that are the time of packing and such
        hurt = whole[:at] + bytes([whole[at] ^ (1 << draw.randrange(8))]) + whole[at + 1 :]
        source.write_bytes(hurt)
        try:
            import_into(source, target)
        except GracetapeError as error:
            refused += 1
            assert "hurt.tgz" in str(error)
        else:  # some bits of a compressed stream say nothing
            assert gzip.decompress(hurt) == gzip.decompress(whole)
            shutil.rmtree(target)
        assert {p.name for p in tmp_path.iterdir()} == {"cache", "hurt.tgz"}
    assert refused > 55


def test_a_cache_that_is_cut_short_anywhere_does_not_come_in(tmp_path: Path) -> None:
    whole = packed(cache(tmp_path / "cache"))
    plain = gzip.decompress(whole)
    source = tmp_path / "cut.tgz"
    cuts = [whole[:size] for size in (0, 5, 700, len(whole) - 8, len(whole) - 1)]
    cuts += [plain[:512], plain[:2048], plain[: plain.rstrip(b"\0").__len__() // 512 * 512]]
    for cut in cuts:
        source.write_bytes(cut)
        with pytest.raises(ArchiveError):
            import_into(source, tmp_path / "cut.tape")
    assert not (tmp_path / "cut.tape").exists()


def test_a_header_that_is_damaged_is_not_the_end_of_the_archive(tmp_path: Path) -> None:
    plain = bytearray(gzip.decompress(packed(cache(tmp_path / "cache"))))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        plain[tar.getmembers()[-1].offset + 3] ^= 1
    (tmp_path / "hurt.tar").write_bytes(plain)
    with pytest.raises(ArchiveError, match="damaged"):
        import_into(tmp_path / "hurt.tar", tmp_path / "hurt.tape")


@pytest.mark.parametrize("hurt", ["[1", "[" * 3000 + "]" * 3000, "[]", '{"uploads": [{"filename": 3}]}'])
def test_an_import_that_fails_leaves_an_archive_as_it_was(tmp_path: Path, hurt: str) -> None:
    target = tmp_path / "a.tape"
    import_into(cache(tmp_path / "first"), target)
    with Archive.open(target) as archive:
        before = contents(target), archive.captures(unfinished=True), archive.number("x")
    second = cache(tmp_path / "second", "S220609b", "G2")
    (second / "S220609b" / "G2" / "coinc.xml,0").write_bytes(b"new contents")
    cache(second, "S220609c", "G3")
    (second / "S220609c" / "G3" / "description.json").write_text(hurt)  # the last one that is read
    with pytest.raises(ArchiveError, match=r"description\.json"):
        import_into(second, target)
    with Archive.open(target) as archive:
        assert (contents(target), archive.captures(unfinished=True), archive.number("x")) == before
        assert list(verify(archive)) == []


def test_links_and_pipes_in_a_cache_are_not_opened(tmp_path: Path) -> None:
    folder = cache(tmp_path / "cache")
    description = folder / "S220609a" / "G1" / "description.json"
    description.rename(tmp_path / "elsewhere.json")
    description.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ArchiveError, match="symbolic link"):
        import_into(folder, tmp_path / "a.tape")
    description.unlink()
    os.mkfifo(description)
    with pytest.raises(ArchiveError, match="pipe"):
        import_into(folder, tmp_path / "a.tape")


def test_a_cache_that_is_read_twice_is_there_once(tmp_path: Path) -> None:
    folder, target = cache(tmp_path / "cache"), tmp_path / "a.tape"
    first = [capture.ref for capture in import_into(folder, target)]
    assert [capture.ref for capture in import_into(folder, target)] == first
    with Archive.open(target) as archive:
        assert sorted(capture.ref for capture in archive.captures(unfinished=True)) == sorted(first)
