"""Every example that a help text ends with does what it says, as it is written, in a folder that has what it names."""

import os
import re
import select
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.rest import GraceDb

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.server import Server
from gracetape.examples import EXAMPLES
from gracetape.ids import number_of
from tests import commands
from tests.archive import test_import as meg

T_0 = 1338848303.0  # on 2022-06-09
LINES = [line for rows in EXAMPLES.values() for line, _what in rows]
#: Programs that examples name, and a page that nobody looks at.
PROGRAMS = {
    "handler.sh": "#!/bin/sh\ncat\n",
    "jq": "#!/bin/sh\ncat\n",
    "python": "#!/bin/sh\necho listening\n",
    "pytest": "#!/bin/sh\necho passed\n",
    "browser": "#!/bin/sh\n",
}
CHECKS = "[listener]\nsource = night.jsonl\nlog_directory = logs\n[checks]\nnodes = superevent\nchildConfig = child.ini\ncheckpoint = c.sqlite\n"
#: What stands in for what is elsewhere (SERVER: a served dummy), or would take long.
INSTEAD = (
    ("https://gracedb.ligo.org/api/", "SERVER"),
    ("kafka://localhost:9092/", "sent.jsonl"),
    ("kafka://localhost/gracedb-test", "night.jsonl"),
    ("kafka://localhost/test", "night.jsonl"),
    ("kafka://host/test", "night.jsonl"),
    ("xmpp://me@lvalert.example/", "night.jsonl"),
    ("/mnt/shared/night", "shared/night"),
    ("https://tapes.example/night", "shared/night"),
    ("s3://group/night", "shared/another"),
    ("s3://group/contents", "contents"),
    ("--speed 10", "--speed 10000"),
    ("SPEED=10", "SPEED=10000"),
    ("-N 100", "-N 1"),
    ("-N 3", "-N 1"),
    ("gstlal cwb", "mly"),
    ("gstlal --to", "mly --to"),
    ("--port 8000", "--port 0"),
    ("--wait 5", "--wait 0 --jitter 0"),
)
#: Those that go on until Ctrl-C: all examples that begin so, but for those that say that they end.
STAYING = ("capture listen", "gracetape dummy serve", "gracetape listen once --from a.jsonl --node superevent --exec ./",
           "gracetape listen confirm", "gracetape listen run checks.ini", "gracetape simulate sample-alerts --to kafka",
           "gracetape view night.tape")  # fmt: skip
ENDING = re.compile(r" --(html|until-end) ?")
#: Brokers of other makers, which tests/brokers start.
ELSEWHERE = ("gracetape broker start",)


def life(archive: Archive) -> None:
    """G1234 and S220609hl, with the files that examples name."""
    with archive.transaction() as tx:
        for _ in range(number_of("hl") - 1):
            tx.next_number("superevents like S220609a")
    with dummy.GraceDb(archive, first_id=1234) as client:
        event = client.create_event("CBC", "gstlal", "coinc.xml", search="AllSky", filecontents=sample("cbc-lm.xml")[1])
        graceid = event.json()["graceid"]
        client.write_log(graceid, "source classification", filename="p_astro.json", filecontents=b"{}")
        made = client.create_superevent(T_0 - 1, T_0, T_0 + 1, graceid, category="production").json()["superevent_id"]
        client.write_log(made, "a note", filename="note.txt", filecontents=b"seen")
        for number in range(20):
            client.write_log(made, f"note {number}")
        assert (graceid, made) == ("G1234", "S220609hl")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Archive.create(tmp_path_factory.mktemp("server") / "server.tape") as archive:
        life(archive)
        with Server(dummy.make_app(archive)) as served:
            yield served.url


@pytest.fixture(scope="module")
def prepared(server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What examples name: night.tape with two captures of all, messages, caches, a schedule, a listener's files, programs."""
    folder = tmp_path_factory.mktemp("prepared")
    taken = f"capture S220609hl G1234 -a night.tape --service-url {server} --quiet"
    for line in (
        taken,
        taken,
        "replay S220609hl --max --quiet --to night.jsonl",
        "gracetape archive add-alerts S220609hl night.jsonl",
        "gracetape archive pack night.tape tests/night.tape",
        "gracetape simulate mly --save night.schedule",
    ):
        (folder / "tests").mkdir(exist_ok=True)
        if (folder / "night.tape").exists() and line is taken:  # so that there is something new
            GraceDb(service_url=server, force_noauth=True).write_log("G1234", "one more")
        done = commands.run(line.split(), cwd=folder, capture_output=True)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    commands.run("gracetape archive push shared/night night.tape".split(), cwd=folder, check=True, capture_output=True)
    shutil.copy(folder / "night.jsonl", folder / "a.jsonl")
    meg.cache(folder, "S220609hl", "G9")
    (folder / "cache.tgz").write_bytes(meg.packed(folder / "S220609hl"))
    (folder / "checks.ini").write_text(CHECKS)
    (folder / "child.ini").write_text("[general]\nprocess_type = test\nlog_directory = logs\n")
    (folder / "bin").mkdir()
    for name, text in PROGRAMS.items():
        program = folder / ("" if name.endswith(".sh") else "bin") / name
        program.write_text(text)
        program.chmod(0o755)
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of that, with the programs first on the path."""
    return Path(shutil.copytree(prepared, tmp_path / "work"))


def lay_out(line: str, folder: Path) -> None:
    """What one example alone needs or must not find: one tape, unless it is about a packed one."""
    if "unpack night.packed.tape" in line:
        shutil.copy(folder / "tests/night.tape", folder / "night.packed.tape")
    if line.endswith("unpack tests/night.tape night.tape"):
        shutil.rmtree(folder / "night.tape")
    elif line.endswith("pack night.tape tests/night.tape"):
        (folder / "tests/night.tape").unlink()
    if "listen status" in line:
        ran = "gracetape listen run checks.ini --from night.jsonl --until-end"
        assert commands.run(ran.split(), cwd=folder, capture_output=True).returncode == 0


def stands_in(line: str, server: str) -> str:
    for what, other in INSTEAD:
        line = line.replace(what, other.replace("SERVER", server))
    return line


#: A whole life, which takes two seconds.
LIVES = re.compile(r"gracetape simulate .*--(max|every)")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=[pytest.mark.slow] * bool(LIVES.match(line)))
        for line in LINES
        if not line.startswith(ELSEWHERE)
    ],
)
def test_it_runs_as_written(line: str, folder: Path, server: str) -> None:
    lay_out(line, folder)
    stays = line.startswith(STAYING) and not ENDING.search(line)
    first, _, rest = stands_in(line, server).partition(" > ")
    words = shlex.split(first.partition(" | ")[0])
    env = os.environ | {"GRACETAPE_SERVICE": server, "BROWSER": str(folder / "bin/browser")}
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    while "=" in words[0]:  # what is set for this command alone
        name, _, env[name] = words.pop(0).partition("=")
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with commands.Popen(words, env=env, cwd=folder, **streams) as run:
        try:
            if stays:
                assert select.select([run.stdout, run.stderr], [], [], 300)[0], "it says nothing"
                run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=300)
        finally:
            run.kill()
    # One that has come to its own end meanwhile leaves it to Ctrl-C to end it at once.
    ends = (0, 130, -signal.SIGINT) if stays else (0, 1) if "listen status" in line else (0,)
    if stays and "not captured: " in err:  # it was stopped before it came to that
        ends = (1,)
    assert run.returncode in ends, f"{out}{err}"
    assert "Traceback" not in err
    assert out or err or rest or any(word in line for word in ("--quiet", "--to", "cat"))
