"""Every command that can send something many times says before it begins how many messages and bytes that will be."""

import re
import shutil
from pathlib import Path

import pytest

from gracetape.storms import Storm, repeated
from tests import commands
from tests.agreement.test_examples import COMMANDS

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
#: The options by which a command sends something more than once, or for ever.
REPEATING = {"--copies", "--loop", "--trials", "--num-events"}
#: Each command that has such an option, with lines that make it a storm; what is tried in a room's own tests as well is here once.
STORMS: dict[str, tuple[str, ...]] = {
    "replay": (
        "replay short.tape --loop 2 --max --to a.jsonl",
        "replay short.tape --copies 2 --as T{n} --as TS260101{letters} --max --to b.jsonl",
        "replay short.tape --loop 2 --max --to dummy:new.tape",
        "replay short.tape --loop 0 --dry-run --to dummy:new.tape",
    ),
    "simulate": (),  # tests/simulate/test_shown.py
    "simulate sample-alerts": (),  # tests/simulate/test_public.py
    "listen ping": ("gracetape listen ping simulate --trials 2 --wait 0 --jitter 0 --to c.jsonl",),
}
TOLD = re.compile(
    r"gracetape: (\d+ copies|\d+ laps|endless laps|\d+ trials): [\d,]+ (messages|writes), about [\d.]+ [kM]?B"
)


def test_no_command_repeats_unnoticed() -> None:
    repeating = {name for name, leaf in COMMANDS.items() if REPEATING & {o for one in leaf.params for o in one.opts}}
    assert repeating == set(STORMS)


@pytest.mark.parametrize("line", [line for lines in STORMS.values() for line in lines])
def test_it_is_told_first(line: str, tmp_path: Path) -> None:
    shutil.copy(SHORT, tmp_path)
    done = commands.run(line.split(), capture_output=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert TOLD.match(done.stderr), done.stderr


def test_what_is_sent_once_is_no_storm(tmp_path: Path) -> None:
    shutil.copy(SHORT, tmp_path)
    for line in ("replay short.tape --max --to dummy:new.tape", "gracetape listen ping start --to c.jsonl"):
        assert "about" not in commands.run(line.split(), capture_output=True, cwd=tmp_path).stderr


def test_the_sentence() -> None:
    assert str(Storm(12, 3400, 60.0, times=repeated(3, "laps"))) == "3 laps: 12 messages, about 3.4 kB, in 60 s"
    endless = Storm(4, 800, None, 2.0, repeated(None, "laps"), "lap", reckoned=True)
    assert str(endless).startswith("endless laps: about 4 messages, about 800 B each lap, as fast as possible (making")
    assert repeated(1, "laps") == ()
