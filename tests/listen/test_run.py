"""The listener as a whole: what comes in is traced by its id to its last task, and nothing that goes wrong stops it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from gracetape.brokers.private import free_port
from tests import commands
from tests.listen.listeners import LISTEN, append, children_of, configure, logs, running, status, stop
from tests.waiting import eventually

QUICK = """
from gracetape.listen import PlugIn, Task

def hear(alert, queue, context):
    if alert.payload.get("hear") == "fails":
        raise RuntimeError("hear fails")
    if alert.payload.get("hear") == "exits":
        raise SystemExit("hear exits")
    if alert.payload.get("hear") == "dies":
        import os
        os._exit(7)
    task = Task(alert.payload.get("task", "fine"), alert.payload.get("timeout", 0), {"n": alert.payload.get("n")})
    context.add(alert.graceid, [task])

def fine(task, context):
    context.log.info("did %s", task.args["n"])

def fails(task, context):
    raise RuntimeError("the task fails")

def slow(task, context):
    import time
    time.sleep(30)

plugin = PlugIn(hear=hear, tasks={"fine": fine, "fails": fails, "slow": slow})
"""


class Post:
    """A real mail server, and what it was given."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.mails.append(envelope.content.decode())
        return "250 OK"


@pytest.fixture
def post() -> Any:
    handler = Post()
    handler.port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, ready_timeout=120)
    controller.start()
    yield handler
    controller.stop()


def quick(folder: Path, listener: dict[str, Any] | None = None, **child: Any) -> tuple[Path, Path]:
    """A configuration with one child, `quick`, and the file that it follows."""
    (folder / "quick_plugin.py").write_text(QUICK)
    heard = folder / "alerts.jsonl"
    heard.touch()
    general = {"process_type": "quick_plugin", **child.pop("general", {})}
    return configure(folder, {"quick": {"general": general, **child}}, {"source": heard, **(listener or {})}), heard


def test_whatever_a_plugin_or_a_message_does_the_child_goes_on_and_mails(tmp_path: Path, post: Any) -> None:
    config, heard = quick(tmp_path, {"smtp": f"127.0.0.1:{post.port}"}, recipients="watch@localhost other@localhost")
    with running(config) as process:
        append(heard, {"uid": "G1", "hear": "fails"})
        append(heard, {"uid": "G1", "hear": "exits"})
        append(heard, {"uid": "G1", "task": "fails"})
        append(heard, {"uid": "G1", "task": "there is none"})
        heard.open("a").write("this is no JSON\n")
        append(heard, {"uid": "G1", "n": "last\n2000-01-01T00:00:00.000Z forged \x1b[31m"})
        eventually(lambda: "did last" in logs(tmp_path))
        eventually(lambda: len(post.mails) == 5)
        code, _, err = stop(process)
    assert (code, err) == (0, "")
    text = logs(tmp_path)
    for what in ("hear fails", "hear exits", "the task fails", "no task 'there is none'", "is no JSON"):
        assert what in text
    assert "Traceback" in text
    assert not re.search(r"^2000", text, re.MULTILINE)
    assert "\x1b" not in text
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (-|[0-9a-f]{16}) [A-Z]+ ", line) for line in text.splitlines()
    )
    assert all("watch@localhost, other@localhost" in mail and "hostname" in mail for mail in post.mails)


def test_an_alert_is_traced_by_its_id(tmp_path: Path) -> None:
    config, heard = quick(tmp_path)
    with running(config) as process:
        append(heard, {"uid": "G7", "n": 7, "timeout": 0.3})
        eventually(lambda: "did 7" in logs(tmp_path))
        stop(process)
    (arrived,) = re.findall(r"Z ([0-9a-f]{16}) INFO arrived", logs(tmp_path))
    # First the parent's log, then the child's: the child may be about it before the parent has told that it is there.
    traced = [line.split(" ", 3)[3] for line in logs(tmp_path).splitlines() if f" {arrived} " in line]
    assert [line.split()[0] for line in traced] == ["arrived", "received", "did", "done"]


