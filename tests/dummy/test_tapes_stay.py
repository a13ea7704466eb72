"""A tape stays as it was: writes to a dummy go to a scratch over it, which nobody sees afterwards, unless they are to be kept."""

import hashlib
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from demo.lives import new_event, sample
from gracetape import dummy
from gracetape.archive import Alert, Archive, ArchiveError, UsageError
from gracetape.archive.packing import convert
from gracetape.archive.scratch import ScratchView
from gracetape.capture.pull import capture
from gracetape.dummy.tapes import fate
from tests import commands
from tests.dummy.test_serving import serving

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
SUPEREVENT, EVENT = "TS101020a", "T1"


def _unpack(target: Path) -> None:
    with Archive.open(SHORT) as packed:
        convert(packed, target, packed=False)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same tape in both shapes."""
    folder = tmp_path_factory.mktemp("tapes")
    shutil.copy(SHORT, folder / "packed.tape")
    _unpack(folder / "folder.tape")
    return {"packed": folder / "packed.tape", "folder": folder / "folder.tape"}


@pytest.fixture(params=["packed", "folder"])
def path(request: pytest.FixtureRequest, shapes: dict[str, Path]) -> Iterator[Path]:
    """A tape, which is looked at again after the test: nothing of it or beside it may have changed."""
    tape = shapes[request.param]
    before = state(tape.parent)
    yield tape
    assert state(tape.parent) == before


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Everything in a folder, side files of SQLite too: when it was changed, and what is in it."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder",
        )
        for path in sorted(folder.rglob("*"))
    }


def write(client: Any) -> str:
    """A file, a label, an event of its own that becomes the preferred one, and changes of what was there before."""
    client.write_log(SUPEREVENT, "a word", "word.txt", b"the word", tag_name=["pe"])
    client.write_label(SUPEREVENT, "DQV")
    client.write_label(SUPEREVENT, "INJ")
    client.remove_label(SUPEREVENT, "INJ")
    client.write_log(EVENT, "another")
    new = new_event(client)
    client.add_event_to_superevent(SUPEREVENT, new)
    client.update_superevent(SUPEREVENT, preferred_event=new, t_0=1285000000.5)
    client.replace_event(EVENT, *sample("cbc-lm.xml"))
    return new


def everything(client: Any, *graceids: str) -> dict[str, Any]:
    """What can be asked about some events and their superevent, and what is found by searching."""
    answers = {
        f"{kind} {graceid}": getattr(client, kind)(graceid).json()
        for graceid in (SUPEREVENT, *graceids)
        for kind in ("logs", "labels", "files", "voevents", "emobservations")
    }
    answers |= {graceid: client.event(graceid).json() for graceid in graceids}
    answers[SUPEREVENT] = client.superevent(SUPEREVENT).json()
    for query in ("", "far < 1", "PASTRO_READY", "si.snr > 0", f"superevent: {SUPEREVENT}", "~INJ"):
        answers[f"events {query}"] = list(client.events(f"Test {query}"))
    for query in ("", "DQV", "~DQV", "far < 1", f"event: {EVENT}"):
        answers[f"superevents {query}"] = list(client.superevents(f"Test {query}"))
    return answers


def now() -> datetime:
    return datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_what_is_written_to_a_scratch_is_seen_and_announced_as_what_is_kept(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "kept.tape"
    shutil.copytree(path, copy) if path.is_dir() else shutil.copy(path, copy)
    seen, announced = [], []
    for tape, keep in ((path, False), (copy, True)):
        heard: list[Alert] = []
        with dummy.GraceDb(tape, keep=keep, now=now, on_alert=heard.append) as client:
            new = write(client)
            seen.append((new, everything(client, EVENT, new)))
            assert client.files(SUPEREVENT, "word.txt").read() == b"the word"
            assert (
                client.files(EVENT, client.logs(EVENT).json()["log"][0]["filename"]).read() == sample("cbc-lm.xml")[1]
            )
        announced.append([alert.payload() for alert in heard])
    assert seen[0] == seen[1]
    assert announced[0] == announced[1]
    assert announced[0]


def test_nothing_of_a_test_is_seen_by_the_next_one(path: Path, own_temporary_folder: Path) -> None:
    with dummy.GraceDb(path, read_only=True) as client:
        before = everything(client, EVENT)
    for _ in range(2):
        with dummy.GraceDb(path) as one, dummy.GraceDb(path) as other:
            assert everything(one, EVENT) == before
            write(one)
            assert everything(one, EVENT) != before
            assert everything(other, EVENT) == before
    assert list(own_temporary_folder.iterdir()) == []


def test_clients_of_code_that_cannot_be_edited_write_to_a_scratch_too(path: Path) -> None:
    with dummy.use(path):
        GraceDb().write_log(EVENT, "a word")
        assert GraceDb().logs(EVENT).json()["log"][-1]["comment"] == "a word"
    with dummy.use(path):
        assert GraceDb().logs(EVENT).json()["log"][-1]["comment"] != "a word"


def test_an_archive_that_is_open_for_reading_stays_open_and_as_it_was(path: Path) -> None:
    with Archive.open(path) as tape:
        with dummy.GraceDb(tape) as client:
            client.write_log(EVENT, "a word")
        assert "a word" not in [log["comment"] for log in tape.view(EVENT).records("log")]
        with pytest.raises(UsageError, match="opened for reading only"):
            dummy.GraceDb(tape, keep=True)


def test_what_is_kept_is_there_afterwards(tmp_path: Path) -> None:
    tape = shutil.copy(SHORT, tmp_path / "kept.tape")
    with dummy.GraceDb(tape, keep=True) as client:
        client.write_log(EVENT, "first")
    with Archive.open(tape, read_only=False) as archive, dummy.GraceDb(archive) as client:
        client.write_log(EVENT, "second")
    with dummy.GraceDb(tape) as client:
        assert [log["comment"] for log in client.logs(EVENT).json()["log"]][-2:] == ["first", "second"]
        client.write_log(EVENT, "third")
        record = client.logs(EVENT).json()["log"][-1]
        assert (record["comment"], record["N"]) == ("third", client.logs(EVENT).json()["numRows"])


def test_writes_can_be_refused(path: Path) -> None:
    with dummy.GraceDb(path, read_only=True) as client:
        with pytest.raises(HTTPError):
            client.write_log(EVENT, "a file", "word.txt", b"the word")
        with pytest.raises(HTTPError) as refused:
            client.write_log(EVENT, "a word")
    assert refused.value.status == 403
    assert "nothing can be written to it" in refused.value.response.text
    with pytest.raises(UsageError, match="say one of"):
        dummy.GraceDb(path, keep=True, read_only=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [({}, "thrown away"), ({"keep": True}, "kept in it"), ({"read_only": True}, "refused"), ({"as_of": 3}, "refused")],
)
def test_what_becomes_of_writes_is_logged(
    tmp_path: Path, options: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    tape = shutil.copy(SHORT, tmp_path / "a.tape")
    with caplog.at_level(logging.INFO, logger="gracetape.dummy"), dummy.GraceDb(tape, **options):
        pass
    assert said in caplog.text


def test_readers_of_one_served_dummy_see_what_its_writers_wrote(path: Path) -> None:
    with (
        serving(str(path)) as (url, _),
        GraceDb(url, force_noauth=True) as writer,
        GraceDb(url, force_noauth=True) as reader,
    ):
        for number in range(3):
            writer.write_log(EVENT, str(number))
            assert reader.logs(EVENT).json()["log"][-1]["comment"] == str(number)


def test_the_processes_of_one_run_share_a_scratch_and_the_next_run_has_its_own(path: Path) -> None:
    write_and_read = (
        "import os, subprocess, sys\n"
        "url = os.environ['GRACETAPE_DUMMY'] + 'events/T1/log/'\n"
        "child = 'import sys, urllib.request as web; web.urlopen(sys.argv[1], b\"comment=x\")'\n"
        "for _ in range(2): subprocess.run([sys.executable, '-c', child, url], check=True)\n"
        "import json, urllib.request as web\n"
        "print(sum(log['comment'] == 'x' for log in json.load(web.urlopen(url))['log']))\n"
    )
    for _ in range(2):
        words = ["gracetape", "dummy", "run", str(path), "--", sys.executable, "-c", write_and_read]
        done = commands.run(words, capture_output=True, timeout=100)
        assert (done.stdout, done.stderr, done.returncode) == ("2\n", "", 0)


def test_serve_refuses_writes_where_that_is_asked_for(path: Path) -> None:
    with serving("--read-only", str(path)) as (url, _), GraceDb(url, force_noauth=True) as client:
        with pytest.raises(HTTPError) as refused:
            client.write_log(EVENT, "a word")
        assert refused.value.status == 403


def test_what_a_killed_dummy_wrote_is_gone_after_the_next_run(path: Path, own_temporary_folder: Path) -> None:
    program = (
        "import os, signal, sys\nfrom gracetape import dummy\n"
        f"dummy.GraceDb({str(path)!r}).write_log('T1', 'a word')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=100)
    assert done.returncode == -signal.SIGKILL
    assert [file.name.startswith("gracetape-scratch-") for file in own_temporary_folder.iterdir()] == [True]
    with dummy.GraceDb(path):
        assert list(own_temporary_folder.iterdir()) == []


def test_a_tape_in_a_folder_that_cannot_be_written_is_read_and_written_over(tmp_path: Path) -> None:
    _unpack(tmp_path / "fixed.tape")
    before = state(tmp_path / "fixed.tape")
    for folder in (tmp_path / "fixed.tape", tmp_path / "fixed.tape" / "blobs"):
        folder.chmod(0o500)
    try:
        with dummy.GraceDb(tmp_path / "fixed.tape") as client:
            write(client)
    finally:
        for folder in (tmp_path / "fixed.tape", tmp_path / "fixed.tape" / "blobs"):
            folder.chmod(0o700)
    assert state(tmp_path / "fixed.tape") == before


def test_a_tape_is_read_from_inside_a_zipped_package(shapes: dict[str, Path], own_temporary_folder: Path) -> None:
    archive = shapes["packed"].parent.parent / "package.zip"
    with zipfile.ZipFile(archive, "w") as package:
        for file in sorted(shapes["packed"].parent.rglob("*")):
            package.write(file, f"bundle/{file.relative_to(shapes['packed'].parent)}")
    for name in ("packed.tape", "folder.tape"):
        inside = zipfile.Path(archive, "bundle/") / name
        with dummy.GraceDb(inside) as client:
            write(client)
            assert client.files(SUPEREVENT, "word.txt").read() == b"the word"
        with Archive.open(inside) as tape:
            assert "a word" not in [log["comment"] for log in tape.view(SUPEREVENT).records("log")]
        with pytest.raises(ArchiveError, match="can only be read"):
            dummy.GraceDb(inside, keep=True)
    assert list(own_temporary_folder.iterdir()) == []


def test_many_processes_write_over_one_tape_at_once(path: Path, own_temporary_folder: Path) -> None:
    program = (
        "from gracetape import dummy\n"
        f"with dummy.GraceDb({str(path)!r}) as client:\n"
        "    for _ in range(3): print(client.write_log('T1', 'x').json()['N'])\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate(timeout=100)[0] for process in running}
    assert len(said) == 1
    assert list(own_temporary_folder.iterdir()) == []


def test_what_comes_into_the_tape_meanwhile_is_seen_and_shadowed_by_what_was_written(tmp_path: Path) -> None:
    tape = shutil.copy(SHORT, tmp_path / "grows.tape")
    with dummy.GraceDb(tape) as scratch, dummy.GraceDb(tape, keep=True) as kept:
        scratch.write_log(EVENT, "in the scratch")
        kept.write_log(EVENT, "in the tape")
        kept.write_log(SUPEREVENT, "in the tape")
        assert scratch.logs(EVENT).json()["log"][-1]["comment"] == "in the scratch"
        assert scratch.logs(SUPEREVENT).json()["log"][-1]["comment"] == "in the tape"


def test_a_scratch_is_an_archive_whose_every_table_is_seen(path: Path) -> None:
    with Archive.open(path) as tape, ScratchView(tape) as scratch:
        assert fate(scratch).startswith("writes are thrown away")
        with scratch.transaction() as tx:
            tx.put(EVENT, "log", 99, tape.view(EVENT).records("log")[0] | {"N": 99})
        for (name,) in tape.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name not in ("chunks", "_sqlite_migrations"):
                (there,) = tape.connection.execute(f"SELECT count(*) FROM {name}").fetchone()
                (here,) = scratch.connection.execute(f"SELECT count(*) FROM {name}").fetchone()
                assert here >= there, name
                assert scratch.connection.execute(
                    f"SELECT type FROM temp.sqlite_master WHERE name = '{name}'"
                ).fetchone()
        with pytest.raises(ArchiveError, match="never changes"), scratch.transaction() as tx:
            tx.put(tape.capture(EVENT), "log", 100, {})


def test_no_room_for_a_scratch_is_told_in_a_sentence_and_leaves_nothing(
    path: Path, own_temporary_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with ScratchView(Archive.open(path), owned=True) as scratch:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", full)
            with pytest.raises(ArchiveError, match="cannot make a scratch for writes to .*: No space left"):
                scratch.blobs.spool_folder()
        assert list(own_temporary_folder.iterdir()) == []
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(ArchiveError, match="cannot make a scratch"):
            scratch.blobs.spool_folder()
        monkeypatch.setattr(tempfile, "tempdir", None)
        assert scratch.blobs.spool_folder().is_dir()


def test_what_comes_into_the_tape_later_never_hides_what_was_written(tmp_path: Path) -> None:
    tape = shutil.copy(SHORT, tmp_path / "grows.tape")
    with dummy.GraceDb(tape) as scratch, dummy.GraceDb(SHORT) as server:
        scratch.write_log(EVENT, "mine")
        new = new_event(scratch)
        before = everything(scratch, EVENT, new)
        with Archive.open(tape, read_only=False) as archive, dummy.GraceDb(archive) as kept:
            for version in (2, 3):  # the scratch's is @2
                server.write_log(EVENT, "theirs")
                assert capture([EVENT], archive, server)[0].capture.version == version
            assert new_event(kept) == new
            kept.write_log(new, "theirs")
        assert everything(scratch, EVENT, new) == before
        assert "mine" in [log["comment"] for log in scratch.logs(EVENT).json()["log"]]


def test_a_live_scratch_goes_on_after_somebody_was_killed_while_writing_to_its_tape(tmp_path: Path) -> None:
    tape = shutil.copy(SHORT, tmp_path / "a.tape")
    program = (
        "import os, signal, sys\nfrom gracetape.archive import Archive\n"
        "archive = Archive.open(sys.argv[1], read_only=False)\narchive.connection.execute('PRAGMA cache_size = 5')\n"
        "with archive.transaction() as tx:\n"
        "    for n in range(200): tx.put('T1', 'log', 1000 + n, {'N': 1000 + n, 'comment': 5000 * 'x'})\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with dummy.GraceDb(tape) as client:
        client.write_log(EVENT, "first")
        before = everything(client, EVENT)
        assert subprocess.run([sys.executable, "-c", program, tape], timeout=100).returncode == -signal.SIGKILL
        assert Path(f"{tape}-journal").stat().st_size  # half of it is in the tape
        assert everything(client, EVENT) == before
        client.write_log(EVENT, "second")
        assert [log["comment"] for log in client.logs(EVENT).json()["log"]][-2:] == ["first", "second"]


def test_a_tape_that_is_replaced_meanwhile_is_not_taken_for_what_it_was(path: Path, tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    put = shutil.copytree if path.is_dir() else shutil.copy
    put(path, tape)
    with dummy.GraceDb(tape) as client:
        client.write_log(EVENT, "a word")
        before = everything(client, EVENT)
        tape.rename(tmp_path / "aside.tape")
        for there in (False, True):
            if there:
                put(path, tape)
            with ThreadPoolExecutor(1) as another, pytest.raises(HTTPError) as refused:
                another.submit(client.logs, EVENT).result()
            assert refused.value.status == 503
            assert "was removed or replaced while it was open" in refused.value.response.text
        assert everything(client, EVENT) == before
