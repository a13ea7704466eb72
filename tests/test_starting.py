"""Commands load what does the work only when it is to be done: their help is there at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TAPE = Path(__file__).parent / "fixtures" / "short.tape"

#: What takes long to load; no help needs any of it.
HEAVY = {
    "astropy", "confluent_kafka", "falcon", "igwn_ligolw", "jsonschema", "lark", "ligo", "numpy", "prometheus_client", "pydantic",
    "requests", "rich", "slixmpp", "sqlite_utils", "zstandard",
}  # fmt: skip

_HELP = """
import json, sys
import typer, rich
before = set(sys.modules)
from gracetape.__main__ import main
sys.argv[0] = "gracetape"
try:
    main()
except SystemExit:
    print()
    print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(*words: str) -> list[str]:
    """The modules that a command line loads beyond those of typer and rich's own `__init__`."""
    done = subprocess.run([sys.executable, "-c", _HELP, *words], capture_output=True, text=True, check=True)
    assert "--help" in done.stdout
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return modules


@pytest.mark.parametrize(
    "command",
    [
        "replay",
        "replay check",
        "simulate",
        "simulate run",
        "dummy",
        "dummy serve",
        "broker",
        "listen",
        "listen run",
        "capture",
        "capture listen",
        "archive ls",
        "config",
        "view",
    ],
)
def test_a_commands_help_loads_nothing_that_works(command: str) -> None:
    modules = loaded(*command.split(), "--help")
    heavy = {name for name in modules if name.partition(".")[0] in HEAVY}
    assert heavy == set()


@pytest.mark.parametrize(("command", "most"), [("replay", 15), ("simulate", 15), ("dummy", 15), ("broker", 15)])
def test_a_commands_help_loads_few_modules_of_our_own(command: str, most: int) -> None:
    ours = [name for name in loaded(command, "--help") if name.startswith("gracetape")]
    assert len(ours) <= most, ours


def test_a_list_of_an_archive_loads_nothing_that_looks_into_it() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gracetape", "archive", "ls", "-a", str(TAPE)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "TS" in done.stdout
    modules = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert "gracetape.archive.store" in modules
    looking = ("gracetape.archive.history", "gracetape.archive.alerts", "gracetape.archive.compare")
    assert [name for name in modules if name.startswith(looking)] == []


def test_a_replay_off_a_terminal_loads_nothing_that_draws_or_reads_command_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gracetape", "replay", str(TAPE), "--max", "--to", str(tmp_path / "a.jsonl")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert "gracetape.replay.player" in modules
    assert [
        name for name in modules if name.partition(".")[0] in ("rich", "pydantic", "requests", "ligo", "numpy")
    ] == []


MAKES = """
import sys
from gracetape.archive import Archive

Archive.create(sys.argv[1]).close()
print(*sorted(sys.modules))
"""


def test_making_an_archive_loads_nothing_but_what_writes_it(tmp_path: Path) -> None:
    words = [sys.executable, "-c", MAKES, str(tmp_path / "a.tape")]
    modules = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "gracetape.archive.schema" in modules
    assert {"sqlite_utils", "numpy", "rich", "requests"} & set(modules) == set()
