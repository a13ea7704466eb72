"""`listen run` says what it hears and who for, shows a line per alert, and tells how it ended."""

import json
from pathlib import Path

import pytest

from gracetape.errors import BadConfiguration
from gracetape.listen.configuration import read_configuration
from tests import commands
from tests.listen.listeners import LISTEN

PARENT = "[follow-up]\nnodes = superevent, cbc_gstlal\nchildConfig = child.ini\n"
CHILD = "[general]\nprocess_type = checks\nlog_directory = logs\n\n[p_astro]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parent.ini").write_text(PARENT)
    (tmp_path / "child.ini").write_text(CHILD)
    message = {"uid": "S1", "alert_type": "new", "data": {}, "object": {}}
    lines = [json.dumps({"node": "superevent", "payload": message})] * 3
    (tmp_path / "m.jsonl").write_text("\n".join(lines))  # the last one has no end
    return tmp_path


def test_what_is_heard_a_line_each_and_how_it_ended(folder: Path) -> None:
    line = [*LISTEN, "run", "parent.ini", "--from", "m.jsonl", "--until-end", "--show", "line"]
    done = commands.run(line, cwd=folder, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, who, day, *alerts, last = done.stdout.splitlines()
    assert first.startswith("listening to m.jsonl")
    assert who == "  follow-up: superevent, cbc_gstlal -> checks (p_astro)"
    assert day.endswith("(UTC)")
    assert [line.split()[2:4] for line in alerts] == [["S1", "new"]] * 3
    assert last.startswith("stopped: 3 messages heard, 0 tasks done, 0 errors")


def test_elsewhere_no_line_per_alert_and_a_file_that_is_not_there_has_no_end(folder: Path) -> None:
    line = [*LISTEN, "run", "parent.ini", "--until-end", "--from"]
    done = commands.run([*line, "m.jsonl"], cwd=folder, capture_output=True, timeout=120)
    assert len(done.stdout.splitlines()) == 3
    missing = commands.run([*line, "nothing.jsonl"], cwd=folder, capture_output=True, timeout=120)
    assert (missing.returncode, missing.stderr) == (1, "gracetape: nothing.jsonl: there is no such file\n")


def test_a_child_s_own_file_is_told_as_one(folder: Path) -> None:
    with pytest.raises(BadConfiguration, match="child's own file"):
        read_configuration(folder / "child.ini")


@pytest.mark.parametrize(
    ("checkpoint", "becomes"),
    [
        ("checkpoint = c.sqlite\n", "and the next run does it"),
        ("", "and the stop drops it, for there is no checkpoint"),
    ],
)
def test_what_waits_for_its_time_at_the_end_is_told(folder: Path, checkpoint: str, becomes: str) -> None:
    (folder / "parent.ini").write_text(PARENT + checkpoint)
    line = [*LISTEN, "run", "parent.ini", "--from", "m.jsonl", "--until-end"]
    done = commands.run(line, cwd=folder, capture_output=True, timeout=120)
    *_, last = done.stdout.splitlines()
    assert last == f"stopped: 3 messages heard, 0 tasks done, 0 errors; 1 item waits for its time, {becomes}"
