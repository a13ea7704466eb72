"""Contents are kept once and compressed where that helps, however they come: in one piece or many, small or large."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gracetape.archive import Archive, blobs
from gracetape.archive.blobs import Blob

_DICE = random.Random(7).randbytes(700 << 10)
#: Contents, and whether compressing them helps.
_CONTENTS = {
    "nothing": (b"", False),
    "a word": (b"x", False),
    "small and plain": (b"GraceDB " * 2000, True),
    "small and random": (_DICE[: 100 << 10], False),
    "large and plain": (b"GraceDB " * 100_000, True),
    "large and random": (_DICE, False),
    "plain after random": (_DICE[: 100 << 10] + bytes(900 << 10), True),
    "random after plain": (bytes(900 << 10) + _DICE[: 100 << 10], True),
}


def _pieces(contents: bytes, size: int) -> Iterator[bytes]:
    yield from (contents[at : at + size] for at in range(0, len(contents), size))


@pytest.fixture(params=[False, True], ids=["folder", "packed"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "a.tape", packed=request.param) as made:
        yield made


@pytest.mark.parametrize("size", [30_000, 64 << 10, 1 << 20])
def test_contents_come_back_and_are_compressed_where_that_helps(archive: Archive, size: int) -> None:
    for contents, shrinks in _CONTENTS.values():
        with archive.transaction() as tx:
            blob = tx.store_blob(_pieces(contents, size))
        assert (blob.sha256, blob.size) == (hashlib.sha256(contents).hexdigest(), len(contents))
        assert b"".join(blobs.plain(archive.blobs, blob)) == contents
        assert sum(map(len, archive.blobs.stored(blob.sha256))) < 0.9 * len(contents) or not shrinks
        assert (blob.encoding == "zstd") is shrinks


def test_the_same_contents_again_are_compared_not_hashed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep() -> Blob:
        with archive.transaction() as tx:
            return tx.store_blob(_pieces(_DICE, 64 << 10))

    first = keep()
    monkeypatch.setattr("gracetape.archive.writing.is_sound", None)
    assert keep() == first


def test_damaged_contents_that_come_again_are_whole_again(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        for damage in (b"", _DICE[:-1], _DICE + b"x", b"y" + _DICE[1:]):
            with archive.transaction() as tx:
                blob = tx.store_blob(_pieces(_DICE, 64 << 10))
            assert blobs.is_sound(archive.blobs, blob)
            (path,) = (tmp_path / "a.tape" / "blobs").glob("??/*")
            path.write_bytes(damage)
            assert not blobs.is_sound(archive.blobs, blob)
