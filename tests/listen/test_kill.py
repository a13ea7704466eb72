"""kill -9 at any moment, of a child, of the parent or of both: nothing accepted is lost, and what has a key has its effect once."""

import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.listen.listeners import append, children_of, configure, logs, start, stop
from tests.waiting import eventually

KILLS = int(os.environ.get("KILLS", "6"))

PLUGIN = """
import os
from gracetape.listen import PlugIn, QueueItem, Task

def hear(alert, queue, context):
    n = str(alert.payload["n"])
    context.memory("seen")[n] = True
    context.add(alert.graceid, [Task("once", 0, {"n": n}, key=f"once/{n}"), Task("least", 0.05, {"n": n})])

def append(context, name, n):
    path = os.path.join(context.option("where", "folder"), name)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{n}\\n".encode())
    os.close(file)

def once(task, context):
    folder = context.option("where", "folder")
    name = context.key.replace("/", "-")
    try:
        os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    append(context, "once.txt", task.args["n"])

def least(task, context):
    append(context, "least.txt", task.args["n"])

plugin = PlugIn(hear=hear, tasks={"once": once, "least": least})
"""


@pytest.mark.slow
@pytest.mark.timeout(300 + 10 * KILLS)
def test_nothing_is_lost_and_no_idempotent_task_has_its_effect_twice(tmp_path: Path) -> None:
    (tmp_path / "killed_plugin.py").write_text(PLUGIN)
    heard = tmp_path / "alerts.jsonl"
    names = ("left", "right")
    for name in names:
        (tmp_path / name).mkdir()
    config = configure(
        tmp_path,
        {
            name: {
                "checkpoint": tmp_path / f"{name}.sqlite",
                "checkpointEvery": 0.05,
                "general": {"process_type": "killed_plugin"},
            }
            for name in names
        },
        {"source": heard, "restarts": 1000},
    )
    for name in names:
        with (tmp_path / f"{name}.child.ini").open("a") as file:
            file.write(f"[where]\nfolder = {tmp_path / name}\n")
    over, sent = threading.Event(), [0]

    def send() -> None:
        while not over.is_set():
            append(heard, {"uid": f"T{sent[0] % 50}", "n": sent[0]})
            sent[0] += 1
            time.sleep(0.004)

    draw = random.Random(KILLS)
    writer = threading.Thread(target=send)
    writer.start()
    process = start(config)
    try:
        for _ in range(KILLS):
            time.sleep(draw.uniform(0.2, 2.5))
            victims = children_of(process.pid)
            chosen = draw.choice(("child", "parent", "both"))
            for pid in victims if chosen == "both" else victims[:1] if chosen == "child" else []:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if chosen != "child":
                process.kill()
                process.communicate()
                process = start(config)
    finally:
        over.set()
        writer.join()
    try:
        eventually(
            lambda: all(_lines(tmp_path / name / "least.txt") >= set(map(str, range(sent[0]))) for name in names),
            limit=240,
            otherwise=lambda: f"the listener has ended: {process.poll()}; {logs(tmp_path)[-6000:]}",
        )
        code, _, err = stop(process)
    finally:
        process.kill()
    assert code == 0, err
    everything = {str(n) for n in range(sent[0])}
    for name in names:
        assert _lines(tmp_path / name / "least.txt") == everything
        once = Counter((tmp_path / name / "once.txt").read_text().split())
        # Killed between the file and the line, an effect is there without its line; never is there a line too many.
        assert max(once.values()) == 1
        assert {path.name.removeprefix("once-") for path in (tmp_path / name).glob("once-*")} == everything


def _lines(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()
