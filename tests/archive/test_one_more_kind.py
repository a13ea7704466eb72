"""A kind of record is one row: whoever adds it has it captured, shown, answered as of earlier moments, and served by dummies."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("one_more_kind.py")


def test_a_kind_that_is_added_to_the_table_is_known_everywhere(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", str(SCRIPT), str(tmp_path)], capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "served": [1, 2], "links lead to it": 2, "what is not there": 404, "written to": 405, "captured": [1, 2], "told of": 2,
        "as of": [[], [], [1], [1, 2]], "one as of": [False, False, True, True], "served as of 1": [1],
        "on the page": [["1", 1767225660.0], ["2", 1767225720.0]],
    }  # fmt: skip
