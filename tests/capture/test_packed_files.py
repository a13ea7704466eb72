"""Files that are packed are kept as they are on the server, which says so of them (`Content-Encoding: gzip`), as GraceDB does of `.gz`."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.capture import transfers
from tests.capture.conftest import Source, contents_of, cut_short

PACKED = gzip.compress(b"a sky map " * 5000)
LARGE = gzip.compress(os.urandom(3 << 20))


def labelled(
    source: Source, *, length: bool = True, most: Callable[[int], int | None] = lambda number: None
) -> list[str]:
    """Let the server say of packed files that they are; the ranges that were asked of the large one, whose n-th answer ends early."""
    ordinary, asked = source.faulty.app, list[str]()

    def app(environ: dict[str, Any], respond: Any) -> Any:
        if ".gz,0" not in environ["PATH_INFO"]:
            return ordinary(environ, respond)
        end = None
        if "large" in environ["PATH_INFO"]:
            asked.append(environ.get("HTTP_RANGE", ""))
            end = most(len(asked))

        def also(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if length or name.lower() != "content-length"]
            return respond(status, [*kept, ("Content-Encoding", "gzip")], *rest)

        pieces = ordinary(environ, also)
        return pieces if end is None else cut_short(pieces, end)

    source.faulty.app = app
    return asked


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "in chunks"])
def test_a_packed_file_is_kept_as_it_is(source: Source, tmp_path: Path, length: bool) -> None:
    source.client.write_log(source.graceid, "a sky map", "bayestar.fits.gz", PACKED)
    labelled(source, length=length)
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        assert contents_of(archive, source, "bayestar.fits.gz") == PACKED
        assert list(verify(archive)) == []


def test_a_file_that_is_packed_on_its_way_alone_is_unpacked(source: Source, tmp_path: Path) -> None:
    packed = gzip.compress(b"contents 0" * 2000)
    source.faulty.faults = {"/file0.txt,0": [("200 OK", {"Content-Encoding": "gzip", "ETag": '"a"'}, packed)]}
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        entry = archive.view(source.graceid).file("file0.txt", 0)
        assert entry is not None
        assert b"".join(archive.read(entry)) == b"contents 0" * 2000


def test_a_packed_file_that_breaks_off_is_gone_on_with(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "LEAST", 1 << 20)
    source.client.write_log(source.graceid, "a large one", "large.fits.gz", LARGE)
    asked = labelled(source, most=lambda number: 1 << 20 if number == 1 else None)
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        assert contents_of(archive, source, "large.fits.gz") == LARGE
    assert asked[0] == ""
    assert asked[1].startswith("bytes=")
    assert len(asked) == 2
