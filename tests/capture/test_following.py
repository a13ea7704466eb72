"""Captures that go on: an object until somebody stops it, and the objects that a stream names."""

import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.brokers import Heard
from gracetape.capture import polling
from gracetape.capture.archive_sink import ArchiveSink
from gracetape.capture.follow import Follower
from gracetape.capture.pace import Pace
from gracetape.capture.polling import poll
from gracetape.errors import CaptureError
from tests import commands
from tests.capture.conftest import Source
from tests.waiting import eventually


def versions(path: Path, graceid: str) -> int:
    with Archive.open(path) as archive:
        return len(archive.captures(graceid))


def said_while_followed(source: Source, path: Path, *others: str) -> str:
    """What is said while the event, and others, are followed until there is news, and then a signal."""
    words = ["capture", source.graceid, *others, "--follow", "--every", "0.1", "--service-url", source.url, "-a", path]
    with commands.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: (path / "archive.sqlite").exists() and versions(path, source.graceid) == 1)
        source.client.write_log(source.graceid, "news", "news.txt", b"news")
        eventually(lambda: versions(path, source.graceid) >= 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def test_an_object_is_followed_until_somebody_stops_it(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    said = said_while_followed(source, path)
    assert "Traceback" not in said
    with Archive.open(path) as archive:
        assert archive.view(source.graceid).file("news.txt") is not None
        assert archive.captures(source.graceid, unfinished=True)[-1].version <= versions(path, source.graceid) + 1


def test_what_is_not_there_is_not_followed(source: Source, tmp_path: Path) -> None:
    words = ["capture", "T404", "--follow", "--service-url", source.url, "-a", tmp_path / "a.tape"]
    done = commands.run(words, capture_output=True)
    assert (done.returncode, "404" in done.stderr) == (1, True)


def test_who_finds_nothing_new_looks_more_rarely_and_news_bring_him_back(source: Source) -> None:
    waits, looks = list[float](), iter([True, False, False, CaptureError("it broke off"), True])

    class Result:
        def __init__(self, new: bool) -> None:
            self.new = new

    with capture.connect(source.url) as client:

        def wait(seconds: float) -> bool:
            waits.append(seconds)
            return len(waits) == 5  # stopped

        client.watch.stopped.wait = wait  # type: ignore[method-assign]

        def once(told: Callable[[Result], object]) -> None:
            found = next(looks)
            if isinstance(found, CaptureError):
                raise found
            told(Result(found))

        poll(client, once, 4.0)
    assert waits == [4.0, 6.0, 9.0, 13.5, 4.0]


def test_a_signal_that_comes_between_two_looks_is_no_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([None, CaptureError("it broke off")])

    def once(_: object) -> None:
        if (failure := next(looks)) is not None:
            raise failure

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(polling, "pause", lambda *_: None)
    monkeypatch.setattr(polling, "say", interrupted)
    poll(None, once)
    assert list(looks) == []


def test_all_objects_that_a_stream_names_are_captured_once(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        follower = Follower(archive, source.url, always=False)
        sink = ArchiveSink(archive, "exec:nothing", follower.named)
        messages = [
            heard(f'{{"uid": "{uid}", "alert_type": "new", "n": {n}}}')
            for n, uid in enumerate([source.graceid, "T404", "no id", source.graceid])
        ]
        assert sink.keep(messages) == 4
        follower.close()
        assert archive.objects() == [source.graceid]
        assert list(follower.missing) == ["T404"]
        assert follower.captured == 1


def heard(text: str) -> Heard:
    return Heard("cbc_gstlal", text, datetime.now(UTC))


def test_captures_wait_for_a_burst_of_messages_but_not_for_ever() -> None:
    now = [100.0]
    pace = Pace(clock=lambda: now[0])
    for _ in range(8):
        pace.hold(0.5, 2.0)
        assert pace.turn() >= now[0]
        now[0] += 0.4
    assert pace.turn() <= now[0]  # held for two seconds: now it is their turn


def test_one_that_is_not_there_does_not_keep_others_from_being_followed(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    said = said_while_followed(source, path, "T404")
    assert 1 <= said.count("not captured: T404") <= 3  # not at each look


@pytest.mark.parametrize("again_s", [0.1, 1000.0], ids=["a while later", "at the end"])
def test_what_did_not_come_since_the_server_was_away_is_asked_for_again(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again_s: float
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    monkeypatch.setattr("gracetape.capture.follow._AGAIN_S", again_s)
    source.faulty.faults = {"/api/": [("503 Service Unavailable", {}, b"down")] * 6}
    with Archive.create(tmp_path / "a.tape") as archive:
        follower = Follower(archive, source.url, always=False)
        follower.named([source.graceid, "T404"], 2)
        eventually(lambda: set(follower.missing) == {source.graceid, "T404"} or archive.objects())
        if again_s < 1:
            eventually(lambda: source.graceid in archive.objects())
        follower.close()
        assert archive.objects() == [source.graceid]
        assert list(follower.missing) == ["T404"]