def test_a_queue_that_is_too_long_is_told_of_and_so_is_its_recovery(tmp_path: Path, post: Any) -> None:
    options = {"recipients": "watch@localhost", "warnThr": 3, "warnDelay": 0.2, "maxWarn": 2}
    config, heard = quick(tmp_path, {"smtp": f"127.0.0.1:{post.port}", "commands": "true"}, **options)
    with running(config) as process:
        eventually(lambda: "started" in logs(tmp_path))
        for n in range(5):
            append(heard, {"uid": "G1", "n": n, "timeout": 3600})
        eventually(lambda: len(post.mails) == 2)
        append(heard, {"uid": "command", "alert_type": "clearQueue", "object": {}})
        eventually(lambda: len(post.mails) == 3)
        stop(process)
    subjects = [re.search("Subject: (.*)", mail)[1] for mail in post.mails]  # type: ignore[index]
    assert [subject.split(":")[0] for subject in subjects] == ["WARNING", "FINAL WARNING", "RECOVERY"]
    assert "Warnings are sent again" in post.mails[2]


def test_a_mail_server_that_is_away_stops_nothing(tmp_path: Path) -> None:
    config, heard = quick(tmp_path, {"smtp": "127.0.0.1:1"}, recipients="watch@localhost")
    with running(config) as process:
        append(heard, {"uid": "G1", "hear": "fails"})
        append(heard, {"uid": "G1", "n": "after"})
        eventually(lambda: "could not be sent by 127.0.0.1:1" in logs(tmp_path) and "did after" in logs(tmp_path))
        assert stop(process)[0] == 0


def test_sigterm_drains_what_was_accepted_and_keeps_what_waits(tmp_path: Path) -> None:
    config, heard = quick(tmp_path, checkpoint=tmp_path / "quick.sqlite")
    with running(config) as process:
        eventually(lambda: "started" in logs(tmp_path))
        for n in range(300):
            append(heard, {"uid": "G1", "n": n, "timeout": 0 if n else 3600})
        eventually(lambda: "arrived" in logs(tmp_path))
        code, _, err = stop(process)
        assert (code, err) == (0, "")
    text = logs(tmp_path)
    assert text.count(" did ") == text.count(" arrived ") - 1
    assert "1 items wait" in text
    with running(config) as process:
        eventually(lambda: (told := status(config))["running"] and told["children"][0]["queue"] == 1)
        stop(process)


def test_a_task_that_does_not_end_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    config, heard = quick(tmp_path, {"stopLimit": 0.5})
    with running(config) as process:
        append(heard, {"uid": "G1", "task": "slow"})
        eventually(lambda: "received" in logs(tmp_path))
        code, _, err = stop(process)
    assert code == 1
    assert "quick did not stop within 0.5 s: it is killed" in err


def test_a_child_that_dies_again_and_again_is_given_up_on_loudly(tmp_path: Path) -> None:
    config, heard = quick(tmp_path, {"restarts": 2})
    append(heard, {"uid": "G1", "hear": "dies"})
    with running(config) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1, out
    assert "the child quick has died with exit code 7, 3 times in a row: it is given up" in err
    assert "every child is given up: stopping" in err
    assert status(config)["children"][0]["state"] == "given up"


def test_two_listeners_do_not_share_what_they_accept(tmp_path: Path) -> None:
    config, _ = quick(tmp_path, checkpoint=tmp_path / "quick.sqlite")
    with running(config):
        eventually(lambda: "listening" in logs(tmp_path))
        second = commands.run([*LISTEN, "run", str(config)], capture_output=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "runs already" in second.stderr
    assert "Traceback" not in second.stderr


def test_status_and_prometheus_tell_how_it_does(tmp_path: Path) -> None:
    port = free_port()
    config, heard = quick(tmp_path)
    with running(config, "--prometheus", str(port)) as process:
        append(heard, {"uid": "G1", "n": 1})
        append(heard, {"uid": "G1", "n": 2, "timeout": 3600})
        eventually((tmp_path / "logs" / "listener.status.json").exists)
        eventually(lambda: (child := status(config)["children"][0])["alerts"] == 2 and child["tasks"] == 1)
        record = status(config)
        assert record["running"]
        assert (record["accepted"], record["children"][0]["tasks"], record["children"][0]["queue"]) == (2, 1, 1)
        eventually(lambda: 'queue_length{child="quick"} 1.0' in metrics(port))
        for strange in ({"Host": "elsewhere.example"}, {"Origin": "http://elsewhere.example"}):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                metrics(port, strange)
        table = commands.run([*LISTEN, "status", str(config)], capture_output=True, timeout=60, check=False)
        assert table.returncode == 0
        assert re.search(r"quick +quick_plugin +lvalertMP-TestNode +runs +2 +1 +0 +1", table.stdout)
        stop(process)
    assert commands.run([*LISTEN, "status", str(config)], capture_output=True, timeout=60, check=False).returncode == 1


def metrics(port: int, headers: Mapping[str, str] = MappingProxyType({})) -> str:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=dict(headers))
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return str(answer.read().decode())


