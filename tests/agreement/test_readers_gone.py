"""Whoever reads a command's output may go away (`| head`): no command complains of that, and none goes on for nobody."""

import subprocess
from pathlib import Path

import pytest

from gracetape import replay
from gracetape.archive import Archive
from gracetape.replay import VirtualClock
from tests import commands

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gone") / "messages.jsonl"
    target = replay.open_target(str(path))
    with Archive.open(FIXTURES / "long.tape") as tape:
        replay.play(tape, clock=VirtualClock()).play([target])
    target.close()
    return path


@pytest.mark.parametrize(
    "line",
    [
        "replay {fixture} --speed 1",
        "replay {fixture} --max --show line",
        "gracetape simulate gstlal --seed 1 --alerts-only -",
        "gracetape listen once --from {messages} --node test_superevent --exec cat",
        "gracetape listen confirm --from {messages} --node test_superevent",
        "gracetape capture listen {messages} -n test_superevent",
        "gracetape archive log TS101020a {fixture}",
        "gracetape archive ls {fixture} --json",
    ],
)
def test_nobody_is_told_that_a_reader_went_away(line: str, messages: Path) -> None:
    words = line.format(fixture=FIXTURES / "long.tape", messages=messages).split()
    with commands.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=120) == 0, said
    assert "Traceback" not in said
    assert "Broken pipe" not in said
