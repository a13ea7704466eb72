"""The tape is tapes/test_listener.tape; a replay of it is what igwn-alert would send."""

import pytest
from listener import Listener


def test_the_sky_map_is_fetched_when_it_is_ready(replay, gracedb, alerts, tmp_path):
    replay.to_listener(Listener(gracedb, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["TS101020a-test_file.txt"]
    assert alerts.of("log", graceid="TS101020a")[0].data["comment"] == "TS101020a-test_file.txt was fetched"


def test_what_was_fetched_before_is_not_fetched_again(replay, gracedb, alerts, tmp_path):
    (tmp_path / "TS101020a-test_file.txt").write_text("the sky")
    replay.to_listener(Listener(gracedb, tmp_path))
    assert alerts == []


@pytest.mark.tape("test_listener.tape", cutoff=16)
def test_nothing_is_fetched_before_it_is_ready(replay, gracedb, tmp_path):
    replay.to_listener(Listener(gracedb, tmp_path))
    assert list(tmp_path.iterdir()) == []
