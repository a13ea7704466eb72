"""A child that stands still for a while (a busy machine) takes what came meanwhile in the order in which it came, tasks and messages."""

import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from gracetape.brokers import Heard
from gracetape.listen import child as child_process, read_configuration
from gracetape.listen.accepted import Accepted, Message
from gracetape.listen.child import Brief, ChildLoop
from gracetape.listen.logs import open_log
from tests.listen.listeners import NODE, configure

PLUGIN = """
from gracetape.listen import PlugIn, Task

def hear(alert, queue, context):
    context.add(alert.graceid, [Task("act", 10)])

plugin = PlugIn(hear=hear, tasks={"act": lambda task, context: None})
"""


def test_a_message_that_came_before_a_task_was_due_is_heard_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "still_plugin.py").write_text(PLUGIN)
    config = configure(tmp_path, {"c": {"general": {"process_type": "still_plugin"}}})
    (child,) = read_configuration(config).children
    accepted, now, ours_theirs = Accepted(tmp_path / "accepted.sqlite"), [1000.0], socket.socketpair()

    def come(second: float) -> None:
        heard = Heard(NODE, '{"uid": "G1", "alert_type": "new"}', datetime.fromtimestamp(second, UTC))
        accepted.add([f"{second:016.0f}"], [heard])

    come(1000.0)
    brief = Brief(child, accepted.path, tmp_path / "c.sqlite", False, False, "localhost", None)
    loop = ChildLoop(brief, ours_theirs[1], open_log(child.log_file, 10))
    monkeypatch.setattr(child_process, "time", SimpleNamespace(time=lambda: now[0], monotonic=time.monotonic))
    assert loop._step()
    ordinary = loop.reader.after

    def stands_still(number: int) -> Iterable[Message]:
        """It has looked, and for two minutes comes to nothing else; after five seconds there is another message."""
        monkeypatch.setattr(loop.reader, "after", ordinary)
        found = ordinary(number)
        come(now[0] + 5)
        now[0] += 120
        return found

    monkeypatch.setattr(loop.reader, "after", stands_still)
    done = []
    for _ in range(4):
        loop._step()
        done.append((loop.worker.alerts, loop.worker.tasks))
    assert done == [(1, 0), (2, 0), (2, 1), (2, 2)]
    loop._close()
    accepted.close()
    for end in ours_theirs:
        end.close()