def test_a_full_disk_is_told_of_and_loses_nothing_accepted(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root: " + mounted.stderr.decode().strip())
    try:
        config, heard = quick(tmp_path, {"accepted": disk / "accepted.sqlite"}, checkpoint=tmp_path / "quick.sqlite")
        with running(config) as process:
            append(heard, {"uid": "G1", "n": "first"})
            eventually(lambda: "did first" in logs(tmp_path))
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            for n in range(200):
                append(heard, {"uid": "G1", "n": n, "ballast": "x" * 3000})
            eventually(lambda: status(config)["refusing"])
            ballast.unlink()
            for n in range(200):
                append(heard, {"uid": "G2", "n": 1000 + n})
            eventually(lambda: "did 1199" in logs(tmp_path))
            code, _, err = stop(process)
        assert code == 0
        assert "nothing is accepted until that is possible" in err
        assert "messages are accepted again" in err
        done = re.findall(r" did (\d+)", logs(tmp_path))
        assert sorted(map(int, done)) == [*range(200), *range(1000, 1200)]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_file_that_somebody_else_holds_is_not_waited_for_at_the_end(tmp_path: Path) -> None:
    kept = tmp_path / "accepted.sqlite"
    config, heard = quick(tmp_path, {"accepted": kept}, checkpoint=tmp_path / "quick.sqlite")
    with running(config) as process:
        append(heard, {"uid": "G1", "n": "first"})
        eventually(lambda: "did first" in logs(tmp_path))
        with closing(sqlite3.connect(kept, timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            append(heard, {"uid": "G1", "n": "second"})
            eventually(lambda: status(config)["refusing"])
            code, _, err = stop(process)
    assert (code, err.splitlines()[1:]) == (
        0,
        ["gracetape: 1 message was heard and could not be accepted: the next run hears it"],
    )


def test_a_replay_is_heard_without_any_broker(tmp_path: Path) -> None:
    tape = Path(__file__).parents[1] / "fixtures" / "short.tape"
    wanted = commands.run(
        [*LISTEN[:-1], "replay", str(tape), "--max", "--quiet"], capture_output=True, timeout=60, check=True
    ).stdout.splitlines()
    nodes = sorted({json.loads(line)["node"] for line in wanted})
    config, _ = quick(tmp_path, nodes=" ".join(nodes))
    command = [*LISTEN, "run", str(config), "--from", f"replay:{tape}?speed=max", "--until-end"]
    done = commands.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert logs(tmp_path).count(" received ") == len(wanted)


def test_a_listener_that_loses_a_child_starts_it_again_where_it_was(tmp_path: Path) -> None:
    config, heard = quick(tmp_path)
    with running(config) as process:
        append(heard, {"uid": "G1", "n": "before"})
        eventually(lambda: "did before" in logs(tmp_path))
        append(heard, {"uid": "G1", "n": "later", "timeout": 5})
        eventually(lambda: logs(tmp_path).count(" received ") == 2)
        (child,) = children_of(process.pid)
        os.kill(child, signal.SIGKILL)
        eventually(lambda: "has died by signal 9" in logs(tmp_path))
        eventually(lambda: "did later" in logs(tmp_path))
        assert logs(tmp_path).count("did before") == 1
        stop(process)


def test_a_checkpoint_whose_file_of_accepted_messages_was_removed_goes_on_with_what_comes(tmp_path: Path) -> None:
    config, heard = quick(tmp_path, checkpoint=tmp_path / "quick.sqlite")
    for turn in ("first", "second"):
        with running(config) as process:
            append(heard, {"uid": "G1", "n": turn})
            eventually(lambda turn=turn: f"did {turn}" in logs(tmp_path))
            assert stop(process)[0] == 0
        for path in tmp_path.glob("main.accepted.sqlite*"):
            path.unlink()
        heard.write_text("")


def test_a_checkpoint_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "quick.sqlite").write_bytes(b"no database at all" * 100)
    config, _ = quick(tmp_path, checkpoint=tmp_path / "quick.sqlite")
    done = commands.run([*LISTEN, "run", str(config)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("gracetape: the checkpoint ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "quick.sqlite").read_bytes().startswith(b"no database")
