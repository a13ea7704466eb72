"""A Kafka of several brokers: players fill it together, recorders share it, one of them is killed, and a broker goes and comes back."""

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape.brokers import Gap, open_publisher, open_source
from gracetape.errors import BrokerError
from tests import commands
from tests.brokers.kafka_cluster import Cluster, kafka_cluster
from tests.replay.test_sharding import player, sent, tape
from tests.waiting import eventually

__all__ = ["tape"]
#: Kafka's own number for it.
NOT_AUTHORIZED = 29
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


def play(tape: Path, url: str, meanwhile: Callable[[], object] = lambda: None) -> Stories:
    """Let three players fill a broker with the tape under ids that nobody had yet; what of each object on each topic was played."""
    number = next(ROUNDS)
    names = [f"T{number}00{{n}}", f"TS26{number:04d}{{letters}}"]
    begin = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
    options = ["--max", "--quiet", "--at", begin, "--to", url, *(word for name in names for word in ("--as", name))]
    players = [commands.Popen(["replay", tape, *options, "--shard", f"{k}/3"]) for k in (1, 2, 3)]
    meanwhile()
    assert [process.wait() for process in players] == [0] * 3
    played: Stories = defaultdict(list)
    for _, node, graceid, payload in sent(player(tape, names=names)):
        played[node, graceid].append(payload)
    return played


def stories(*files: Path) -> Stories:
    """What files of messages tell of each object on each topic, in the order of arrival: what came twice, where it came first."""
    found: Stories = defaultdict(list)
    messages = [json.loads(line) for file in files for line in file.read_text().rpartition("\n")[0].splitlines()]
    for message in sorted(messages, key=lambda message: datetime.fromisoformat(message["time"])):
        story = found[message["node"], message["graceid"]]
        if message["payload"] not in story:
            story.append(message["payload"])
    return found


def differing(files: Sequence[Path], played: Stories) -> str:
    """What differs, and which messages of it each file has, by their numbers among those that were played."""
    found, each = stories(*files), [stories(file) for file in files]
    wrong = [key for key in sorted(found.keys() & played.keys()) if found[key] != played[key]]
    numbers = [
        [[played[key].index(one) for one in story.get(key, ()) if one in played[key]] for story in each]
        for key in wrong
    ]
    lacking = sorted(played.keys() - found.keys())
    return f"{list(zip(wrong, numbers, strict=True))} differ, {lacking} did not come, {sorted(found.keys() - played.keys())} were not played"


def test_recorders_share_what_players_fill_and_one_is_killed(
    tape: Path, nodes: list[str], cluster: Cluster, tmp_path: Path
) -> None:
    source = f"{cluster.url}?consumer=all&share=yes&start=earliest"
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for file in files:
        file.touch()
    words = ["capture", "listen", source, "--nodes", ",".join(nodes), "--quiet", "--to"]
    recorders = [commands.Popen([*words, file]) for file in files]

    def begin_anew(number: int) -> None:
        """The mock cluster forgets a member that joins while it stands still itself, and leaves it without an answer for minutes."""
        recorders[number].kill()
        recorders[number].wait()
        recorders[number] = commands.Popen([*words, files[number]])

    played: Stories = {}

    def heard(meanwhile: Callable[[], object] = lambda: None) -> list[set[str]]:
        """Play once more; once all is heard, the objects of that round that each recorder heard of."""
        new = play(tape, cluster.url, meanwhile)
        played.update(new)
        eventually(lambda: stories(*files) == played, otherwise=lambda: differing(files, played))
        return [{graceid for _, graceid in new.keys() & stories(file).keys()} for file in files]

    try:
        # Until both are in the group, and nobody was silent for so long that it is shared out anew meanwhile.
        for turn in range(1, 21):
            shares = heard()
            if all(shares) and not shares[0] & shares[1]:
                break
            for number in [n for n, share in enumerate(shares) if not share and turn % 5 == 0]:
                begin_anew(number)
            time.sleep(1)
        else:
            pytest.fail("each object is with one of them, on all topics")
        heard(recorders[0].kill)
    finally:
        for recorder in recorders:
            recorder.kill()
            recorder.wait()


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
@pytest.mark.parametrize("moved", [False, True], ids=["it comes back", "another one leads"])
def test_one_of_the_brokers_goes_and_the_others_are_heard_on(cluster: Cluster, moved: bool, shared: bool) -> None:
    node = f"away-{moved}-{shared}".lower()
    cluster.topics({node: 3})
    group = f"&consumer={node}" + ("&share=yes" if shared else "")
    gaps: list[Gap] = []
    objects = [f"G{n}" for n in range(9)]
    with (
        open_publisher(cluster.url) as publisher,
        open_source(f"{cluster.url}?start=earliest{group}", [node], on_gap=gaps.append) as source,
    ):
        heard: dict[str, list[str]] = {name: [] for name in objects}
        led_by: dict[str, int] = {}

        def send(n: int) -> None:
            for name in objects:
                publisher.publish_of(name, node, f"{name}-{n}")

        def hear(count: int, names: Collection[str]) -> None:
            while any(len(heard[name]) < count for name in names):
                message = source.poll(120)
                assert message is not None
                assert message.place is not None
                message.ack()
                name = message.payload.partition("-")[0]
                heard[name].append(message.payload)
                led_by[name] = int(message.place.log.rpartition("/")[2]) + 1

        send(0)
        hear(1, objects)
        assert set(led_by.values()) == {1, 2, 3}, "each broker leads some"
        cluster.down(2)
        send(1)
        hear(2, [name for name in objects if led_by[name] != 2])
        cluster.lead(node, 1, 3) if moved else cluster.up(2)
        send(2)
        hear(3, objects)
        cluster.up(2)
    assert publisher.counts.failed == 0
    assert heard == {name: [f"{name}-{n}" for n in range(3)] for name in objects}
    assert not gaps


def test_what_a_cluster_refuses_is_a_sentence(cluster: Cluster) -> None:
    cluster.topics({"refused": 3})
    url = f"{cluster.url}?patience=5"
    with pytest.raises(BrokerError, match="no broker answers that could make the topic"):
        open_source(url, ["unknown"])  # this cluster makes none; a real one, where that is not allowed, says so
    cluster.fail("refused", NOT_AUTHORIZED)
    with pytest.raises(
        BrokerError, match="does not let us read the topic gracedb-test.refused: .*authorization failed"
    ):
        open_source(cluster.url, ["refused"])
    cluster.fail("refused", 0)
    cluster.down(2)
    with pytest.raises(BrokerError, match="cannot read partition 1 of gracedb-test.refused: no broker answers for it"):
        open_source(cluster.url, ["refused"])
    cluster.up(2)
    cluster.coordinate("elsewhere", 2)
    with open_source(f"{url}&consumer=elsewhere&share=yes", ["refused"]) as source:
        cluster.down(2)
        with pytest.raises(BrokerError, match="gave up after 5 s"):
            source.poll(120)
        cluster.up(2)
