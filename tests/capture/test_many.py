"""Many objects at once: what is asked of the server, what is found by queries and in files, what is not asked for twice."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo.lives import new_event
from gracetape import capture, dummy
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.capture import asked, planning
from gracetape.capture.hub import Hub
from gracetape.capture.pace import Pace
from gracetape.capture.pull import Choice, Missed, capture_each
from gracetape.capture.run import Asked
from gracetape.errors import CaptureError, UsageError
from gracetape.progress import Progress
from tests import commands
from tests.capture.conftest import Source, serve


class Counted:
    """Counts requests, when they came, and the bytes of their answers' bodies."""

    def __init__(self, app: Any) -> None:
        self.app, self.bytes = app, 0
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        self.times.append(time.monotonic())
        self.asked.append(environ["PATH_INFO"])
        self.headers.append({name: environ[name] for name in ("HTTP_RANGE", "HTTP_IF_RANGE") if name in environ})
        for piece in self.app(environ, start_response):
            self.bytes += len(piece)
            yield piece

    def forget(self) -> None:
        self.bytes = 0
        self.asked, self.headers, self.times = [], [], []


@pytest.fixture
def counted(source: Source) -> Iterator[tuple[Source, Counted]]:
    """The source with 20 events more, and a server of it that counts."""
    for i in range(20):
        new_event(source.client, labels=["INJ"] if i % 2 else [])
    app = Counted(dummy.make_app(source.archive))
    server, url = serve(app)
    source.url = url
    yield source, app
    server.stop()


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return commands.run(["capture", *words], capture_output=True)


def test_what_has_not_changed_is_not_sent_again(counted: tuple[Source, Counted], tmp_path: Path) -> None:
    source, app = counted
    path = tmp_path / "a.tape"
    assert run(source.graceid, "--service-url", source.url, "-a", path).returncode == 0
    app.forget()
    done = run(source.graceid, "--service-url", source.url, "-a", path)
    assert "@1 unchanged" in done.stderr
    lists = 7  # log, labels, VOEvents, EM observations, signoffs, permissions, EMBB event logs
    assert len(app.asked) <= 3 + lists
    assert app.bytes < 4000
    assert not [path for path in app.asked if ",0" in path]


@pytest.mark.parametrize(
    "change",
    [
        lambda client, graceid: client.write_log(graceid, "one more"),
        lambda client, graceid: client.write_label(graceid, "DQV"),
        lambda client, graceid: client.add_tag(graceid, 1, "sky_loc"),
        lambda client, graceid: client.write_log(graceid, "file", "file3.txt", b"other contents"),
        lambda client, graceid: client.create_voevent(graceid, "preliminary"),
        lambda client, graceid: client.write_emobservation(
            graceid, "GOTO", [1], 1, [1], 1, ["2026-01-01T00:00:00"], 10
        ),
    ],
    ids=["log", "label", "tag", "file", "voevent", "observation"],
)
def test_no_change_is_missed(source: Source, tmp_path: Path, change: Any) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        capture.capture([source.graceid], archive, client)
        change(source.client, source.graceid)
        assert capture.capture([source.graceid], archive, client)[0].capture.version == 2
        with Archive.create(tmp_path / "b.tape") as fresh:
            capture.capture([source.graceid], fresh, client)
            assert fresh.capture(source.graceid).digest == archive.capture(source.graceid).digest
        assert list(verify(archive)) == []


