"""The Python API says in one sentence what it cannot do, as the commands do, and does not let anybody in."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import gracetape
from gracetape import dummy
from gracetape.times import as_utc, gps_of, iso_time, server_time

TAPE = Path(__file__).parent / "fixtures" / "short.tape"
WAYS = [
    gracetape.Archive.open,
    gracetape.Archive.create,
    gracetape.Archive.at,
    gracetape.GraceDb,
    gracetape.use,
    gracetape.play,
]
MOMENT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("path", ["a\0b.tape", "x" * 300, "y" * 300 + "/a.tape", "f/a.tape"], ids=repr)
@pytest.mark.parametrize("way", WAYS)
def test_a_path_that_cannot_be_is_an_archive_error(way: Any, path: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("a file")
    with pytest.raises(gracetape.ArchiveError) as told:
        way(path)
    assert len(str(told.value).splitlines()) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "example.org", "192.168.1.1"])
def test_a_dummy_is_served_to_this_machine_alone(host: str) -> None:
    with pytest.raises(gracetape.UsageError, match="not a loopback address"):
        gracetape.serve(lambda *_: [], host)


@pytest.mark.parametrize("port", [-1, 65536, 99999, "8000"])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    with pytest.raises(gracetape.UsageError, match="there is no port"):
        gracetape.serve(lambda *_: [], port=port)


def test_a_capture_takes_one_id_and_the_path_of_an_archive(tmp_path: Path) -> None:
    with gracetape.GraceDb(TAPE) as client:
        (result,) = gracetape.capture("T1", str(tmp_path / "one.tape"), client, files=False)
        gracetape.capture(["T2"], tmp_path / "one.tape", client, files=False)
        with pytest.raises(gracetape.CaptureError, match="no such thing"):
            gracetape.capture("T404", tmp_path / "none.tape", client)
        with pytest.raises(gracetape.UsageError, match="1 connection or more"):
            gracetape.capture("T1", tmp_path / "none.tape", client, connections=0)
    assert result.capture.ref == "T1@1"
    assert not (tmp_path / "none.tape").exists()
    with gracetape.Archive.open(tmp_path / "one.tape") as tape:
        assert tape.objects() == ["T1", "T2"]


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch: Any) -> None:
    import time

    naive, elsewhere = MOMENT.replace(tzinfo=None), MOMENT.astimezone(timezone(timedelta(hours=9)))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for moment in (naive, elsewhere):
            assert as_utc(moment) == MOMENT
            assert gps_of(moment) == gps_of(MOMENT)
            assert (iso_time(moment), server_time(moment)) == ("2026-03-01T12:00:05Z", "2026-03-01 12:00:05 UTC")
            with gracetape.Archive.open(TAPE) as tape:
                history = gracetape.history_of(tape, "T1")
                assert history.as_of(time=moment).count("log") == history.as_of(time=MOMENT).count("log") > 0
            played = [len(list(gracetape.play(TAPE, until=m, clock=gracetape.MaxClock()))) for m in (moment, MOMENT)]
            assert played[0] == played[1] > 0
            with dummy.GraceDb(TAPE, as_of=moment) as client, dummy.GraceDb(TAPE, as_of=MOMENT) as other:
                assert client.logs("T1").json() == other.logs("T1").json()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("moment", [{}, {"n": 1, "time": MOMENT}])
def test_a_history_is_seen_as_of_one_moment(moment: dict[str, Any]) -> None:
    with gracetape.Archive.open(TAPE) as tape, pytest.raises(gracetape.UsageError, match="either n or time"):
        gracetape.history_of(tape, "T1").as_of(**moment)
