"""Commands over the wire: only if they are allowed, only with their arguments, only inside the log directory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gracetape.listen import ListenError, commands, read_configuration
from gracetape.listen.accepted import Message
from gracetape.listen.commands import COMMANDS, message
from gracetape.listen.journal import Journal
from gracetape.listen.logs import open_log
from gracetape.listen.plugins import find_plugin
from gracetape.listen.worker import Worker
from tests import commands as processes
from tests.listen.listeners import NODE, configure


class Mails:
    """What would have been mailed."""

    def __init__(self) -> None:
        self.sent: list[tuple[list[str], str, str]] = []

    def send(self, recipients: Any, subject: str, body: str, alert_id: str = "-") -> None:
        self.sent.append((list(recipients), subject, body))


class Child:
    """A worker without a process: hears a payload, does what is due."""

    def __init__(self, folder: Path, obeys: bool = True) -> None:
        self.folder = folder / "logs"
        (child,) = read_configuration(configure(folder, {"c": {"general": {"heartbeat": folder / "beat"}}})).children
        self.mails = Mails()
        log = open_log(child.log_file, 10)
        self.worker = Worker(child, find_plugin("test"), Journal(Path(":memory:")), log, self.mails, obeys=obeys)
        self.number = 0

    def hear(self, text: str, perform: int = 0) -> None:
        self.number += 1
        self.worker.hear(Message(self.number, f"id{self.number}", NODE, 0.0, text))
        for _ in range(perform):
            self.worker.perform()
        self.worker.commit()

    def obey(self, name: str, **arguments: Any) -> None:
        before = self.worker.tasks + self.worker.errors
        self.hear(json.dumps({"uid": "command", "alert_type": name, "object": arguments}))
        first = self.worker.queue.first
        while first is not None and first.name == "command" and self.worker.tasks + self.worker.errors == before:
            self.worker.perform()
        self.worker.commit()

    def event(self, graceid: str) -> None:
        self.hear(json.dumps({"uid": graceid, "log": {"comment": "started"}}))

    @property
    def waiting(self) -> list[str]:
        return [item.graceid for item in self.worker.queue]

    @property
    def log(self) -> str:
        self.worker.log.file.flush()
        return (self.folder / "c.log").read_text()


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child(tmp_path)
    yield made
    made.worker.journal.close()


def test_commands_are_ignored_unless_they_are_allowed(tmp_path: Path) -> None:
    child = Child(tmp_path, obeys=False)
    child.event("G1")
    for name, command in COMMANDS.items():
        child.obey(name, **dict.fromkeys(command.required, "x"))
    assert child.waiting == ["G1"]
    assert child.log.count("commands are off") == len(COMMANDS)
    assert sorted(path.name for path in child.folder.iterdir()) == ["c.log"]
    assert child.mails.sent == []


def test_the_queue_is_cleared_whole_or_for_one_event(child: Child) -> None:
    for graceid in ("G1", "G2", "G1"):
        child.event(graceid)
    child.obey("clearGraceID", graceid="G1")
    assert child.waiting == ["G2"]
    child.obey("clearQueue")
    assert child.waiting == []


def test_a_queue_is_saved_and_loaded(child: Child) -> None:
    for graceid in ("G1", "G2"):
        child.event(graceid)
    before = [item.tasks for item in child.worker.queue]
    child.obey("checkpointQueue", filename="saved.json")
    child.obey("clearQueue")
    child.obey("loadQueue", filename="saved.json")
    assert child.waiting == ["G1", "G2"]
    assert [item.tasks for item in child.worker.queue] == before


def test_a_checkpoint_can_repeat_itself(child: Child) -> None:
    child.event("G1")
    child.hear(message("checkpointQueue", {"filename": "saved.json", "sleep": 0.5}), perform=3)
    assert "G1" in (child.folder / "saved.json").read_text()
    assert sum(item.name == "command" for item in child.worker.queue) == 1


def test_exceptions_and_warnings_are_raised_and_logged(child: Child) -> None:
    child.obey("raiseException")
    child.obey("raiseWarning")
    assert "RuntimeError: the command raiseException was received" in child.log
    assert "RuntimeWarning: the command raiseWarning was received" in child.log
    child.obey("printMessage", message="still here")
    assert "INFO still here" in child.log


def test_the_queue_is_printed(child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    child.event("G1")
    child.obey("printQueue", filename="queue.txt")
    child.obey("printQueue", filename="STDOUT")
    text = (child.folder / "queue.txt").read_text()
    assert text == capsys.readouterr().out
    assert "G1 : QueueItem{printAlert : graceid=G1" in text


def test_a_mail_is_sent(child: Child) -> None:
    child.obey("sendEmail", recipients="a@localhost b@localhost", subject="s", body="b")
    assert child.mails.sent == [(["a@localhost", "b@localhost"], "s", "b")]


def test_commands_pick_children_by_node_and_process_type(child: Child) -> None:
    for picks in ({"node": "another"}, {"process_type": "checks"}, {"node": NODE, "process_type": "checks"}):
        child.obey("printMessage", message="not for us", **picks)
    assert "INFO not for us" not in child.log
    child.obey("printMessage", message="for us", node=NODE, process_type="test")
    assert "INFO for us" in child.log


OUTSIDE = [
    "../x",
    "/etc/passwd",
    "a/../../x",
    "..",
    ".",
    "",
    "x\0y",
    "link",
    "out/x",
    "c.log",
    "x.sqlite",
    "c.log.1",
    "c.sqlite-wal",
    "c.accepted.sqlite.lock",
    "c.ini",
    "c",
    "listener.status.json",
    "n" * 300,
    3,
    None,
    ["x"],
]


@pytest.mark.parametrize("name", OUTSIDE, ids=range(len(OUTSIDE)))
@pytest.mark.parametrize("command", ["checkpointQueue", "printQueue", "loadQueue"])
def test_no_file_name_leads_out_of_the_log_directory(child: Child, tmp_path: Path, command: str, name: object) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (child.folder / "link").symlink_to(outside / "target")
    (child.folder / "out").symlink_to(outside)
    before = child.worker.errors
    child.obey(command, filename=name)
    assert child.worker.errors == before + 1
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "x").exists()
    assert sorted(path.name for path in child.folder.iterdir()) == ["c.log", "link", "out"]


@pytest.mark.parametrize(
    "text", ["", "[]]", "{}", "[3]", '[{"name": "x"}]', '[{"name": "x", "tasks": [{"nam": 1}]}]', "[" * 5000]
)
def test_a_file_that_is_no_checkpoint_is_refused(child: Child, text: str) -> None:
    (child.folder / "bad.json").write_text(text)
    child.obey("loadQueue", filename="bad.json")
    assert "is no checkpoint of a queue" in child.log
    assert child.waiting == []


def test_a_heartbeat_is_answered_with_a_line_and_a_touch(child: Child, tmp_path: Path) -> None:
    child.hear('{"uid": "heartbeat"}')
    assert "INFO heartbeat" in child.log
    assert (tmp_path / "beat").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("explode", {}, "there is no command 'explode'"),
        ("clearGraceID", {}, "needs graceid=…"),
        ("sendEmail", {"subject": "s"}, "needs recipients=…, body=…"),
        ("clearQueue", {"now": "yes"}, "takes no 'now'"),
        ("checkpointQueue", {"filename": "f", "sleep": "often"}, "a number from 0.01 up"),
        ("checkpointQueue", {"filename": "f", "sleep": "nan"}, "a number from 0.01 up"),
    ],
)
def test_what_would_not_be_understood_is_not_sent(name: str, arguments: dict[str, str], says: str) -> None:
    with pytest.raises(ListenError) as refused:
        commands.message(name, arguments)
    assert says in str(refused.value)


@pytest.mark.parametrize("words", [("ping", "start"), ("command", "clearQueue")])
def test_nothing_is_added_to_a_file_of_something_else(words: tuple[str, ...], tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\n")
    for to in (str(script), f"file:{script}"):
        done = processes.run(["gracetape", "listen", *words, "--to", to], capture_output=True)
        assert (done.returncode, script.read_text()) == (2, "#!/bin/sh\n")
        assert "is no file of messages: name another file" in done.stderr
