"""Two listeners on two machines (here: two processes, each with a configuration and folders of its own) share a consumer group."""

import itertools
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gracetape.brokers import open_publisher
from tests.brokers.kafka_cluster import kafka_cluster
from tests.listen.listeners import NODE, children_of, configure, has_ended, logs, start, stop
from tests.waiting import eventually

OBJECTS = [f"G{n}" for n in range(8)]
PARTITIONS = 6
PLUGIN = """
from gracetape.listen import PlugIn, Task

def hear(alert, queue, context):
    context.add(alert.graceid, [Task("note", 0, {"n": alert.payload["n"]})])

def note(task, context):
    context.log.info("did %s %s", task.args["n"], "of an object")

plugin = PlugIn(hear=hear, tasks={"note": note})
"""


@pytest.fixture(params=["several brokers", "one broker"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "one broker":
        broker = request.getfixturevalue("kafka_broker")
        yield f"{broker.url}?prefix=shared-{os.getpid()}-&partitions={PARTITIONS}"
        return
    with kafka_cluster() as cluster:
        cluster.topics({NODE: PARTITIONS})
        yield cluster.url


def machine(folder: Path, source: str) -> Path:
    """The configuration of a listener in a folder of its own."""
    folder.mkdir()
    (folder / "noting.py").write_text(PLUGIN)
    child = {"general": {"process_type": "noting"}, "checkpoint": folder / "noter.sqlite"}
    return configure(folder, {"noter": child}, {"source": source})


def done(folder: Path) -> list[str]:
    """What was done there, in order: of which object, and the how manieth of it."""
    return re.findall(r" did (\S+) of an object", logs(folder))


def in_order(lines: list[str]) -> bool:
    """Whether what is of one object was done in its order; what came twice counts where it came first."""
    of_object: dict[str, list[int]] = defaultdict(list)
    for graceid, _, n in (line.partition("-") for line in dict.fromkeys(lines)):
        of_object[graceid].append(int(n))
    return all(numbers == sorted(numbers) for numbers in of_object.values())


def sender(url: str, folders: list[Path]) -> Callable[[int], list[set[str]]]:
    """Sends so many messages about each object, waits until all is done, and tells which objects were done in which folder."""
    numbers, sent = itertools.count(), set[str]()

    def send(count: int) -> list[set[str]]:
        new = {f"{graceid}-{n}" for n in itertools.islice(numbers, count) for graceid in OBJECTS}
        with open_publisher(url) as publisher:
            for one in sorted(new, key=lambda one: int(one.partition("-")[2])):
                graceid = one.partition("-")[0]
                publisher.publish_of(graceid, NODE, json.dumps({"uid": graceid, "n": one}))
        sent.update(new)
        eventually(lambda: sent <= {one for folder in folders for one in done(folder)})
        return [{one.partition("-")[0] for one in new.intersection(done(folder))} for folder in folders]

    return send


def test_two_listeners_share_a_group_and_who_is_killed_is_followed(url: str, tmp_path: Path) -> None:
    source = f"{url}{'&' if '?' in url else '?'}consumer=follow-up&share=yes&start=earliest"
    folders = [tmp_path / "one", tmp_path / "two"]
    listeners = [start(machine(folder, source)) for folder in folders]
    send = sender(url, folders)
    try:
        while not all(send(1)):
            time.sleep(0.5)  # until both are in the group
        for _ in range(20):  # until nobody was silent for so long (a busy machine) that it is shared out anew meanwhile
            shares = send(2)
            if all(shares) and not shares[0] & shares[1]:
                break
        else:
            pytest.fail("each object is with one of them")
        children = children_of(listeners[0].pid)
        listeners[0].kill()
        listeners[0].communicate()
        eventually(lambda: all(map(has_ended, children)))
        assert send(2)[1] == set(OBJECTS), "the other one has them all"
        assert in_order(done(folders[1]))
        assert "Traceback" not in logs(folders[0])
        assert stop(listeners[1])[0] == 0
    finally:
        for listener in listeners:
            if listener.poll() is None:
                listener.kill()
                listener.communicate()
