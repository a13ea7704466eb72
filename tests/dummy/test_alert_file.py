"""The file of a dummy's alerts on a disk that is full: no half lines, nothing forgotten, and it is told of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gracetape import dummy
from gracetape.appending import LineFile
from gracetape.archive import Archive
from gracetape.dummy import alert_targets
from gracetape.dummy.alert_targets import check_public, open_alerts
from gracetape.errors import ArchiveError

#: Appends to a file while no file may grow beyond some size, then while it may; prints what failed.
FULL = """
import resource, signal, sys
from pathlib import Path
from gracetape.appending import LineFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = LineFile(Path(sys.argv[1]))
file.append(b"a" * 50 + b"\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (80, resource.RLIM_INFINITY))
for letter in (b"b", b"c"):
    try:
        file.append(letter * 50 + b"\\n")
    except OSError as error:
        print(error.strerror)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.append(b"d" * 50 + b"\\n")
"""


def test_a_line_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    code = FULL.replace("\\\\", "\\")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "f")], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n" * 2
    assert (tmp_path / "f").read_bytes() == b"a" * 50 + b"\n" + b"d" * 50 + b"\n"


def test_alerts_wait_while_the_disk_is_full_and_come_in_order(
    tape: Archive, graceid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full, append = False, LineFile.append

    def appending(self: LineFile, text: bytes) -> None:
        if full:
            raise OSError(28, "No space left on device")
        append(self, text)

    monkeypatch.setattr(LineFile, "append", appending)
    sink = open_alerts(str(tmp_path / "heard.jsonl"), tape)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        for number in range(6):
            full = 2 <= number < 4
            client.write_log(graceid, str(number))
    assert sink.close() is None
    heard = [
        json.loads(line)["payload"]["data"]["comment"] for line in (tmp_path / "heard.jsonl").read_text().splitlines()
    ]
    assert list(dict.fromkeys(heard)) == list("012345")
    assert [record.message for record in caplog.records if "cannot be written" in record.message] != []


def test_what_was_never_written_is_told_of_at_the_end(
    tape: Archive, graceid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: LineFile, text: bytes) -> None:
        raise OSError(28, "No space left on device")

    sink = open_alerts(str(tmp_path / "heard.jsonl"), tape)
    monkeypatch.setattr(LineFile, "append", failing)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        client.write_log(graceid, "a word")
    assert "1 alert was not written" in str(sink.close())


def test_what_waits_is_bounded_and_what_is_left_out_is_counted(
    tape: Archive, graceid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, append = True, LineFile.append

    def appending(self: LineFile, text: bytes) -> None:
        if full:
            raise OSError(28, "No space left on device")
        append(self, text)

    monkeypatch.setattr(LineFile, "append", appending)
    monkeypatch.setattr(alert_targets, "LARGEST_WAITING", 20_000)
    sink = open_alerts(str(tmp_path / "heard.jsonl"), tape)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        for number in range(30):
            client.write_log(graceid, str(number))
        full = False
        client.write_log(graceid, "last")
    said = sink.close()
    heard = [
        json.loads(line)["payload"]["data"]["comment"] for line in (tmp_path / "heard.jsonl").read_text().splitlines()
    ]
    numbers = list(dict.fromkeys(heard))
    kept = len(numbers) - 1
    assert 0 < kept < 30
    assert numbers == [*map(str, range(kept)), "last"]
    assert f"{30 - kept} alerts were not written" in str(said)


def test_the_file_in_a_strangers_tape_is_no_way_out_of_it(tape: Archive, tmp_path: Path) -> None:
    outside = tmp_path / "profile"
    outside.write_text("exit\n")
    (tape.path / "alerts.jsonl").symlink_to(outside)
    with pytest.raises(ArchiveError, match="symbolic link"):
        open_alerts(None, tape)
    (tape.path / "alerts.jsonl").unlink()
    os.mkfifo(tape.path / "alerts.jsonl")
    with pytest.raises(ArchiveError, match="a pipe"):
        open_alerts(None, tape)
    assert outside.read_text() == "exit\n"


def test_a_device_that_the_user_names_is_written_to(tape: Archive, graceid: str) -> None:
    sink = open_alerts("/dev/null", tape)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        client.write_log(graceid, "a word")
    assert sink.close() is None


def test_alerts_that_a_sink_does_not_take_are_counted(
    tape: Archive, graceid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object, __: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(alert_targets.StandardOutput, "__call__", broken)
    sink = open_alerts("-", tape)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        client.write_log(graceid, "a word")
        client.write_log(graceid, "another")
    assert "2 alerts were not sent to -: what they tell of is kept" in str(sink.close())


@pytest.mark.parametrize("packed", [False, True])
def test_who_may_not_read_an_archive_may_not_read_its_file_of_alerts(tmp_path: Path, packed: bool) -> None:
    with Archive.create(tmp_path / "run.tape", packed=packed) as tape:
        open_alerts(None, tape).close()
    file = tmp_path / ("run.alerts.jsonl" if packed else "run.tape/alerts.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_form_that_needs_an_extra_says_so_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastavro", None)
    check_public("p.jsonl", "gwalert")
    with pytest.raises(ArchiveError, match=r"notices in Avro need fastavro.*\[public\]"):
        check_public("p.jsonl", "gwalert-avro")
