"""How long commands take to start: CPU of whole processes, against one that only imports typer and rich."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from gracetape.examples import EXAMPLES

_ROUNDS = 5
_FLOOR = [sys.executable, "-c", "import typer, rich"]
_TAPE = Path(__file__).parents[1] / "tests" / "fixtures" / "short.tape"
_CLAIMED = {
    "gracetape --help": "≤ 1.5",
    "replay --help": "≤ 2.5",
    "capture --help": "≤ 2.5",
}


def _commands() -> dict[str, str]:
    """What is started, and what is claimed of it: the help of every command and of every group of them, and a list of a small tape."""
    groups = {name.split()[0] for name in EXAMPLES if " " in name}
    helps = sorted({f"{name} --help" for name in (*EXAMPLES, *groups)} - _CLAIMED.keys())
    return _CLAIMED | dict.fromkeys([*helps, f"archive ls {_TAPE}"], "told")


def _cpu(command: list[str]) -> float:
    """CPU seconds, the system's included, of one run."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def starting() -> list[Figure]:
    """The help of each command, and `import gracetape` beyond a bare Python; medians, in turn with the floor."""
    found = []
    for name, claim in _commands().items():
        words = [word for word in name.split() if word != "gracetape"]
        pairs = [(_cpu([sys.executable, "-m", "gracetape", *words]), _cpu(_FLOOR)) for _ in range(_ROUNDS)]
        mine, floor = (median(column) for column in zip(*pairs, strict=True))
        found.append(
            Figure(
                name.replace(str(_TAPE), _TAPE.name),
                f"{mine * 1e3:.0f} ms",
                f"{floor * 1e3:.0f} ms, import typer, rich",
                mine / floor,
                claim,
            )
        )
    code = "import time; t = time.perf_counter(); import gracetape; print(time.perf_counter() - t)"
    spent = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(_ROUNDS)
    ]
    found.append(Figure("import gracetape", f"{median(spent) * 1e3:.1f} ms", "10 ms", median(spent) / 0.010, "≤ 1"))
    return found
