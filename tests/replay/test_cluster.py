"""A Kafka of several brokers: players fill it together, recorders share it, one of them is killed, and a broker goes and comes back."""

import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape.brokers import open_publisher
from tests import commands
from tests.brokers.kafka_cluster import Cluster, kafka_cluster
from tests.replay.test_sharding import player, tape
from tests.waiting import eventually

__all__ = ["tape"]
ROUNDS = itertools.count(1)
Stories = dict[tuple[str, str], list[Any]]


@pytest.fixture(scope="module")
def nodes(tape: Path) -> list[str]:
    return sorted({node for alert in player(tape).alerts for node in alert.nodes})


@pytest.fixture(scope="module")
def cluster(nodes: list[str]) -> Iterator[Cluster]:
    with kafka_cluster() as cluster:
        cluster.topics(dict.fromkeys(nodes, 6))
        yield cluster


def play(tape: Path, url: str, whole: Path) -> Stories:
    """Let three players fill a broker with the tape under ids that nobody had yet; what one player alone plays."""
    number = next(ROUNDS)
    options = ["--max", "--quiet", "--as", f"T{number}00{{n}}", "--as", f"TS26{number:04d}{{letters}}"]
    begin = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
    shared = [["--shard", f"{k}/3", "--at", begin, "--to", url] for k in (1, 2, 3)]
    players = [commands.Popen(["replay", tape, *options, *words]) for words in [*shared, ["--to", whole]]]
    assert [process.wait() for process in players] == [0] * 4
    return stories([whole])


def stories(files: list[Path]) -> Stories:
    """What files of messages tell of each object on each topic, in order: what came twice, where it came first."""
    found: Stories = defaultdict(list)
    for line in [line for file in files for line in file.read_text().rpartition("\n")[0].splitlines()]:
        message = json.loads(line)
        story = found[message["node"], message["graceid"]]
        if message["payload"] not in story:
            story.append(message["payload"])
    return found


def test_recorders_share_what_players_fill_and_one_is_killed(
    tape: Path, nodes: list[str], cluster: Cluster, tmp_path: Path
) -> None:
    source = f"{cluster.url}?consumer=all&share=yes&start=earliest"
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    recorders = [
        commands.Popen(["capture", "listen", source, "--nodes", ",".join(nodes), "--to", file, "--quiet"])
        for file in files
    ]
    played: Stories = {}

    def round_heard() -> list[set[tuple[str, str]]]:
        """Play once more; the stories that each recorder heard of that, once all is heard."""
        new = play(tape, cluster.url, tmp_path / "whole.jsonl")
        played.update(new)
        eventually(lambda: stories([file for file in files if file.exists()]) == played)
        return [new.keys() & stories([file]).keys() for file in files]

    try:
        while not all(shares := round_heard()):
            pass  # until both are in the group
        assert not shares[0] & shares[1], "each object is with one of them, on all topics"
        recorders[0].kill()
        recorders[0].wait()
        assert round_heard()[1]
    finally:
        for recorder in recorders:
            recorder.kill()
            recorder.wait()
