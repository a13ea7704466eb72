"""Several capture the same objects into one archive at once, and some are killed: what one said it captured is there, whole."""

import os
import random
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.owners import Owner, is_alive
from gracetape.archive.recorded import Recorded, add_recorded, recorded_of
from gracetape.archive.verify import verify
from gracetape.capture.pull import CaptureResult
from tests import commands
from tests.capture.conftest import Source
from tests.waiting import eventually


def start(*words: object) -> "subprocess.Popen[str]":
    return commands.Popen(["capture", *words], stderr=subprocess.PIPE)


def captured(source: Source, path: Path, ids: list[str]) -> list[CaptureResult]:
    """As a process of its own would: with its own client and its own way into the archive."""
    with capture.connect(source.url) as client:
        return capture.capture(ids, lambda: Archive.at(path), client, connections=2)


def check(source: Source, path: Path, ids: list[str]) -> None:
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []
        assert sorted(archive.objects()) == sorted(ids)
        for graceid in ids:
            assert len(archive.captures(graceid, unfinished=True)) == 1, "all saw the same: one is kept"
            view = archive.view(graceid)
            assert {f.full_name for f in view.files() if f.sha256} | {f.name for f in view.files()} == set(
                source.client.files(graceid).json()
            )
    assert not (path / "owners").exists()


@pytest.fixture
def superevent(source: Source) -> list[str]:
    """A superevent and its member."""
    made = source.client.create_superevent(1e9, 1e9 + 1, 1e9 + 2, source.graceid, category="T").json()
    return [made["superevent_id"], source.graceid]


