"""`capture --blobs`: contents go into a store at once, and the tape has the rows; `--service-url` may be the last word."""

from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.verify import verify
from tests import commands
from tests.capture.conftest import Source


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GRACETAPE_STORES", raising=False)


def test_a_capture_into_a_store(source: Source, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        done = commands.run(["capture", *words], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    tape, store = tmp_path / f"{source.graceid}.tape", tmp_path / "store"
    run(source.graceid, "--blobs", store, "--service-url", source.url)
    assert not list((tape / "blobs").glob("??/*")), "they are in the store"
    assert list((store / "blobs").glob("*/*"))
    with Archive.open(tape) as archive:
        assert list(verify(archive)) == []
        names = {file.name for file in archive.view(source.graceid).files()}
    assert names == {name for name in source.client.files(source.graceid).json() if "," not in name}
    assert "unchanged" in run(source.graceid, "--service-url", source.url), "the tape knows its store"


def test_a_packed_tape_has_no_store(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape", packed=True):
        pass
    words = ["capture", source.graceid, "-a", "a.tape", "--blobs", "store", "--service-url", source.url]
    done = commands.run(words, cwd=tmp_path, capture_output=True)
    assert done.returncode == 2
    assert "`gracetape archive unpack` makes a folder of it" in done.stderr
