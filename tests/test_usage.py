"""Wrong values of every option of every command are told of in one sentence that names the option, with exit code 2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gracetape.__main__ import _gathered
from gracetape.capture.listen_cli import app as capture_listen
from gracetape.terminal import prepared
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
    from gracetape.terminal import _type_in_words

    own = (("capture", "listen"), prepared(capture_listen, "capture listen"))
    for words, command in [*leaves(("gracetape",), prepared(_gathered())), own]:
        for parameter in command.params:
            if parameter.param_type_name != "option" or getattr(parameter, "is_flag", False):
                continue
            name = max(parameter.opts, key=len)
            values = WRONG.get(_type_in_words(parameter) or "", ())
            if "Choice" in repr(getattr(parameter, "type", "")) or name == "--show":
                values = ("nonsense",)
            if getattr(getattr(parameter, "type", None), "min", None) is not None:
                values = (*values, "-1e9" if _type_in_words(parameter) == "NUMBER" else "-1")
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
        "gracetape simulate gstlal --save {readme}",
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
