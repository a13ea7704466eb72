"""What a recorder writes beside its file is written into regular files, never through links or into pipes."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape.archive import ArchiveError
from gracetape.brokers import Gap
from gracetape.capture.file_sink import FileSink

NOW = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)


def _record(path: Path) -> None:
    sink = FileSink(path)
    sink.gap(Gap(("a",), NOW, NOW, "tried"))
    sink.alive(NOW)


@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("ending", [".until", ".gaps", ".until.new"])
def test_side_files_that_lie_elsewhere_are_not_touched(tmp_path: Path, kind: str, ending: str) -> None:
    victim, place = tmp_path / "victim", tmp_path / f"heard.jsonl{ending}"
    victim.write_text("mine")
    if kind == "link":
        place.symlink_to(victim)
    else:
        os.mkfifo(place)
    with pytest.raises(ArchiveError, match="is opened there"):
        _record(tmp_path / "heard.jsonl")
    assert victim.read_text() == "mine"


def test_a_pipe_is_no_file_to_record_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "heard.jsonl")
    with pytest.raises(ArchiveError, match="no regular file"):
        FileSink(tmp_path / "heard.jsonl")


def test_when_was_last_heard_is_read_again(tmp_path: Path) -> None:
    FileSink(tmp_path / "heard.jsonl").alive(NOW)
    assert FileSink(tmp_path / "heard.jsonl").since == NOW
