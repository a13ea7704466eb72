"""What a command costs: CPU, and the most memory that it took, run in a process of its own."""

import json
import resource
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Seconds of CPU, and bytes."""

    cpu_s: float
    most_bytes: int


def most_bytes() -> int:
    """The most memory that this process has held. (`getrusage` counts what it was a copy of before it became what it is, too.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def cost(*words: str) -> Cost:
    """What a command of gracetape costs that says nothing on standard output."""
    command = [sys.executable, "-m", "benchmarks.measured", *words]
    return Cost(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def _measure(words: list[str]) -> None:
    sys.argv = ["gracetape", *words]
    code: object = 0
    try:
        runpy.run_module("gracetape", run_name="__main__")
    except SystemExit as end:
        code = end.code
    if code:
        raise RuntimeError(f"gracetape {' '.join(words)} ended with {code}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(vars(Cost(used.ru_utime + used.ru_stime, most_bytes()))))


if __name__ == "__main__":
    _measure(sys.argv[1:])
