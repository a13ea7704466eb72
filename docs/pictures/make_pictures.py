"""Draws the README's picture: what `replay` really prints for the real superevent, as an SVG of a terminal."""

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from demo.real_data import real_tape  # noqa: E402


def main() -> None:
    words = ["replay", "S220609hl.tape", "--dry-run", "--start", "14", "--cutoff", "43"]
    command = [sys.executable, "-c", "from replay.cli import main; main()", str(real_tape()), *words[2:]]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env={"COLUMNS": "140", "FORCE_COLOR": "1"}
    )
    console = Console(record=True, width=140, file=io.StringIO())
    console.print(Text.from_ansi(f"$ {' '.join(words)}\n{done.stdout.rstrip()}"))
    console.save_svg(str(ROOT / "docs" / "pictures" / "replay.svg"), title="gracetape")


if __name__ == "__main__":
    main()
