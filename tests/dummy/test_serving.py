"""A served dummy: where its alerts go, what it does with connections, and how little memory it takes."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive, UsageError, timeline_of
from gracetape.dummy.alert_targets import open_alerts
from gracetape.dummy.positions import asked_position
from tests import commands

GRACETAPE = "gracetape"
MIB = 1 << 20


@contextmanager
def serving(*words: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`gracetape dummy serve` with these words, until the block ends: its URL and process."""
    with commands.Popen(
        [GRACETAPE, "dummy", "serve", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            told = process.stderr if "-" in words else process.stdout
            first = told.readline()
            assert " is a GraceDB at " in first, first + process.stderr.read()
            told.readline()
            yield first.split(" at ")[1].split()[0], process
        finally:
            process.send_signal(signal.SIGTERM)


def payloads(lines: str) -> list[tuple[str, str]]:
    """(type, comment or label) of messages."""
    found = [json.loads(line) for line in lines.splitlines()]
    alerts = [message.get("payload", message) for message in found]
    return [(alert["alert_type"], alert["data"].get("comment") or alert["data"].get("name")) for alert in alerts]


def write_two(url: str, graceid: str) -> None:
    with GraceDb(url, force_noauth=True) as client:
        client.write_log(graceid, "a word")
        client.write_label(graceid, "INJ")


#: Two messages an alert: the event has two nodes.
EXPECTED = [("log", "a word")] * 2 + [("label_added", "INJ")] * 2


def test_alerts_go_to_standard_output(tape: Archive, graceid: str) -> None:
    with serving(str(tape.path), "--alerts", "-") as (url, process):
        write_two(url, graceid)
        process.send_signal(signal.SIGTERM)
        out = process.communicate(timeout=60)[0]
    assert payloads(out) == EXPECTED


@pytest.mark.parametrize("form", ["{}", "file:{}"])
def test_alerts_go_to_a_file_which_is_added_to(tape: Archive, graceid: str, tmp_path: Path, form: str) -> None:
    heard = tmp_path / "heard.jsonl"
    heard.write_text('{"alert_type": "log", "data": {"comment": "before"}}\n')
    sink = open_alerts(form.format(heard), tape)
    with dummy.GraceDb(tape, on_alert=sink) as client:
        client.write_log(graceid, "a word")
        client.write_label(graceid, "INJ")
    assert sink.close() is None
    assert payloads(heard.read_text()) == [("log", "before"), *EXPECTED]


@pytest.mark.parametrize("packed", [False, True])
def test_without_a_target_alerts_go_to_a_file_of_the_archive(tmp_path: Path, packed: bool) -> None:
    with Archive.create(tmp_path / "run.tape", packed=packed) as tape:
        sink = open_alerts(None, tape)
        with dummy.GraceDb(tape, on_alert=sink) as client:
            new_event(client)
        sink.close()
    file = tmp_path / ("run.alerts.jsonl" if packed else "run.tape/alerts.jsonl")
    assert [kind for kind, _ in payloads(file.read_text())] == ["new", "new"]


def test_alerts_leave_this_machine_only_for_a_host_that_is_named(tape: Archive) -> None:
    words = [GRACETAPE, "dummy", "run", "-a", str(tape.path), "--alerts", "https://hook.invalid/"]
    refused = commands.run([*words, "--", "true"], capture_output=True)
    assert refused.returncode == 2
    assert "--yes-really-send-to hook.invalid" in refused.stderr
    allowed = commands.run([*words, "--yes-really-send-to", "hook.invalid", "--", "true"], capture_output=True)
    assert (allowed.returncode, allowed.stderr) == (0, "")


def test_alerts_go_to_a_program_which_may_write_to_the_dummy_itself(
    tape: Archive, graceid: str, tmp_path: Path
) -> None:
    listener = tmp_path / "listener.py"
    listener.write_text(
        "import json, os, sys, urllib.parse, urllib.request\n"
        "alert = json.load(sys.stdin)\n"
        "if alert['data'].get('comment') == 'question':\n"
        "    said = urllib.parse.urlencode({'comment': 'answer for ' + os.environ['GRACETAPE_NODE']}).encode()\n"
        f"    url = open({str(tmp_path / 'url')!r}).read() + 'events/' + alert['uid'] + '/log/'\n"
        "    urllib.request.urlopen(url, said)\n"
    )
    with serving(str(tape.path), "--alerts", f"exec:{sys.executable} {listener}") as (url, _):
        (tmp_path / "url").write_text(url)
        with GraceDb(url, force_noauth=True) as client:
            client.write_log(graceid, "question")
            said = [log["comment"] for log in client.logs(graceid).json()["log"]]
    assert said[3:] == ["question", "answer for test_gstlal", "answer for test_gstlal_allsky"]


def test_a_program_that_fails_is_told_of_at_the_end_and_the_writes_stay(tape: Archive, graceid: str) -> None:
    with serving("--keep", str(tape.path), "--alerts", "exec:false") as (url, process):
        write_two(url, graceid)
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=60)[1]
    assert err == "gracetape: false failed on 4 of 4 messages (last: exit status 1)\n"
    assert process.returncode == 1
    assert [log["comment"] for log in tape.view(graceid).records("log")][3:] == ["a word", "Label: INJ"]


@pytest.mark.parametrize(("own", "code"), [(0, 1), (3, 3)])
def test_a_program_that_is_run_ends_with_failure_if_alerts_did_not_get_out(
    tape: Archive, graceid: str, own: int, code: int
) -> None:
    write = (
        "import os, sys, urllib.request as web\n"
        f"web.urlopen(os.environ['GRACETAPE_DUMMY'] + 'events/{graceid}/log/', b'comment=x')\n"
        f"sys.exit({own})\n"
    )
    words = [
        GRACETAPE,
        "dummy",
        "run",
        "-a",
        str(tape.path),
        "--alerts",
        "exec:false",
        "--",
        sys.executable,
        "-S",
        "-c",
        write,
    ]
    done = commands.run(words, capture_output=True, check=False)
    assert (done.returncode, "failed on 2 of 2 messages" in done.stderr) == (code, True)


def test_options_of_the_command_reach_the_dummy(tape: Archive, graceid: str) -> None:
    words = ["--user", "me", "--fault", "DELETE *:403", "--rate", "annotation=1/hour", "--seed", "7"]
    with serving(str(tape.path), *words) as (url, _):
        root = f"{url}events/{graceid}/"
        assert requests.post(f"{root}log/", data={"comment": "x"}, timeout=60).json()["issuer"] == "me"
        assert requests.post(f"{root}log/", data={"comment": "x"}, timeout=60).status_code == 429
        assert requests.delete(f"{root}labels/INJ", timeout=60).status_code == 403
    with serving(str(tape.path), "--maintenance") as (url, _):
        down = requests.get(url, timeout=60)
    assert (down.status_code, down.text) == (503, "The site is temporarily down for maintenance.")


def test_offline_events_are_grouped_by_a_served_dummy_that_is_told_so(tmp_path: Path) -> None:
    with serving(str(tmp_path / "a.tape"), "--create", "--group-offline") as (url, _):
        with GraceDb(url, force_noauth=True) as client:
            assert client.event(new_event(client, offline=True)).json()["superevent"]


def test_a_connection_is_kept_for_further_requests(tape: Archive, graceid: str) -> None:
    with dummy.serve(dummy.make_app(tape)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.connect()
        kept = connection.sock
        for _ in range(3):
            connection.request("GET", f"/api/events/{graceid}")
            assert json.load(connection.getresponse())["graceid"] == graceid
            assert connection.sock is kept
        connection.close()


def pieces(size: int) -> Iterator[bytes]:
    """A multipart body with a file of that many bytes that do not compress."""
    yield b'--b\r\nContent-Disposition: form-data; name="comment"\r\n\r\nbig\r\n'
    yield b'--b\r\nContent-Disposition: form-data; name="upload"; filename="big.bin"\r\n\r\n'
    block = os.urandom(MIB)
    for number in range(size // MIB):
        yield number.to_bytes(8, "big") + block[8:]
    yield b"\r\n--b--\r\n"


def peak_mib(pid: int) -> float:
    """The most memory (resident, MiB) that a process has taken so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
def test_a_large_file_goes_in_and_out_in_little_memory(tmp_path: Path, packed: bool) -> None:
    path, size = tmp_path / "big.tape", int(os.environ.get("LARGE_MIB", "300")) * MIB
    with Archive.create(path, packed=packed) as tape, dummy.GraceDb(tape) as client:
        graceid = new_event(client)
    with serving(str(path)) as (url, process):
        address = f"{url}events/{graceid}/"
        length = sum(len(piece) for piece in pieces(0)) + size
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(length)}
        made = requests.post(f"{address}log/", data=_Sized(pieces(size), length), headers=headers, timeout=600)
        assert made.status_code == 201, made.text
        got = 0
        with requests.get(f"{address}files/big.bin", stream=True, timeout=600) as answer:
            assert int(answer.headers["Content-Length"]) == size
            for piece in answer.iter_content(MIB):
                got += len(piece)
        assert got == size
        assert peak_mib(process.pid) < 150


class _Sized:
    """Pieces whose sum is known, so that requests sends them with a length."""

    def __init__(self, given: Iterator[bytes], length: int) -> None:
        self._given, self._length = given, length

    def __iter__(self) -> Iterator[bytes]:
        return self._given

    def __len__(self) -> int:
        return self._length


def test_what_shows_the_past_says_that_it_has_no_alerts(tape: Archive) -> None:
    words = [GRACETAPE, "dummy", "serve", str(tape.path), "--as-of", "2", "--alerts", "-"]
    with commands.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "there are no alerts for --alerts" in said


@pytest.mark.parametrize("as_of", ["²", "9" * 5000, "T404:²", "", "T404:1", "1e3"])
def test_a_moment_that_is_none_is_told_of(tape: Archive, as_of: str) -> None:
    with pytest.raises(UsageError):
        asked_position(timeline_of(tape), as_of)


def test_every_request_is_told_of_where_that_is_asked_for(tape: Archive, graceid: str) -> None:
    with serving(str(tape.path), "--verbose") as (url, process):
        write_two(url, graceid)
        with GraceDb(url, force_noauth=True) as client, pytest.raises(HTTPError):
            client.event("T404")
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=60)[1].splitlines()
    lines = [line.split()[1:4] for line in told]
    assert ["POST", f"events/{graceid}/log/", "201"] in lines
    assert ["GET", "events/T404", "404"] in lines
    assert ["PUT", f"events/{graceid}/labels/INJ", "201"] in lines
