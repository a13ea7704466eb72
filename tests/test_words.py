"""Every command knows `-h` and `--version`, completes its words in every shell, and says what was perhaps meant."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gracetape.__main__ import ROOMS, _gathered, main
from gracetape.capture.cli import main as capture
from gracetape.replay.cli import main as replay
from gracetape.terminal import prepared
from tests.commands import run as started

MAINS = {"gracetape": main, "capture": capture, "replay": replay}
SHELLS = ("bash", "zsh", "fish")


def all_commands(words: tuple[str, ...] = ("gracetape",), command: Any = None) -> Iterator[tuple[str, ...]]:
    """Every command and sub-command that there is, as its words."""
    command = command or prepared(_gathered())
    yield words
    for name in getattr(command, "commands", {}):
        if name != "play":
            found = command.resolve_command(command.context_class(command), [name])[1]
            yield from all_commands((*words, name), found)


@dataclass
class Done:
    returncode: object
    stdout: str
    stderr: str


def run(words: Sequence[str], environment: dict[str, str] = {}) -> Done:  # noqa: B006
    """A command line, run in this process: nothing is started."""
    out, err = io.StringIO(), io.StringIO()
    argv, sys.argv = sys.argv, list(words)
    os.environ |= environment
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            MAINS[words[0]]()
    finally:
        sys.argv = argv
        for name in environment:
            del os.environ[name]
    return Done(ended.value.code or 0, out.getvalue(), err.getvalue())


COMMANDS = [*all_commands(), ("capture",), ("capture", "listen"), ("replay",), ("replay", "check")]


def complete(words: str, shell: str = "bash") -> list[str]:
    """What a shell gets for a line whose last word is to be completed."""
    program, *rest = words.split(" ")
    environment = {f"_{program.upper()}_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        environment |= {"COMP_WORDS": words, "COMP_CWORD": str(len(rest))}
    else:
        environment |= {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return run([program], environment).stdout.split()


def test_the_commands_are_found_at_any_depth() -> None:
    assert {words[1] for words in COMMANDS if words[0] == "gracetape" and words[1:]} == set(ROOMS)
    assert ("gracetape", "archive", "import", "meg") in COMMANDS
    assert ("gracetape", "capture", "listen") in COMMANDS


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_knows_help_and_version(words: tuple[str, ...]) -> None:
    told = run([*words, "-h"])
    assert told.returncode == 0
    assert told.stdout.startswith(f"Usage: {' '.join(words)} ")
    assert "--version" in told.stdout
    shown = run([*words, "--version"])
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "gracetape")


def test_a_programs_own_version_is_its_own(tmp_path: Path) -> None:
    words = ["gracetape", "dummy", "run", "-a", tmp_path / "new.tape", "--create", "echo", "--version", "-h"]
    assert started(words, capture_output=True).stdout == "--version -h\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("gracetape arch", "archive"),
        ("gracetape archive import m", "meg"),
        ("gracetape archive ls --j", "--json"),
        ("gracetape capture l", "listen"),
        ("gracetape replay ch", "check"),
        ("gracetape simulate gst", "gstlal"),
        ("gracetape simulate sta", "stages"),
        ("gracetape broker start k", "kafka"),
        ("gracetape dummy serve --al", "--alerts"),
        ("capture l", "listen"),
        ("capture --rec", "--recapture"),
        ("capture listen --no", "--nodes"),
        ("replay ch", "check"),
        ("replay check --a", "--archive"),
        ("replay --sp", "--speed"),
        ("replay --vers", "--version"),
    ],
)
def test_words_are_completed(line: str, word: str, shell: str) -> None:
    found = complete(line, shell)
    assert any(word in text for text in found), found
    before = line.rpartition(" ")[2]
    assert shell != "bash" or all(text.startswith(before) for text in found)


def test_every_command_of_its_own_installs_completion() -> None:
    for program in MAINS:
        assert "--install-completion" in run([program, "--help"]).stdout


def test_what_is_installed_for_a_shell_completes() -> None:
    script = 'eval "$($0 --show-completion)"; COMP_WORDS=($0 --h) COMP_CWORD=1; _$0_completion $0; echo ${COMPREPLY[@]}'
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script, "replay"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["--help"], done.stderr


def test_the_archives_here_are_among_what_a_replay_can_begin_with(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "one.tape").touch()
    monkeypatch.chdir(tmp_path)
    from gracetape.options import archives_here

    assert archives_here("") == archives_here("on") == ["one.tape"]
    assert archives_here("x") == []


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("gracetape archiv", "archive"),
        ("gracetape ls", "gracetape archive ls"),
        ("gracetape serve", "gracetape dummy serve"),
        ("gracetape replya", "replay"),
        ("gracetape archive veryfy", "verify"),
        ("gracetape archive import mge", "meg"),
        ("gracetape capture lisen", "listen"),
        ("gracetape listen statsu", "status"),
        ("gracetape simulate rnu", "run"),
        ("gracetape simulate gstal", "gstlal"),
        ("gracetape broker start kafak", "kafka"),
        ("gracetape --verson", "--version"),
        ("capture lisen", "listen"),
        ("capture --recaptur G1", "--recapture"),
        ("replay chekc", "check"),
        ("replay --sped 3", "--speed"),
    ],
)
def test_what_was_perhaps_meant_is_said(line: str, meant: str) -> None:
    done = run(line.split())
    assert done.returncode == 2
    assert done.stdout == ""
    (said,) = done.stderr.splitlines()
    assert said.startswith("gracetape: ")
    assert meant in said.replace(line, "")


@pytest.mark.parametrize("room", ["archive", "listen", "dummy", "broker"])
def test_a_list_of_commands_has_whole_sentences_that_fit(room: str) -> None:
    said = run(["gracetape", room, "--help"], {"COLUMNS": "80"}).stdout
    listed = said[said.index("Commands:") :]
    assert "..." not in listed
    assert max(map(len, listed.splitlines())) < 80
    assert not any(line.startswith("  ") and line.endswith(".;") for line in listed.splitlines())


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        ("gracetape simulate", "gracetape simulate [OPTIONS] CONFIG..."),
        ("gracetape view", "gracetape view [OPTIONS] [ARCHIVE] [ID]..."),
        ("gracetape listen command", "gracetape listen command [OPTIONS] NAME [KEY=VALUE...]"),
        ("capture", "capture [OPTIONS] [ID...]"),
    ],
)
def test_usage_says_once_what_may_come_often(words: str, usage: str) -> None:
    assert usage in run([*words.split(), "--help"], {"COLUMNS": "80"}).stdout.splitlines()[0]


def test_what_else_a_command_does_is_a_list_that_fits() -> None:
    said = run(["gracetape", "simulate", "--help"], {"COLUMNS": "80"}).stdout
    assert said.count("Besides:") == 1
    assert "    gracetape simulate stages\n" in said
    assert max(map(len, said.splitlines())) <= 80
