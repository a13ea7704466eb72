"""Run by the Python of an environment that holds gracetape and nothing but what it asks for: does it all work there?

`python smoke.py`: imports every room; `python smoke.py TAPE ID`: then asks every command for help, serves TAPE, captures ID from
there, and plays it.
"""

import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distributions, version
from pathlib import Path

BIN = Path(sys.executable).parent
#: Rooms that are extras of their own: an empty environment lacks what they stand on (pytest, nh3).
_EXTRAS = ("gracetape.testing", "gracetape.view")


def run(*words: str) -> str:
    """What a command says; what it complains of, if it fails, ends all."""
    done = subprocess.run([BIN / words[0], *words[1:]], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def imports() -> int:
    """Every public name of every room; how many there were."""
    gracetape = import_module("gracetape")
    if "site-packages" not in str(gracetape.__file__):
        raise SystemExit(f"this is not what was installed: {gracetape.__file__}")
    if not (Path(str(gracetape.__file__)).parent / "py.typed").exists():
        raise SystemExit("it is not typed")
    rooms = [f"gracetape.{found.name}" for found in pkgutil.iter_modules(gracetape.__path__) if found.ispkg]
    count = 0
    for name in ["gracetape", *rooms]:
        room = import_module(name)
        for public in () if name in _EXTRAS else room.__all__:
            getattr(room, public)
            count += 1
    return count


def helps() -> int:
    """The help of every command; how many there were."""
    from gracetape.__main__ import ROOMS
    from gracetape.examples import EXAMPLES

    words = {("gracetape",), ("capture",), ("replay",), *(("gracetape", room) for room in ROOMS)}
    words |= {("gracetape", *name.split()) for name in EXAMPLES}
    for command in sorted(words):
        if not run(*command, "--help").startswith(f"Usage: {' '.join(command)} "):
            raise SystemExit(f"{' '.join(command)} --help shows no help")
    return len(words)


def round_trip(tape: str, graceid: str) -> int:
    """The messages of an object that was captured from a served dummy."""
    served = [str(BIN / "gracetape"), "dummy", "serve", tape, "--port", "0"]
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().partition(" is a GraceDB at ")[2].split()[0]
        try:
            run("capture", graceid, "--service-url", url, "-a", "captured.tape")
        finally:
            server.terminate()
            server.communicate(timeout=60)
    messages = [json.loads(line) for line in run("replay", "captured.tape", "--max").splitlines()]
    if not messages or {message["graceid"] for message in messages} != {graceid}:
        raise SystemExit(f"the capture of {graceid} plays {len(messages)} messages")
    return len(messages)


def main(tape: str = "", graceid: str = "") -> None:
    said = (
        f"gracetape {version('gracetape')} among {len(list(distributions()))} distributions: {imports()} public names"
    )
    if tape:
        said += f", the help of {helps()} commands, {round_trip(tape, graceid)} messages of a capture from a dummy"
    print(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
