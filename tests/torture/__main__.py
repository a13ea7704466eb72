"""`python -m tests.torture --seed 7 --minutes 8`: kills, faults, crowds and strangers; a table of figures; exit 1 if anything was lost."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.child import warm
from tests.torture.rounds import table, torture

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
MARK = "<!-- figures: the last run of make torture -->"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=None, help="what is drawn (default: another each time; it is printed)"
    )
    parser.add_argument("--minutes", type=float, default=8.0, help="how long, about")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}, about {asked.minutes:g} minutes", flush=True)
    begun = time.monotonic()
    warm()
    with tempfile.TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as folder:
        tallies = torture(Path(folder), seed, asked.minutes * 60)
    print(table(tallies))
    failures = [failure for tally in tallies for failure in tally.failures]
    for failure in failures:
        print(f"FAILED {failure}")
    kills, trials = sum(tally.kills for tally in tallies), sum(tally.tried for tally in tallies)
    summary = f"seed {seed}: {kills} kills, {trials} trials, {len(failures)} failures, {time.monotonic() - begun:.0f} s"
    print(summary)
    if asked.write:
        _write(f"{table(tallies)}\n{summary}")
    return 1 if failures else 0


def _write(figures: str) -> None:
    before = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(f"{before}{MARK}\n\n```text\n{figures}\n```\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
