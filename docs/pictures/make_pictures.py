"""Draws the pictures of the documents as SVGs of a terminal: what `replay` really prints for the real superevent."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
sys.path.insert(0, str(ROOT))

from demo.real_data import real_tape  # noqa: E402

REPLAY = [sys.executable, "-c", "from gracetape.replay.cli import main; main()"]
#: Keys typed into the player, as tmux names them, and what is said of each beside the picture that follows it.
TYPED = (
    ("", "# as it begins"),
    ("+", "# after +"),
    ("Space", "# after the space bar"),
    ("Right", "# after the right arrow"),
    ("n", "# after n"),
    ("Right", "# after the right arrow"),
    ("q", "# after q"),
)


def picture(name: str, text: str, width: int) -> None:
    """Save what a terminal shows."""
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(Text.from_ansi(text))
    drawn = re.sub(r" *@font-face \{.*?\}\n", "", console.export_svg(title="gracetape"), flags=re.DOTALL)
    (PICTURES / name).write_text(
        drawn, encoding="utf-8"
    )  # without fonts of other hosts: a local one, or any monospaced


def on_terminal(words: list[str], width: int) -> str:
    """What a command prints on a terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    parts = list[bytes]()
    with subprocess.Popen(words, stdout=its, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=ROOT):
        os.close(its)
        with suppress(OSError):  # how a terminal says that nobody writes any more
            while piece := os.read(ours, 65536):
                parts.append(piece)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


def lines() -> None:
    """What a replay shows, a line an alert."""
    words = ["--start", "12", "--cutoff", "40"]
    shown = on_terminal([*REPLAY, str(real_tape()), "--max", *words], 96)
    picture("replay.svg", f"$ replay S220609hl.tape {' '.join(words)}\n{shown}", 96)


def player() -> None:
    """The player in a real terminal (tmux), key by key."""
    session = f"gracetape-{os.getpid()}"
    tmux = ["tmux", "-L", session]
    words = "--start 14 --speed 5 --to alerts.jsonl"
    command = f"{sys.executable} -c 'from gracetape.replay.cli import main; main()' {real_tape()} {words.replace('alerts.jsonl', os.devnull)}"
    start = [*tmux, "new-session", "-d", "-x", "100", "-y", "12", f"cd {ROOT}; {command}; sleep 60"]
    subprocess.run(start, check=True)
    frames = [f"$ replay S220609hl.tape {words}"]
    try:
        time.sleep(3)
        for key, said in TYPED:
            if key:
                subprocess.run([*tmux, "send-keys", key], check=True)
            time.sleep(1.5)
            shown = subprocess.run([*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True)
            frames += [f"\x1b[2m{said}\x1b[0m", shown.stdout.strip(), ""]
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    picture("player.svg", "\n".join(frames).rstrip(), 100)


if __name__ == "__main__":
    lines()
    player()