def test_two_captures_of_one_object_leave_it_there(source: Source, tmp_path: Path) -> None:
    source.faulty.latency = 0.1
    words = (source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape")
    both = [start(*words), start(*words)]
    assert [process.communicate(timeout=120)[1] and process.returncode for process in both] == [0, 0]
    check(source, tmp_path / "a.tape", [source.graceid])


@pytest.mark.parametrize("seed", range(4))
def test_any_number_at_once_with_members_and_faults(
    source: Source, superevent: list[str], tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    busy = ("503 Service Unavailable", {"Retry-After": "0"}, b"")
    source.faulty.faults = {f"file{draw.randrange(9)}": [busy] * draw.randrange(4), "/log": [busy] * draw.randrange(3)}
    source.faulty.latency = draw.choice([0, 0.01, 0.03])

    def one(asked: list[str], wait: float) -> list[CaptureResult]:
        time.sleep(wait)
        return captured(source, tmp_path / "a.tape", asked)

    with ThreadPoolExecutor(4) as pool:
        asked = [draw.choice([superevent[:1], superevent, superevent[::-1]]) for _ in range(draw.randrange(2, 5))]
        results = list(pool.map(one, asked, [draw.uniform(0, 0.3) for _ in asked]))
    assert all({result.capture.object for result in each} == set(superevent) for each in results)
    check(source, tmp_path / "a.tape", superevent)


@pytest.mark.parametrize("seed", range(3))
def test_who_is_killed_leaves_its_part_to_the_next_and_who_lives_keeps_his(
    source: Source, tmp_path: Path, seed: int
) -> None:
    path, draw = tmp_path / "a.tape", random.Random(seed)
    Archive.create(path).close()
    words = (source.graceid, "--service-url", source.url, "-a", path, "-q", "--connections", "1")
    source.faulty.latency = 0.05
    with ThreadPoolExecutor(1) as pool:
        doomed = start(*words)
        while not _unfinished(path, source.graceid) and doomed.poll() is None:
            time.sleep(0.01)
        second = pool.submit(captured, source, path, [source.graceid])
        time.sleep(draw.uniform(0, 0.6))
        doomed.send_signal(signal.SIGKILL)
        doomed.communicate()
        second.result()
    with Archive.open(path) as archive:
        assert archive.objects() == [source.graceid]
    source.faulty.latency = 0
    captured(source, path, [source.graceid])
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []
        assert all(c.completed for c in archive.captures(source.graceid, unfinished=True))


def _unfinished(path: Path, graceid: str) -> bool:
    with Archive.open(path, read_only=False) as archive:
        return any(c.completed is None for c in archive.captures(graceid, unfinished=True))


def test_a_later_look_that_is_done_first_stays_the_newest(source: Source, tmp_path: Path) -> None:
    """The first waits for its last file while the object changes, and another captures the change."""
    path, gate = tmp_path / "a.tape", threading.Event()
    Archive.create(path).close()
    ordinary = source.faulty.app

    def app(environ: dict[str, str], respond: object) -> object:
        if environ["PATH_INFO"].endswith("file8.txt,0"):
            gate.wait(60)
        return ordinary(environ, respond)

    source.faulty.app = app
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(captured, source, path, [source.graceid])
        while not _unfinished(path, source.graceid):
            time.sleep(0.02)
        source.client.write_label(source.graceid, "PE_READY")
        with capture.connect(source.url) as client:
            second = capture.capture([source.graceid], lambda: Archive.at(path), client, files=False)
        gate.set()
        assert first.result()[0].new
    with Archive.open(path) as archive:
        assert [c.ref for c in archive.captures(source.graceid)] == [f"{source.graceid}@1", second[0].capture.ref]
        assert [label["name"] for label in archive.view(source.graceid).records("label")] == ["INJ", "PE_READY"]
        assert list(verify(archive)) == []


def test_what_is_removed_under_a_capture_is_told_and_leaves_no_half(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with Archive.create(path) as archive, capture.connect(source.url) as client:
        ordinary = source.faulty.app

        def app(environ: dict[str, str], respond: object) -> object:
            if "/files/" in environ["PATH_INFO"] and "file5" in environ["PATH_INFO"]:
                # Files are asked for while the records are brought to the disk.
                eventually(lambda: archive.captures(source.graceid, unfinished=True) != [], limit=20)
                with archive.transaction() as tx:
                    for one in archive.captures(source.graceid, unfinished=True):
                        tx.drop(one)
            return ordinary(environ, respond)

        source.faulty.app = app
        with pytest.raises(capture.CaptureError, match="removed meanwhile"):
            capture.capture([source.graceid], archive, client)
        assert list(verify(archive)) == []
        assert archive.connection.execute("SELECT count(*) FROM files").fetchone() == (0,)


def test_alerts_that_were_heard_outlive_the_unfinished_capture_of_another_server(
    source: Source, tmp_path: Path
) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        with archive.transaction() as tx:
            tx.begin(source.graceid, "https://elsewhere.example/api/", "capture")
            add_recorded(
                tx,
                {
                    source.graceid: [
                        Recorded(datetime(2026, 1, 1, tzinfo=UTC), "superevent", {"uid": source.graceid}, "{}")
                    ]
                },
            )
        assert capture.capture([source.graceid], archive, client)[0].new
        assert len(archive.captures(source.graceid, unfinished=True)) == 1
        assert len(recorded_of(archive, source.graceid)) == 1


# -- a capture that fails beside others


def test_a_capture_that_fails_makes_no_archive_and_removes_none(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    with Archive.create(path):  # somebody's, who has written nothing yet
        failed = start("T404", "--service-url", source.url, "-a", path)
        assert "404" in failed.communicate(timeout=60)[1]
        assert failed.returncode == 1
        assert (path / "archive.sqlite").exists()
    failed = start("T404", "--service-url", source.url, "-a", tmp_path / "new.tape")
    failed.communicate(timeout=60)
    assert not (tmp_path / "new.tape").exists()


# -- owners


@pytest.mark.parametrize("packed", [False, True])
def test_an_owner_is_alive_until_it_lets_go_or_dies(tmp_path: Path, packed: bool) -> None:
    with Archive.create(tmp_path / "a.tape", packed=packed) as archive:
        with Owner(archive) as one, Owner(archive) as other:
            assert is_alive(archive, one.token)
            assert is_alive(archive, other.token)
            one.release()
            assert not is_alive(archive, one.token)
            assert is_alive(archive, other.token)
        child = os.fork()
        if not child:  # dies without a word, its file stays
            try:
                Owner(archive)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert len(list(tmp_path.rglob("*owners/*"))) == 1
        with Owner(archive):
            assert len(list(tmp_path.rglob("*owners/*"))) == 1, "the dead one's was swept"
        assert list(tmp_path.rglob("*owners")) == []


@pytest.mark.parametrize("token", [None, 5, "", "../archive.sqlite", "A" * 32, "0" * 33, "0" * 32])
def test_a_stranger_s_word_for_an_owner_is_nobody(tmp_path: Path, token: object) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        assert not is_alive(archive, token)


def test_a_folder_of_owners_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / ("0" * 32)).touch()
        (tmp_path / "a.tape" / "owners").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(Exception, match="symbolic link"):
            Owner(archive)
        assert (tmp_path / "elsewhere" / ("0" * 32)).exists()
