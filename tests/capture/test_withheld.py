"""What a server does not show any more: the second capture tells it plainly, and nothing of the first is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.packing import collect
from gracetape.archive.verify import verify
from gracetape.capture import CaptureResult
from gracetape.capture.progress import absences
from gracetape.errors import CaptureError
from tests.capture.conftest import Source

FORBIDDEN = ("403 Forbidden", {}, b"you may not see it")


@pytest.fixture
def archive(source: Source, tmp_path: Path) -> Any:
    """What was captured when everything could be seen."""
    with Archive.create(tmp_path / "a.tape") as archive:
        again(source, archive)
        yield archive
        assert list(verify(archive)) == []


def again(source: Source, archive: Archive, **options: Any) -> CaptureResult:
    with capture.connect(source.url) as client:
        (result,) = capture.capture([source.graceid], archive, client, **options)
    return result


def contents(archive: Archive, ref: str) -> dict[str, bytes | None]:
    view = archive.view(ref)
    return {f"{e.name},{e.version}": b"".join(archive.read(e)) if e.sha256 else None for e in view.files()}


def test_files_that_are_no_longer_listed_to_us_are_kept_and_told_of(source: Source, archive: Archive) -> None:
    before = contents(archive, source.graceid)
    source.faulty.faults["/files/"] = [FORBIDDEN] * 6
    result = again(source, archive)
    assert result.new
    assert contents(archive, f"{source.graceid}@2") == before
    assert result.capture.noted()["not given"].keys() == {"files"}
    (line,) = absences(result)
    assert "no longer given: the files of" in line
    assert "(403)" in line
    assert f"{source.graceid}@1 has {len(before)}, which are kept" in line
    assert not again(source, archive).new  # as it was the last time
    source.faulty.faults.clear()
    seen_again = again(source, archive)
    assert seen_again.new
    assert "not given" not in seen_again.capture.noted()
    assert contents(archive, f"{source.graceid}@3") == before


def test_a_list_that_is_hidden_is_told_of_and_stays_in_the_version_before(source: Source, archive: Archive) -> None:
    source.faulty.faults["/labels/"] = [FORBIDDEN] * 4
    result = again(source, archive)
    collect(archive)
    (line,) = absences(result)
    assert "no longer given: the labels of" in line
    assert f"{source.graceid}@1 has 1" in line
    assert [label["name"] for label in archive.view(f"{source.graceid}@1").records("label")] == ["INJ"]
    assert archive.view(f"{source.graceid}@2").records("label") == []


def test_log_entries_that_disappear_are_told_of_and_stay_in_the_version_before(
    source: Source, archive: Archive
) -> None:
    logs = source.client.logs(source.graceid).json()["log"]
    fewer = json.dumps({"log": logs[:-2], "links": {}, "numRows": len(logs) - 2, "start": 0}).encode()
    source.faulty.faults["/log/"] = [("200 OK", {"Content-Type": "application/json"}, fewer)] * 4
    result = again(source, archive)
    assert result.logs == len(logs) - 2
    assert absences(result) == [
        f"  no longer shown: log entries N {len(logs) - 1}, N {len(logs)}; {source.graceid}@1 has them"
    ]
    assert len(archive.view(f"{source.graceid}@1").records("log")) == len(logs)


def test_files_that_are_refused_when_all_are_asked_for_are_kept(source: Source, archive: Archive) -> None:
    before = contents(archive, source.graceid)
    source.faulty.faults["/files/file1.txt"] = [FORBIDDEN] * 4
    result = again(source, archive, recapture=True)
    assert result.kept > 0
    assert result.absent == []
    assert contents(archive, source.graceid) == before


@pytest.mark.parametrize("hidden", ["/log/", "/api/events/"])
@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
def test_an_object_that_is_hidden_stays_as_it_was_captured(
    source: Source, archive: Archive, hidden: str, status: str
) -> None:
    before = contents(archive, source.graceid)
    source.faulty.faults[hidden] = [(status, {}, b"no")] * 20
    with pytest.raises(CaptureError, match=status[:3]):
        again(source, archive)
    collect(archive)
    assert [found.ref for found in archive.captures()] == [f"{source.graceid}@1"]
    assert contents(archive, source.graceid) == before


def test_a_file_that_was_refused_comes_when_it_may_be_seen(source: Source, tmp_path: Path) -> None:
    source.faulty.faults["/files/file1.txt"] = [FORBIDDEN] * 20
    with Archive.create(tmp_path / "a.tape") as archive:
        assert len(again(source, archive).absent) == 2
        assert not again(source, archive).new
        source.faulty.faults.clear()
        result = again(source, archive)
        assert (result.new, result.fetched, result.absent) == (True, 2, [])
        assert None not in contents(archive, source.graceid).values()
        assert None in contents(archive, f"{source.graceid}@1").values()
