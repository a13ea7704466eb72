"""Capturing over HTTP: everything comes, once; faults are outlived or told in a sentence; an interrupted capture resumes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.capture.service import service_url, without_login
from gracetape.errors import UsageError
from tests import commands
from tests.capture.conftest import Source

#: For what is measured or limited as a process of its own.
PROGRAM = "import sys; from gracetape.capture.cli import main; sys.argv[0] = 'capture'; main()"


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return commands.run(["capture", *words], capture_output=True, env={**os.environ, **environment})


def one_sentence(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("gracetape: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_everything_comes_and_verifies(source: Source, tmp_path: Path) -> None:
    done = run(source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape")
    assert done.returncode == 0, done.stderr
    with Archive.open(tmp_path / "a.tape") as archive:
        view = archive.view(source.graceid)
        assert view.records("log") == _linked(source, source.client.logs(source.graceid).json()["log"])
        assert [record["name"] for record in view.records("label")] == ["INJ"]
        assert {f.full_name for f in view.files()} | {f.name for f in view.files()} == set(
            source.client.files(source.graceid).json()
        )
        for entry in view.files():
            assert b"".join(archive.read(entry)) == source.client.files(source.graceid, entry.full_name).read()
        assert list(verify(archive)) == []


def _linked(source: Source, records: list[dict[str, object]]) -> list[dict[str, object]]:
    """Records with the links of the served dummy."""
    import json

    return json.loads(json.dumps(records).replace("https://dummy.invalid/api/", source.url))  # type: ignore[no-any-return]


def test_an_unchanged_object_gives_no_new_version_and_a_changed_one_shares(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        first = capture.capture([source.graceid], archive, client)
        assert (first[0].new, first[0].fetched) == (True, 13)
        assert not capture.capture([source.graceid], archive, client)[0].new
        source.client.write_log(source.graceid, "one more", "new.txt", b"new")
        third = capture.capture([source.graceid], archive, client)
        assert (third[0].capture.version, third[0].fetched) == (2, 1)
        assert len(archive.captures(source.graceid)) == 2
        again = capture.capture([source.graceid], archive, client, recapture=True)
        assert (again[0].new, again[0].fetched) == (False, 14)


def test_what_was_lost_or_damaged_since_is_fetched_again(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        lost, damaged, *_ = sorted(p for p in (archive.path / "blobs").rglob("*") if p.is_file())
        lost.unlink()
        damaged.write_bytes(damaged.read_bytes()[:-1])
        assert capture.capture([source.graceid], archive, client)[0].fetched >= 2
        assert list(verify(archive)) == []


def test_a_busy_server_is_asked_again(source: Source, tmp_path: Path) -> None:
    busy = ("429 Too Many Requests", {"Retry-After": "0"}, b"slow down")
    source.faulty.faults = {
        "/log": [busy, ("503 Service Unavailable", {}, b"")],
        "file3.txt,0": [("502 Bad Gateway", {}, b"")],
        "file4.txt,0": [("200 OK", {"Content-Length": "100000"}, b"short")],
    }
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        result = capture.capture([source.graceid], archive, client)[0]
        assert (result.fetched, result.absent) == (13, [])
        entry = archive.view(source.graceid).file("file4.txt", 0)
        assert entry is not None
        assert b"".join(archive.read(entry)) == b"contents 4" * 2000


def test_files_that_may_not_be_seen_are_marked_absent(source: Source, tmp_path: Path) -> None:
    source.faulty.faults = {"file3.txt,0": [("403 Forbidden", {}, b"no")]}
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        assert len(capture.capture([source.graceid], archive, client)[0].absent) == 1
        entry = archive.view(source.graceid).file("file3.txt", 0)
        assert entry is not None
        assert "403" in (entry.absent or "")
        assert capture.capture([source.graceid], archive, client)[0].fetched == 1


def test_files_can_be_left_out_or_chosen(source: Source, tmp_path: Path) -> None:
    done = run(source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape", "--no-files")
    assert done.returncode == 0
    done = run(source.graceid, "--service-url", source.url, "-a", tmp_path / "b.tape", "--files", "*.xml")
    assert done.returncode == 0, done.stderr
    with Archive.open(tmp_path / "a.tape") as a, Archive.open(tmp_path / "b.tape") as b:
        assert [f for f in a.view(source.graceid).files() if f.sha256] == []
        assert [f.full_name for f in b.view(source.graceid).files() if f.sha256] == ["cbc-lm.xml,0"]


@pytest.mark.parametrize(
    ("status", "said"),
    [("401 Unauthorized", "401"), ("403 Forbidden", "403"), ("404 Not Found", "404"), ("418 Teapot", "418")],
)
def test_a_refusal_is_one_sentence(source: Source, tmp_path: Path, status: str, said: str) -> None:
    source.faulty.faults = {"/events/": [(status, {}, b"no")] * 9}
    sentence = one_sentence(run(source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape"))
    assert said in sentence


def test_other_troubles_are_one_sentence_each(source: Source, tmp_path: Path) -> None:
    out = ("-a", tmp_path / "a.tape")
    assert "404" in one_sentence(run("G987654321", "--service-url", source.url, *out))
    assert "reached" in one_sentence(run("G1", "--service-url", "http://127.0.0.1:9/api/", *out))
    assert "service URL" in one_sentence(run("G1", "--service-url", "nonsense", *out), 2)
    assert "GraceID" in one_sentence(run("nonsense", "--service-url", source.url, *out), 2)
    source.faulty.faults = {"/events/": [("200 OK", {"Content-Type": "text/html"}, b"<html>")] * 9}
    assert "JSON" in one_sentence(run("G1", "--service-url", source.url, *out))
    (tmp_path / "text.tape").write_text("not an archive")
    assert "not a gracetape archive" in one_sentence(run("G1", "-a", tmp_path / "text.tape"))


def test_what_was_stored_stays_when_a_later_object_fails(source: Source, tmp_path: Path) -> None:
    sentence = one_sentence(run(source.graceid, "T404", "--service-url", source.url, "-a", tmp_path / "a.tape", "-q"))
    assert f"kept so far: {source.graceid}@1" in sentence
    with Archive.open(tmp_path / "a.tape") as archive:
        assert archive.objects() == [source.graceid]


def test_the_service_is_that_of_the_option_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_url() == "https://gracedb.ligo.org/api/"
    monkeypatch.setenv("GRACETAPE_SERVICE", "https://gracedb-test.ligo.org/api")
    assert service_url() == "https://gracedb-test.ligo.org/api/"
    assert service_url("http://localhost:1/api/") == "http://localhost:1/api/"


@pytest.mark.parametrize("end", ["?", "?token=secret", "#secret", "?token=secret#secret"])
def test_what_stands_after_the_address_of_a_service_never_reaches_an_archive(end: str) -> None:
    with pytest.raises(UsageError, match="is not a service URL") as refused:
        service_url(f"https://localhost/api/{end}")
    assert "token=secret" not in str(refused.value)
    assert without_login(f"https://me:word@localhost:8000/api/{end}") == "https://localhost:8000/api/"


def test_no_credential_reaches_the_archive(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        client.headers["Authorization"] = "Bearer SECRETTOKEN"
        client.cookies.set("session", "SECRETCOOKIE")
        capture.capture([source.graceid], archive, client)
    with Archive.open(tmp_path / "a.tape", read_only=False) as archive:
        with capture.connect(source.url.replace("://", "://SECRETUSER:SECRETWORD@")) as client:
            assert not capture.capture([source.graceid], archive, client)[0].new
    content = b"".join(path.read_bytes() for path in (tmp_path / "a.tape").rglob("*") if path.is_file())
    assert b"SECRET" not in content


def test_a_capture_for_nothing_leaves_no_archive_behind(source: Source, tmp_path: Path) -> None:
    one_sentence(run("G987654321", "--service-url", source.url, "-a", tmp_path / "a.tape"))
    assert not (tmp_path / "a.tape").exists()


def test_a_full_disk_is_one_sentence_and_what_was_stored_stays_whole(source: Source, tmp_path: Path) -> None:
    words = (source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape", "-q")
    assert run(*words).returncode == 0
    source.client.write_log(source.graceid, "a large file", "large.bin", os.urandom(3_000_000))
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)); "
    done = commands.run(["python", "-c", limited + PROGRAM, *words], capture_output=True)
    assert "cannot write" in one_sentence(done)
    with Archive.open(tmp_path / "a.tape") as archive:
        assert list(verify(archive)) == []
        assert archive.capture(source.graceid).version == 1
    assert run(*words).returncode == 0
    with Archive.open(tmp_path / "a.tape") as archive:
        assert archive.capture(source.graceid).version == 2
        assert list(verify(archive)) == []


def test_a_large_file_needs_little_memory(source: Source, tmp_path: Path) -> None:
    noise = os.urandom(1 << 20)
    with source.archive.transaction() as tx:
        blob = tx.store_blob(noise[i:] + noise[:i] for i in range(400))
        tx.add_file(source.graceid, "large.bin", blob)
    told = "import atexit; atexit.register(lambda: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])); "
    program = [sys.executable, "-c", told + PROGRAM, source.graceid, "--service-url", source.url, "-q"]
    done = subprocess.run([*program, "-a", tmp_path / "a.tape"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < 100 << 20
    with Archive.open(tmp_path / "a.tape") as archive:
        entry = archive.view(source.graceid).file("large.bin")
        assert entry is not None
        assert entry.size == 400 << 20


def test_a_client_of_the_second_api_version_gets_the_same(source: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        for version in ("v1", "v2"):
            with capture.connect(source.url, version) as client:
                capture.capture([source.graceid], archive, client)
        views = [archive.view(c.ref) for c in archive.captures()]
        assert len({tuple(e.full_name for e in view.files() if e.sha256) for view in views}) == 1
        assert len({view.count("log") for view in views}) == 1


def test_a_capture_killed_at_any_moment_resumes_to_what_an_undisturbed_one_gives(
    source: Source, tmp_path: Path
) -> None:
    with Archive.create(tmp_path / "whole.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        expected = archive.capture(source.graceid).digest
    source.faulty.latency = 0.02
    draw = random.Random(7)
    words = [source.graceid, "--service-url", source.url, "--connections", "2", "-q"]
    for i in range(50):
        target = tmp_path / f"killed{i}.tape"
        with commands.Popen(["capture", *words, "-a", target], stderr=subprocess.DEVNULL) as process:
            while not target.exists() and process.poll() is None:
                time.sleep(0.005)
            time.sleep(draw.uniform(0, 0.45))
            process.send_signal(signal.SIGKILL)
        if not (target / "archive.sqlite").exists():
            continue
        _resumed(target, source, expected)


def _resumed(target: Path, source: Source, expected: str) -> None:
    try:
        archive = Archive.open(target, read_only=False)
    except Exception as error:  # killed before the tables were there: nothing was stored
        assert "not a gracetape archive" in str(error)
        return
    with archive, capture.connect(source.url) as client:
        assert list(verify(archive)) == []
        capture.capture([source.graceid], archive, client)
        assert list(verify(archive)) == []
        assert archive.capture(source.graceid).digest == expected
        assert len(archive.captures(source.graceid, unfinished=True)) == 1
