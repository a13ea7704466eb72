"""Targets get every message; URLs that name none are refused before anything is sent."""

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gracetape.archive import Alert
from gracetape.replay import BadRequest, MaxClock, Message, Player, ReplayError, open_target, register
from gracetape.replay.message import Body
from gracetape.replay.targets import program, registry
from gracetape.replay.targets.program import ProgramTarget
from gracetape.replay.targets.stream import Existing, FileTarget
from tests.waiting import eventually

MakeAlerts = Callable[..., list[Alert]]


@pytest.fixture
def message(make_alerts: MakeAlerts) -> Message:
    player = Player(make_alerts(0), MaxClock())
    return player.messages(player.alerts[0])[0]


def test_a_line_of_a_file_is_the_pinned_record(tmp_path: Path, make_alerts: MakeAlerts) -> None:
    path = tmp_path / "alerts.jsonl"
    target = open_target(f"file:{path}")
    Player(make_alerts(0, 1.5, nodes=("a", "a_b")), MaxClock()).play([target])
    lines = [json.loads(line) for line in path.read_text().splitlines()]  # before it is closed: each line is flushed
    target.close()
    assert [list(line) for line in lines] == [
        ["time", "offset", "node", "graceid", "n", "certainty", "payload"] for _ in range(4)
    ]
    assert [(line["node"], line["offset"], line["n"]) for line in lines] == [
        ("a", 0, 1), ("a_b", 0, 1), ("a", 1.5, 2), ("a_b", 1.5, 2)
    ]  # fmt: skip
    assert list(lines[0]["payload"]) == ["uid", "alert_type", "data", "object"]


def test_a_bare_path_is_a_file_and_an_empty_one_is_written(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text("")
    target = open_target(str(path))
    assert isinstance(target, FileTarget)
    target.send(message)
    target.close()
    assert path.read_text() == message.json() + "\n"


def test_standard_output_gets_a_line_per_message(message: Message, capsys: pytest.CaptureFixture[str]) -> None:
    target = open_target("-")
    target.send(message)
    target.close()
    assert capsys.readouterr().out == message.json() + "\n"


def test_a_program_gets_the_payload_alone_and_the_node(tmp_path: Path, message: Message) -> None:
    script = tmp_path / "listen er.py"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\nprint(os.environ['GRACETAPE_NODE'], sys.stdin.read(), file=open(sys.argv[1], 'w'))\n"
    )
    script.chmod(0o755)
    target = open_target(f"exec:'{script}' '{tmp_path / 'out put'}'")
    target.send(message)
    assert target.close() is None
    node, payload = (tmp_path / "out put").read_text().split(" ", 1)
    assert node == "cbc_gstlal"
    assert json.loads(payload) == message.payload


def test_failing_programs_are_counted_and_told_of_at_the_end(message: Message) -> None:
    target = ProgramTarget("false")
    target.send(message)
    target.send(message)
    assert target.close() == "false failed on 2 of 2 messages (last: exit status 1)"


def test_a_program_that_does_not_read_its_input_does_no_harm(message: Message) -> None:
    big = replace(message, body=Body({"data": "x" * 1_000_000}))
    target = ProgramTarget("true")
    target.send(big)
    assert target.close() is None


def test_a_killed_program_is_told_of_by_its_signal(message: Message) -> None:
    target = ProgramTarget("sh -c 'kill -9 $$'")
    target.send(message)
    assert target.close() == "sh failed on 1 of 1 messages (last: signal 9)"


def test_a_program_that_does_not_end_is_ended_when_it_is_closed(
    tmp_path: Path, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a dummy that is told to stop while it runs one for an alert."""
    monkeypatch.setattr(program, "_ENDS_S", 0.05)
    begun = tmp_path / "begun"
    target = ProgramTarget(f"sh -c 'touch {begun}; exec sleep 600'")
    running = threading.Thread(target=target.send, args=[message], daemon=True)
    running.start()
    eventually(begun.exists)
    assert target.close() == "sh did not end, and was ended"
    running.join(60)
    assert not running.is_alive()
    with pytest.raises(ReplayError, match="not run any more"):
        target.send(message)


def test_a_file_that_is_no_program_is_an_error_when_it_is_run(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\x00\x01nothing to run")
    path.chmod(0o755)
    with pytest.raises(ReplayError, match="cannot run"):
        ProgramTarget(str(path)).send(message)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(message: Message) -> None:
    target = FileTarget("/dev/full")
    with pytest.raises(ReplayError, match="No space left on device"):
        target.send(message)
    target.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://somewhere", "there is no target of the kind ftp:"),
        ("exec:", "needs a command"),
        ("exec:   ", "needs a command"),
        ("exec:no-such-program --help", "there is no program 'no-such-program' to run"),
        ("exec:'unclosed", "no closing quotation"),
        ("exec:a\0b", "there is no program"),
        ("file:", "needs a path"),
        ("", "needs a path"),
        ("/no/such/folder/x.jsonl", "No such file or directory"),
        ("/", "Is a directory"),
        ("file:a\0b", "null byte"),
        ("file:" + "x" * 300, "File name too long"),
    ],
)
def test_what_is_no_target_is_refused_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(BadRequest) as caught:
        open_target(url)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


class Told:
    def __init__(self, rest: str) -> None:
        self.rest = rest

    def send(self, message: Message) -> None:
        raise ReplayError(f"{message.node} cannot go to {self.rest}")

    def close(self) -> None:
        return None


def test_further_targets_are_registered_by_their_scheme(monkeypatch: pytest.MonkeyPatch, message: Message) -> None:
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    register("told", Told)
    with pytest.raises(ReplayError, match="//localhost/topic"):
        open_target("TOLD://localhost/topic").send(message)
    with pytest.raises(BadRequest, match="told:"):
        open_target("other:x")


def test_other_packages_bring_targets_as_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("elsewhere", "gracetape.replay.targets.stream:FileTarget", registry.ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda **_: [entry])
    assert registry.schemes()[-1] == "elsewhere"
    with pytest.raises(BadRequest, match="needs a path"):
        open_target("elsewhere:")


@pytest.mark.parametrize("how", ["{}", "file:{}"])
def test_a_file_of_something_else_is_never_written_over(how: str, tmp_path: Path) -> None:
    script = tmp_path / "handler.sh"
    script.write_text("#!/bin/sh\ncat\n")
    for existing in Existing:
        with pytest.raises(BadRequest, match=r"is no file of messages: .* write exec:.*handler\.sh"):
            open_target(how.format(script), existing=existing)
    assert script.read_text() == "#!/bin/sh\ncat\n"


def test_messages_are_replaced_or_added_to_when_that_is_said(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "alerts.jsonl"
    counts = []
    for existing in (Existing.refuse, Existing.append, Existing.replace):
        target = open_target(str(path), existing=existing)
        target.send(message)
        target.close()
        counts.append(len(path.read_text().splitlines()))
    assert counts == [1, 2, 1]
    with pytest.raises(BadRequest, match="--force replaces them, --append adds to them"):
        open_target(str(path))
