"""Wrong values of every option of every command are told of in one sentence that names the option, with exit code 2."""

import fcntl
import os
import pty
import shutil
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gracetape.__main__ import _gathered
from gracetape.capture.errors import explain
from gracetape.capture.listen_cli import app as capture_listen
from gracetape.shown import say
from gracetape.terminal import prepared
from tests.agreement import terminals
from tests.commands import run as started
from tests.test_words import Done, run

#: What is wrong for whatever takes a value of a kind, by what its help calls that.
WRONG = {
    "INT": ("word", "1.5", "nan", "inf", ""),
    "NUMBER": ("word", "nan", "inf", "-inf", "1e400", ""),
    "PATH": ("",),
}
FIXTURES = Path(__file__).parent / "fixtures"


def leaves(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead there."""
    known = getattr(command, "commands", {})
    if not known:
        yield words, command
    for name in known:
        found = command.resolve_command(command.context_class(command), [name])[1]
        yield from leaves(words if name == "play" else (*words, name), found)


def wrong_lines() -> Iterator[tuple[str, ...]]:
    from gracetape.command_line import type_in_words

    own = (("capture", "listen"), prepared(capture_listen, "capture listen"))
    for words, command in [*leaves(("gracetape",), prepared(_gathered())), own]:
        for parameter in command.params:
            if parameter.param_type_name != "option" or getattr(parameter, "is_flag", False):
                continue
            name = max(parameter.opts, key=len)
            values = WRONG.get(type_in_words(parameter) or "", ())
            if "Choice" in repr(getattr(parameter, "type", "")) or name == "--show":
                values = ("nonsense",)
            if getattr(getattr(parameter, "type", None), "min", None) is not None:
                values = (*values, "-1e9" if type_in_words(parameter) == "NUMBER" else "-1")
            yield from ((*words, f"{name}={value}") for value in values)


LINES = list(wrong_lines())


def test_the_options_of_every_command_are_tried() -> None:
    assert len(LINES) > 100
    tried = {line[1] for line in LINES} | {line[0] for line in LINES}
    assert {"archive", "broker", "capture", "dummy", "listen", "replay", "simulate"} <= tried


@pytest.mark.parametrize("room", sorted({line[1] for line in LINES}))
def test_a_wrong_value_is_one_sentence_that_names_its_option(room: str) -> None:
    for line in (line for line in LINES if line[1] == room):
        done = run(line)
        assert done.returncode == 2, (line, done)
        assert done.stderr.startswith("gracetape: "), (line, done)
        assert done.stderr.count("\n") == 1, (line, done)
        assert line[-1].partition("=")[0] in done.stderr, (line, done)
        assert done.stdout == ""
        assert "Input should" not in done.stderr, (line, done)  # words of a library


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("replay x.tape --speed fast", "'--speed': it takes a number, not 'fast'"),
        ("replay x.tape --cutoff 1.5", "'--cutoff': it takes a whole number, not '1.5'"),
        ("replay x.tape --serve 70000", "'--serve': it takes a whole number from 0 to 65535, not '70000'"),
        ("capture listen - -n a --count 0", "'--count': it takes a whole number of at least 1, not '0'"),
    ],
)
def test_what_an_option_takes_is_told_with_what_is_no_number(line: str, said: str) -> None:
    done = run(line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_long_sentence_ends_its_lines_at_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"word{number}" for number in range(40)] + ["/a/long/path" * 10, "again/.tape"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        say(" ".join(words), "short", error=True)
    lines = b"".join(terminals.read(ours)).decode().splitlines()
    os.close(ours)
    assert " ".join(lines).split() == [*words, "short"]
    assert [line for line in lines if len(line) > 60] == ["/a/long/path" * 10]


@pytest.mark.parametrize(
    "line",
    [
        "replay {tape} --dry-run --gap -1", "replay {tape} --dry-run --on-error never", "replay {tape} --dry-run --spread thin",
        "replay {tape} --dry-run --align left", "replay {tape} --dry-run --until soon", "replay {tape} --dry-run --copies 0",
        "replay {tape} --dry-run --drop 2", "replay {tape} --dry-run --format old", "replay {tape} --dry-run --rate 0",
        "gracetape dummy serve {tape} --group-window=-1", "gracetape dummy serve {tape} -a other.tape",
        "gracetape dummy serve {tape} --api-default v9", "gracetape dummy serve {tape} --as-of soon",
        "gracetape archive verify {tape} -a other.tape", "gracetape capture G1 --api-version v9",
        "gracetape capture G1 --service-url=", "gracetape listen status {folder}", "gracetape listen run missing.ini",
        "gracetape simulate missing.ini --dry-run", "gracetape simulate {folder} --dry-run",
        "gracetape simulate gstlal --dry-run --instruments nonsense", "gracetape simulate gstlal --dry-run --distribution flat",
        "gracetape simulate mock --dry-run --public-format voevent",
        "gracetape simulate mock --dry-run --public-alerts - --public-format paper",
        "gracetape simulate sample-alerts --format paper -N 1 --max", "gracetape dummy serve {tape} --public-format voevent",
        "gracetape dummy serve {tape} --public-alerts - --public-format paper",
        "gracetape dummy serve {tape} --public-alerts - --read-only", "replay {tape} --dry-run --as-public --format 2016",
        "capture listen kafka://localhost/group", "gracetape capture G1 --as-public",
        "gracetape simulate gstlal --save {readme}", "gracetape view {tape} --html {readme}", "gracetape view {tape} --html {folder}",
        "replay {tape} --max --drop 1 --fault-log {readme} --to exec:true", "gracetape dummy run {tape}",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    words = line.format(tape=FIXTURES / "short.tape", folder=tmp_path, readme=tmp_path / "notes.txt").split()
    done: Done = run(words)
    assert done.returncode == 2, done
    assert done.stderr.startswith("gracetape: ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_nothing_is_written_over_an_archive_whose_name_stands_where_a_page_s_should(tmp_path: Path) -> None:
    tape = shutil.copy(FIXTURES / "short.tape", tmp_path / "packed.tape")
    before = tape.read_bytes()
    for line in (
        f"gracetape view --html {tape} {tape}",
        f"replay {tape} --max --drop 1 --fault-log {tape} --to exec:true",
    ):
        done = run(line.split())
        assert done.returncode == 2
        assert f"{tape} is there and is no " in done.stderr
        assert tape.read_bytes() == before
    page = tmp_path / "page.html"
    for _ in range(2):  # a page may be written over a page
        assert run(["gracetape", "view", str(tape), "--html", str(page)]).returncode == 0


def test_a_room_whose_extra_is_not_installed_says_so_in_one_sentence(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['nh3'] = None; from gracetape.__main__ import main; "
        f"sys.argv[1:] = ['view', {str(FIXTURES / 'short.tape')!r}, '--html', 'page.html']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("gracetape: this needs the package nh3: pip install ")
    assert "gracetape[view]'" in line or "[view]'" in line


def test_an_archive_before_a_program_needs_no_dashes(tmp_path: Path) -> None:
    line = ["gracetape", "dummy", "run", str(FIXTURES / "short.tape"), "sh", "-c", "echo $GRACEDB_SERVICE_URL"]
    done = started(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "is it spelt right, and is this machine online?"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing answers at that address: is the server running?"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_in_plain_words(reason: Exception, said: str) -> None:
    error = requests.exceptions.ConnectionError("Max retries exceeded")
    error.__cause__ = reason
    told = str(explain(error, "G1"))
    assert told.endswith(said)
    assert "Error" not in told
