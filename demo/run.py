"""The demonstration: a real superevent served, captured over HTTP and lived through again; then one of our own writing."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap

from ligo.gracedb.rest import GraceDb
from rich.console import Console
from rich.markup import escape

from demo.lives import whole_life
from demo.real_data import SUPEREVENT, NoRealData, real_tape
from gracetape import dummy, replay
from gracetape.archive import Archive, alerts_of, timeline_of
from gracetape.plain_text import cut

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "demo"
GRACETAPE = Path(sys.executable).with_name("gracetape")
console = Console(highlight=False)


def say(text: str) -> None:
    console.rule(f"[bold]{text}", align="left")


def command(*words: object) -> None:
    """Run a command as a user would, showing it first."""
    line = [str(word) for word in words]
    show_command(Path(line[0]).name, *line[1:])
    subprocess.run(line, check=True, cwd=FOLDER)


def show_command(*words: str, begin: str = "") -> None:
    """A command as it is typed: one that is too long for the terminal goes on after a backslash."""
    lines = wrap(" ".join(words), console.width - 6, break_long_words=False, break_on_hyphens=False)
    console.print(f"{begin}[green]$[/] " + " \\\n    ".join(map(escape, lines)), soft_wrap=True)


@contextmanager
def served(*words: object) -> Iterator[str]:
    """Serve a tape as a GraceDB on loopback while the block runs; gives its URL."""
    line = [str(GRACETAPE), "dummy", "serve", *map(str, words)]
    show_command("gracetape", *line[1:], "&")
    server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=FOLDER)
    try:
        found = None
        for text in server.stdout or ():
            console.print(text, end="", markup=False)
            if text.startswith(" ") and (
                found := re.search(r"http://[^\"'\s]+/api/", text)
            ):  # what is typed comes last
                break
        if not found:
            sys.exit("the dummy did not start")
        yield found[0]
    finally:
        server.terminate()
        server.wait()


def real_half() -> None:
    """Serve the real superevent, capture it over HTTP, replay it, and listen to it."""
    say("A real superevent, from June 2022")
    try:
        tape = real_tape()
    except NoRealData as error:
        console.print(f"[yellow]left out:[/] {error}")
        return
    tape = Path(os.path.relpath(tape, FOLDER))
    command(GRACETAPE, "archive", "ls", "-a", tape)
    say("Serve it as a GraceDB, and capture it over HTTP through ligo.gracedb")
    with served(tape) as url:
        command(GRACETAPE.with_name("capture"), SUPEREVENT, "--with-events", "--service-url", url, "-a", "real.tape")
    command(GRACETAPE, "archive", "verify", "real.tape")
    say("Live through its first 40 log entries, 60 times as fast")
    play("real.tape", "--speed", "60", "--cutoff", "40")
    say("A listener asks the dummy, as of each alert, what it knows")
    listen(FOLDER / "real.tape")


def play(tape: str, *options: str) -> None:
    """`replay`, a line per alert, also where there is no terminal."""
    shown = () if sys.stdout.isatty() else ("--show", "line")
    command(GRACETAPE.with_name("replay"), tape, *options, *shown)


def listen(tape: Path) -> None:
    """The listener of the README: it reacts to labels and updates by asking GraceDB."""
    player = replay.play(tape, speed=600, cutoff=40)
    row = "{:11} {:23} {:9} {:>6}  {}".format
    print(row("alert", "", "preferred", "events", "labels"))
    with dummy.GraceDb(tape, follow=player) as client:
        for alert in player:
            if alert.alert_type in ("label_added", "update", "event_added"):
                now = client.superevent(alert.graceid).json()
                labels = cut(" ".join(now["labels"]) or "-", console.width - 55)
                print(row(alert.alert_type, cut(alert.what, 23), now["preferred_event"], len(now["gw_events"]), labels))


def writing_half() -> None:
    """Write a life onto an empty dummy through the ordinary client; capture and replay it too."""
    say("Write a life of our own onto an empty GraceDB")
    with served("written.tape", "--create") as url:
        with GraceDb(url, force_noauth=True) as client:
            superevent, events = whole_life(client)
            entries = len(client.logs(superevent).json()["log"])
        console.print(f"{superevent} with {', '.join(events)}: {entries} log entries on the superevent")
        command(GRACETAPE.with_name("capture"), superevent, "--service-url", url, "-a", "captured.tape")
    command(GRACETAPE, "archive", "log", superevent, "-a", "captured.tape")
    play("captured.tape", "--max")
    command(GRACETAPE.with_name("replay"), "captured.tape", "--dry-run")
    announced = (FOLDER / "written.tape" / "alerts.jsonl").read_text().count("\n")
    with Archive.open(FOLDER / "captured.tape") as tape:
        rebuilt = sum(len(alert.nodes) for alert in alerts_of(timeline_of(tape)))
    console.print(f"announced live: {announced} messages; rebuilt from the capture: {rebuilt}")


def main() -> None:
    start = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    real_half()
    writing_half()
    say(f"Done in {time.monotonic() - start:.0f} s; the tapes are in {FOLDER.relative_to(ROOT)}")
    console.print("What to try next:")
    where = FOLDER.relative_to(ROOT)
    for line in (
        ". .venv/bin/activate",
        f"replay {where}/real.tape --speed 20  # space pauses, the arrows step",
        f"gracetape dummy run {where}/real.tape -- gracedb get superevent {SUPEREVENT}",
        f"gracetape archive log {SUPEREVENT} {where}/real.tape",
    ):
        show_command(line, begin="  ")


if __name__ == "__main__":
    main()
