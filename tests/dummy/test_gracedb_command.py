"""The `gracedb` command of ligo-gracedb against the served dummy: every sub-command once, in the order of an event's life."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.cli.client import CommandLineInterface
from ligo.gracedb.cli.commands.base import command_registry

from demo.lives import SAMPLES
from gracetape.archive import Archive
from gracetape.dummy.app import make_app
from gracetape.dummy.server import serve

#: What is done, in order: (command, status that it answers). {…} are what earlier commands made.
LIFE = (
    ("ping", None),
    ("credentials server", 200),
    ("create event Test gstlal {coinc} LowMass --labels=INJ --replay-id=run_1", 201),
    ("create event Test gstlal {coinc} LowMass", 201),
    ("create event Test Fermi {fermi} GRB", 201),
    ("get event {event}", 200),
    ("update event {event} {coinc2}", 202),
    ("update grbevent {grb} --redshift=1.5", 200),
    ("create superevent 971609247 971609248 971609249 {event} --category=T --labels=ADVREQ,H1OPS", 201),
    ("get superevent {superevent}", 200),
    ("update superevent {superevent} --t-end=971609250", 200),
    ("add event {superevent} {other}", 201),
    ("remove event {superevent} {other}", 204),
    ("create log {superevent} 'a comment' {text} --tag-name=sky_loc", 201),
    ("get log {superevent} 2", 200),
    ("list logs {superevent}", 200),
    ("get file {superevent} test_file.txt", None),
    ("list files {superevent}", 200),
    ("add tag {superevent} 2 em_follow", 201),
    ("list tags {superevent} 2", 200),
    ("remove tag {superevent} 2 em_follow", 204),
    ("add label {superevent} DQV", 201),
    ("get label {superevent} DQV", 200),
    ("list labels {superevent}", 200),
    ("remove label {superevent} DQV", 204),
    ("create signoff {superevent} ADV OK 'looks good'", 201),
    ("get signoff {superevent} ADV", 200),
    ("list signoffs {superevent}", 200),
    ("update signoff {superevent} ADV --status=NO", 200),
    ("delete signoff {superevent} ADV", 204),
    ("create emobservation {superevent} Test 1,2 1,1 3,4 1,1 2026-03-01T12:00:00,2026-03-01T12:00:01 1,1", 201),
    ("get emobservation {superevent} 1", 200),
    ("list emobservations {superevent}", 200),
    ("create voevent {superevent} PR", 201),
    ("get voevent {superevent} 1", 200),
    ("list voevents {superevent}", 200),
    ("create notice {superevent} {notice}", 201),
    ("get notice {superevent} 1", 200),
    ("list notices {superevent}", 200),
    ("expose {superevent}", 200),
    ("hide {superevent}", 200),
    ("search events Test --columns=graceid,far", None),
    ("search superevents {superevent} --columns=superevent_id,t_0", None),
    ("confirm_as_gw {superevent}", 200),
    *((f"info {what}", None) for what in ("groups", "pipelines", "searches", "labels", "emgroups", "server_version")),
)
#: Which command's answer gives which of the names.
MADE = {2: ("event", "graceid"), 3: ("other", "graceid"), 4: ("grb", "graceid"), 8: ("superevent", "superevent_id")}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with Archive.create(tmp_path / "command.tape") as archive, serve(make_app(archive)) as server:
        yield server.url


def notice_of(superevent: str) -> str:
    return json.dumps(
        {
            "alert_type": "RETRACTION", "time_created": "2026-03-01T12:00:00Z", "superevent_id": superevent,
            "urls": {}, "event": None, "external_coinc": None,
        }
    )  # fmt: skip


def test_every_sub_command_is_answered(url: str, tmp_path: Path) -> None:
    names: dict[str, Any] = {
        "coinc": SAMPLES / "cbc-lm.xml", "coinc2": SAMPLES / "cbc-lm2.xml", "fermi": SAMPLES / "fermi-test.xml",
        "text": SAMPLES / "test_file.txt", "notice": tmp_path / "notice.json",
    }  # fmt: skip
    for i, (command, status) in enumerate(LIFE):
        answer = CommandLineInterface()([*shlex.split(command.format_map(names)), f"--service-url={url}"])
        if status is None:
            assert answer, command
        else:
            assert answer.status_code == status, (command, answer.text)
        if i in MADE:
            name, field = MADE[i]
            names[name] = answer.json()[field]
        if names.get("superevent") and not names["notice"].exists():
            names["notice"].write_text(notice_of(names["superevent"]))


def test_no_sub_command_is_left_out() -> None:
    done = {tuple(shlex.split(command)[:2]) for command, _ in LIFE}
    for command in command_registry:
        if getattr(command, "legacy", False):
            continue
        for child in getattr(command, "_registry", None) or [None]:
            path = (command.name, child.name) if child else (command.name,)
            assert any(words[: len(path)] == path for words in done), path


def test_the_installed_command_prints_what_the_dummy_answers(url: str) -> None:
    gracedb = Path(sys.executable).with_name("gracedb")
    command = [str(gracedb), "-s", url, "create", "event", "Test", "gstlal", str(SAMPLES / "cbc-lm.xml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["graceid"] == "T1"
    command = [str(gracedb), "-s", url, "get", "event", "T9"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "404" in refused.stdout + refused.stderr
