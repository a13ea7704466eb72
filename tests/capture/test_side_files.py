"""What a recorder writes beside its file is written into regular files, never through links or into pipes."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape.archive import ArchiveError
from gracetape.brokers import Gap, Heard
from gracetape.brokers.sources import Place
from gracetape.capture import file_sink
from gracetape.capture.file_sink import FileSink
from gracetape.capture.listen import Recorder

NOW = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)


def _record(path: Path) -> None:
    sink = FileSink(path)
    sink.gap(Gap(("a",), NOW, NOW, "tried"))
    sink.keep([Heard("a", "{}", NOW, Place("log", 3))])
    sink.alive(NOW)


@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("ending", [".until", ".gaps", ".until.new", ".places.new"])
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


def test_where_a_log_was_left_is_read_again_as_long_as_the_file_is_there(tmp_path: Path) -> None:
    heard = tmp_path / "heard.jsonl"
    FileSink(heard).keep([Heard("a", "{}", NOW, Place("log", offset)) for offset in (3, 4)])
    assert (FileSink(heard).after("log"), FileSink(heard).after("another")) == (4, None)
    heard.rename(tmp_path / "yesterday.jsonl")
    assert FileSink(heard).after("log") is None


@pytest.mark.parametrize("text", ["", "{", "[3]", '{"log": "3"}', '{"log": 3.5}'])
def test_places_that_are_none_are_told_of(tmp_path: Path, text: str) -> None:
    heard = tmp_path / "heard.jsonl"
    FileSink(heard).keep([Heard("a", "{}", NOW, Place("log", 3))])
    (tmp_path / "heard.jsonl.places").write_text(text)
    with pytest.raises(ArchiveError, match=r"heard\.jsonl\.places does not hold places"):
        FileSink(heard)


def test_a_long_file_that_is_heard_again_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what was kept, the last messages alone are known again."""
    monkeypatch.setattr(file_sink, "_REMEMBERED", 10)
    said, kept = tmp_path / "said.jsonl", tmp_path / "kept.jsonl"
    said.write_text("".join(json.dumps({"node": "a", "payload": {"uid": f"T{n}"}}) + "\n" for n in range(50)))
    for again, new in ((0, 50), (25, 25)):
        with said.open("a") as file:
            file.writelines(json.dumps({"node": "a", "payload": {"uid": f"T{50 + n}"}}) + "\n" for n in range(again))
        Recorder(f"file:{said}", ["a"], FileSink(kept)).run(new)
    uids = [json.loads(line)["payload"]["uid"] for line in kept.read_text().splitlines()]
    assert uids == [f"T{n}" for n in range(75)]
