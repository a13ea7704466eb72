"""A password or token that is given to a command, however its URL is mistyped, is neither shown nor stored."""

import shutil
from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.packing import convert
from tests import commands
from tests.agreement.terminals import on_terminal

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
SECRET = "S3cret"
#: Nothing answers at port 1 of this machine.
SPELLINGS = [
    f"xmpp://me:{SECRET}@localhost:1/?tls=off",
    f"xmpp:/me:{SECRET}@localhost:1",
    f"xmmp://me:{SECRET}@localhost:1",
    f"xmpp//me:{SECRET}@localhost",
    f"kafka://u:{SECRET}@localhost:x",
    f"kafka://localhost:1/g?password={SECRET}",
    f"kafka://localhost:{SECRET}",
    f"http:/u:{SECRET}@localhost:1/api/",
    f"http://u:{SECRET}@localhost:1/api/",
    f"http://u:{SECRET}@[localhost/",
    f"http://u:a word {SECRET}@localhost:x/",
    f"http://localhost:1/?token={SECRET}",
    f"gracedb+http://u:{SECRET}@localhost:1/api/",
    f"me:{SECRET}@localhost",
    f"exec:no_such_program --token={SECRET}",
    f"exec:TOKEN={SECRET} x",
    f"exec:'{SECRET}",
    f"tcp:localhost:{SECRET}",
    f"dummy:/no/u:{SECRET}@localhost",
]
COMMANDS = [
    "capture G1 --service-url {url} -a new.tape",
    "listen once --from {url} -n night --exec true",
    "replay evil.tape --max --to {url}",
    "capture listen {url} -n night -a kept.tape",
    "capture listen {url} -n night --to kept.jsonl",
    "replay evil.tape --max --to {url} --yes-really-send-to localhost --retime",
    "listen run checks.ini --from {url}",
    "dummy serve evil.tape --alerts {url} --host 127.0.0.1 --port 0",
    "archive ls -a {url}",
    "simulate gstlal --max --duration 1 --to {url}",
    "{url}",
]
#: How many of them are tried with every spelling.
EVERY = 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shutil.copy(SHORT, tmp_path / "evil.tape")
    (tmp_path / "checks.ini").write_text("[general]\nprocess_type = length\nnodes = night\n")
    return tmp_path


def stored(folder: Path) -> list[Path]:
    """What holds the secret, in its name or in its bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in folder.rglob("*") if SECRET in path.name] + [
        p for p in files if SECRET.encode() in p.read_bytes()
    ]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_url_that_holds_a_secret_is_shown_without_it(folder: Path, line: str) -> None:
    """The first commands are tried with every spelling, the others with some."""
    for url in SPELLINGS if COMMANDS.index(line) < EVERY else SPELLINGS[COMMANDS.index(line) % 3 :: 4]:
        seen = on_terminal(*(word.format(url=url) for word in line.split()), patience_s=1)
        assert SECRET not in seen, (url, seen)
        assert stored(folder) == [], url


@pytest.mark.parametrize("variable", ["GRACETAPE_SERVICE", "GRACETAPE_ARCHIVE"])
def test_what_the_environment_holds_is_shown_without_its_secret(
    folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "capture G1 -a new.tape" if variable == "GRACETAPE_SERVICE" else "archive verify"
    for url in SPELLINGS[::2]:
        monkeypatch.setenv(variable, url)
        assert SECRET not in on_terminal(*line.split(), patience_s=1), url


def record(source: str) -> str:
    done = commands.run(["capture", "listen", source, "-n", "night", "-a", "kept.tape"], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_arguments_of_a_recorded_program_are_not_kept_and_it_goes_on_all_the_same(folder: Path) -> None:
    (folder / "lines").write_text('{"uid": "G1"}\n')
    source = f"exec:sh -c 'cat lines' --token={SECRET}"
    with Archive.create("kept.tape") as archive, archive.transaction() as tx:  # as earlier recorders did
        tx.set_heard(f"until {source}", 1_700_000_000_000_000)
    with Archive.open("kept.tape") as archive:
        convert(archive, Path("packed.tape"), packed=True)
    assert SECRET.encode() not in Path("packed.tape").read_bytes()
    said = record(source)
    assert "gap: night: nothing could be heard" in said
    assert SECRET not in said
    assert stored(folder) == []
    assert "1 gap" in record(source)
    assert "0 gaps" in record("exec:cat lines")