def test_a_query_finds_them_page_by_page_and_an_interrupted_run_costs_little(
    counted: tuple[Source, Counted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, app = counted
    monkeypatch.setattr(asked, "_PAGE", 4)
    totals: list[int | None] = []
    with capture.connect(source.url) as client:
        found = list(asked.found_by(client, "group: Test label: INJ", "event", totals.append))
    assert (found, totals) == ([source.graceid, *(f"T{i}" for i in range(3, 22, 2))], [11])
    assert len([path for path in app.asked if path == "/api/events/"]) == 3
    words = ("--query", "group: Test label: INJ", "--events", "--service-url", source.url, "-a", tmp_path / "a.tape")
    done = run(*words, "--no-files")
    assert done.returncode == 0, done.stderr
    with Archive.open(tmp_path / "a.tape") as archive:
        assert len(archive.objects()) == 11
        assert list(verify(archive)) == []
    app.forget()
    assert run(*words, "--no-files").stderr.count("unchanged") == 11


def test_ids_come_from_a_file(counted: tuple[Source, Counted], tmp_path: Path) -> None:
    source, _ = counted
    (tmp_path / "ids.txt").write_text(f"# some\n{source.graceid}, T2\n\nT3 # another\nT2\n")
    words = ("--service-url", source.url, "-a", tmp_path / "a.tape", "--no-files")
    assert run("--from-file", tmp_path / "ids.txt", *words).returncode == 0
    with Archive.open(tmp_path / "a.tape") as archive:
        assert sorted(archive.objects()) == sorted([source.graceid, "T2", "T3"])
    (tmp_path / "ids.txt").write_text("T1\nnonsense\n")
    done = run("--from-file", tmp_path / "ids.txt", *words)
    assert (done.returncode, "line 2" in done.stderr) == (2, True)
    assert run("--from-file", tmp_path / "none.txt", *words).returncode == 2
    assert run("T1", "--query", "label: INJ", *words).returncode == 2


def test_one_that_cannot_be_had_does_not_keep_the_others(counted: tuple[Source, Counted], tmp_path: Path) -> None:
    source, _ = counted
    done = run("T2", "T404", "T405", "T3", "--service-url", source.url, "-a", tmp_path / "a.tape", "--no-files", "-q")
    assert done.returncode == 1
    first, other = ("T404", "T405") if "T404: " in done.stderr else ("T405", "T404")  # whichever was answered first
    assert f"{first}: the server has no such thing (404); not captured either: {other} (kept so far: T" in done.stderr
    assert "T2@1" in done.stderr
    assert "T3@1" in done.stderr
    with Archive.open(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        found = list(capture_each(iter(["T404", "T2"]), tmp_path / "a.tape", client))
        assert {type(one) for one in found} == {Missed, capture.pull.CaptureResult}
        assert sorted(archive.objects()) == ["T2", "T3"]


def test_a_server_that_is_gone_is_not_asked_for_all(tmp_path: Path) -> None:
    ids = [f"T{i}" for i in range(1, 2000)]
    with capture.connect("http://127.0.0.1:9/api/") as client, pytest.raises(CaptureError, match="reached"):
        capture.capture(ids, tmp_path / "a.tape", client)


def test_no_more_is_asked_a_second_than_was_said(counted: tuple[Source, Counted], tmp_path: Path) -> None:
    source, app = counted
    with capture.connect(source.url) as client:
        capture.capture(["T2", "T3"], tmp_path / "a.tape", client, files=False, max_rate=40)
    times = sorted(app.times)
    assert len(times) > 15
    assert times[-1] - times[0] >= (len(times) - 2) / 40
    with capture.connect(source.url) as client, pytest.raises(UsageError, match="rate"):
        capture.capture(["T2"], tmp_path / "a.tape", client, max_rate=0)


def test_who_is_told_to_wait_lets_all_others_wait_and_slows_down() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    for _ in range(10):
        assert pace.turn() == now[0]
        pace.answered()
    now[0] = 1.0
    pace.rest(4.0)
    first, second = pace.turn(), pace.turn()
    assert first == 5.0
    assert second == pytest.approx(5.5)  # ten in the five seconds from the beginning
    pace = Pace(max_rate=10, clock=lambda: now[0])
    turns = [pace.turn() for _ in range(5)]
    assert turns == sorted(turns)
    assert turns[-1] - turns[0] >= 0.4


def test_who_waits_while_a_server_is_left_alone_does_not_come_with_all_others_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, waiting, turns, rested = [0.0], list(range(5)), list[float](), list[None]()
    pace = Pace(max_rate=10, clock=lambda: now[0])

    def paused(client: object, seconds: float) -> None:
        """Meanwhile the next one begins to wait, and when all do, the server asks for a pause."""
        if waiting:
            waiting.pop()
            turns.append(pace.wait(None))
        elif not rested:
            rested.append(pace.rest(4.0))
        now[0] += seconds

    monkeypatch.setattr(capture.pace, "pause", paused)
    assert pace.wait(None) == 0.0
    turns.append(pace.wait(None))
    turns.sort()
    assert len(turns) == 6
    assert turns[0] >= 4.0
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(turns))


@pytest.mark.parametrize("said", ["4000", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_server_that_wants_to_be_left_alone_for_long_is_not_asked_meanwhile(
    said: str, counted: tuple[Source, Counted], tmp_path: Path
) -> None:
    source, app = counted
    ordinary = app.app

    def busy(environ: dict[str, Any], respond: Any) -> Any:
        if "/events/" not in environ["PATH_INFO"]:
            return ordinary(environ, respond)
        respond("429 Too Many Requests", [("Retry-After", said), ("Content-Length", "0")])
        return []

    app.app = busy
    with capture.connect(source.url) as client, pytest.raises(CaptureError, match=r"left alone for [\d,]+ s, longer"):
        capture.capture([f"T{n}" for n in range(2, 12)], tmp_path / "a.tape", client)
    assert len(app.asked) < 25


def test_a_time_at_which_to_come_back_is_understood(source: Source, tmp_path: Path) -> None:
    then = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 00:00:01 GMT"}
    source.faulty.faults = {"/files/": [("429 Too Many Requests", then, b"slow down")] * 7}
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        assert capture.capture([source.graceid], archive, client, connections=8)[0].fetched == 15


def test_a_throttled_server_is_asked_until_it_has_given_everything(source: Source, tmp_path: Path) -> None:
    busy = ("429 Too Many Requests", {"Retry-After": "1"}, b"slow down")
    source.faulty.faults = {"/files/": [busy] * 9}
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        assert capture.capture([source.graceid], archive, client, connections=8)[0].fetched == 15


def test_an_object_that_changes_meanwhile_is_read_again(source: Source, tmp_path: Path) -> None:
    ordinary, late = source.faulty.app, iter(range(3))  # which gives each number to one of the server's threads

    def app(environ: dict[str, Any], respond: Any) -> Any:
        if ",0" in environ["PATH_INFO"] and (number := next(late, None)) is not None:
            source.client.write_log(source.graceid, "meanwhile", f"late{number}.txt", b"late")
        return ordinary(environ, respond)

    source.faulty.app = app
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        found = capture.capture([source.graceid], archive, client)[0]
        view = archive.view(source.graceid)
        assert (found.torn, found.logs) == ("", len(source.client.logs(source.graceid).json()["log"]))
        assert {entry.full_name for entry in view.files() if entry.sha256} >= {
            "late0.txt,0",
            "late1.txt,0",
            "late2.txt,0",
        }
        assert list(verify(archive)) == []


def test_one_that_never_stands_still_is_kept_and_marked(source: Source, tmp_path: Path) -> None:
    ordinary = source.faulty.app

    def app(environ: dict[str, Any], respond: Any) -> Any:
        if environ["PATH_INFO"].endswith("/log/"):
            source.client.write_log(source.graceid, "again")
        return ordinary(environ, respond)

    source.faulty.app = app
    path = tmp_path / "a.tape"
    done = run(source.graceid, "--service-url", source.url, "-a", path)
    assert done.returncode == 0
    assert "torn" in done.stderr
    for words in (["ls", "-a", path], ["show", source.graceid, "-a", path], ["verify", path]):
        assert "torn" in commands.run(["gracetape", "archive", *words], capture_output=True).stdout
    source.faulty.app = ordinary
    assert run(source.graceid, "--service-url", source.url, "-a", path).returncode == 0
    with Archive.open(path) as archive:
        assert [("torn" in c.noted()) for c in archive.captures()] == [True, False]


def test_a_plan_tells_what_would_come_and_keeps_nothing(counted: tuple[Source, Counted], tmp_path: Path) -> None:
    import json

    source, app = counted
    words = ("--service-url", source.url, "-a", tmp_path / "a.tape")
    told = json.loads(run("plan", source.graceid, *words, "--json").stdout)
    assert not (tmp_path / "a.tape").exists()
    assert run(source.graceid, *words).returncode == 0
    with Archive.open(tmp_path / "a.tape") as archive:
        files = archive.view(source.graceid).files()
        assert told["total"] == {
            "objects": 1, "files": len(files), "bytes": sum(entry.size or 0 for entry in files), "unknown": 0,
        }  # fmt: skip
    assert "unchanged" in run("plan", source.graceid, *words).stdout
    app.forget()
    source.client.write_log(source.graceid, "one more", "new.txt", b"12345")
    assert json.loads(run("plan", source.graceid, *words, "--json").stdout)["total"]["bytes"] == 5
    assert app.bytes < 40_000


def test_a_plan_tells_how_far_it_is(
    counted: tuple[Source, Counted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, _ = counted
    seen: list[Progress] = []

    @contextmanager
    def told(what: str, unit: str) -> Iterator[Progress]:
        seen.append(Progress(what, unit=unit))
        yield seen[0]

    monkeypatch.setattr(planning, "progress", told)
    with capture.connect(source.url) as client:
        plan = planning.Plan(client, Hub(4), None, Choice(False, None), True)
        assert len(list(plan.of(Asked(query="group: Test", category="event")))) == seen[0].done == seen[0].total > 20


def test_who_finds_nothing_and_what_was_not_asked_for_is_told(source: Source, tmp_path: Path) -> None:
    words = ("--query", "label: EM_READY", "--service-url", source.url)
    for command in (["-a", tmp_path / "a.tape"], ["plan"]):
        done = run(*command, *words)
        assert done.returncode == 0
        assert "no superevent matches 'label: EM_READY' (--events looks" in (done.stderr or done.stdout).replace(
            "\n", " "
        )
    assert run("-a", tmp_path / "a.tape", "-q", *words).stderr == ""
    assert not (tmp_path / "a.tape").exists()
    for _ in range(2):
        done = run(source.graceid, "--no-files", "--service-url", source.url, "-a", tmp_path / "b.tape")
        assert "0 files fetched (0 B), 15 not asked for" in done.stderr
    done = run(source.graceid, "--only", "*.xml", "--service-url", source.url, "-a", tmp_path / "b.tape")
    assert "not asked for" in done.stderr
    done = run(source.graceid, "--service-url", source.url, "-a", tmp_path / "b.tape")
    assert "known" in done.stderr
    assert "not asked for" not in done.stderr


def test_captures_one_after_another_leave_no_connection_to_the_tape_open(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        opened = []
        for again in (False, True, True):
            capture.capture([source.graceid], archive, client, recapture=again)
            opened.append(len(archive._connections._open))
        assert len(set(opened)) == 1
