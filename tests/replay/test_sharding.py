"""One time line played by several: each object whole on one of them, all of it on all of them, begun at one moment."""

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Archive, Recorded, add_recorded
from gracetape.brokers.fixtures import kafka_broker
from gracetape.brokers.private import PrivateBroker
from gracetape.errors import BadRequest
from gracetape.replay.player import Player
from gracetape.replay.sharding import Shard, Share
from tests.archive.stored import SERVICE

__all__ = ["kafka_broker"]

SUPEREVENTS = 6
Sent = tuple[float, str, str, Any]


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Superevents of two events each, whose logs go on side by side."""
    path = tmp_path_factory.mktemp("tapes") / "many.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        for number in range(SUPEREVENTS):
            name = f"S26010{number + 1}a"
            members = [f"G{100 + number}", f"G{200 + number}"]
            records: dict[str, dict[str, Any]] = {
                name: {"superevent_id": name, "gw_events": members, "preferred_event": members[0], "t_0": 1.0}
            }
            records |= {
                event: {"graceid": event, "gpstime": 1.0, "group": "CBC", "pipeline": "gstlal", "search": "AllSky"}
                for event in members
            }
            for graceid, record in records.items():
                capture = tx.begin(graceid, SERVICE, "capture")
                tx.put(capture, "object", "", record | {"created": "2026-01-01 00:00:00 UTC", "labels": []})
                for n in range(1, 6):
                    created = f"2026-01-01 00:00:{n * 3 + number:02d} UTC"
                    log = {
                        "N": n,
                        "comment": f"note {n}",
                        "created": created,
                        "issuer": "albert.einstein",
                        "filename": "",
                        "tag_names": [],
                    }
                    tx.put(capture, "log", n, log)
                tx.finish(capture)
    return path


def player(source: Any, shard: str | None = None, **options: Any) -> Player:
    made = replay.play(source, clock=replay.VirtualClock(), **options)
    if shard is not None:
        made.share = Share(Shard.read(shard), made.queue, options.get("copies", 1))
    return made


def sent(made: Player) -> list[Sent]:
    return [(made.last_dt, node, alert.graceid, alert.payload("modern")) for alert in made for node in alert.nodes]


def by_object(messages: list[Sent]) -> dict[str, list[Sent]]:
    found: dict[str, list[Sent]] = defaultdict(list)
    for message in messages:
        found[message[2]].append(message)
    return found


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("options", [{}, {"copies": 3, "names": ["T{n}"], "every_s": 2.0}, {"laps": 2}])
def test_all_shards_are_the_whole_and_each_object_is_on_one(tape: Path, count: int, options: dict[str, Any]) -> None:
    whole = by_object(sent(player(tape, **options)))
    shards = [by_object(sent(player(tape, f"{k}/{count}", **options))) for k in range(1, count + 1)]
    found: dict[str, list[Sent]] = {}
    for shard in shards:
        assert not found.keys() & shard.keys(), "each object is on one of them"
        found |= shard
    assert found == whole, "order, offsets and contents of each object are as played by one"
    assert count == 1 or sum(map(bool, shards)) > 1


def test_a_superevent_and_its_events_are_on_one(tape: Path) -> None:
    for k in range(1, 4):
        objects = by_object(sent(player(tape, f"{k}/3"))).keys()
        for number in range(SUPEREVENTS):
            family = {f"S26010{number + 1}a", f"G{100 + number}", f"G{200 + number}"}
            assert family <= objects or not family & objects


def test_a_file_of_messages_is_shared_out_alike(tape: Path, tmp_path: Path) -> None:
    subprocess.run(_command(tape, "--max", "--quiet", "--to", "messages.jsonl"), cwd=tmp_path, check=True)
    for k in range(1, 4):
        of_tape = by_object(sent(player(tape, f"{k}/3"))).keys()
        assert by_object(sent(player(str(tmp_path / "messages.jsonl"), f"{k}/3"))).keys() == of_tape


def test_which_shard_an_object_is_on_never_changes() -> None:
    """Players of different versions may play together."""
    shards = {name: next(k for k in range(1, 9) if Shard(k, 8).has(name)) for name in ("S220609hl", "G298048", "T1")}
    assert shards == {"S220609hl": 4, "G298048": 2, "T1": 5}


def test_a_shard_that_has_nothing_ends_also_if_it_is_played_for_ever(tape: Path) -> None:
    empty = next(k for k in range(1, 100) if not sent(player(tape, f"{k}/99")))
    assert sent(player(tape, f"{empty}/99", laps=None)) == []


def test_a_shard_can_be_moved(tape: Path) -> None:
    made = player(tape, "1/2")
    everything = sent(made)
    made = player(tape, "1/2")
    made.seek(everything[len(everything) // 2][0])
    rest = sent(made)
    assert rest == [message for message in everything if message[0] >= rest[0][0]]
    assert [alert.graceid for _, alert in player(tape, "1/2").whole()] == [
        alert.graceid for alert in player(tape, "1/2")
    ]


def test_a_shard_goes_back_to_its_own_messages_whoever_looked_at_what_comes_meanwhile(tape: Path) -> None:
    made, seen = player(tape, "1/3"), list[Any]()
    for alert in made:
        seen.append(alert)
        assert made.next_in_s is not None or len(seen) > 1
        made.seek(by=-1)
        assert next(made) == seen[-1]
    assert len(seen) > 2
    made.seek(by=-len(seen))
    made.seek(by=2)
    assert list(made) == seen[2:]
    made.seek(0)
    made.seek(alert_type=seen[-1].alert_type)
    assert next(made) in seen


def test_an_object_of_several_tapes_is_whole_on_one(tape: Path, tmp_path: Path) -> None:
    events = Path(shutil.copytree(tape, tmp_path / "events.tape"))
    with Archive.open(events, read_only=False) as archive, archive.transaction() as tx:
        for capture in archive.captures():
            if capture.category == "superevent":
                tx.drop(capture)
    tapes = [replay.Tape(tape), replay.Tape(events)]
    shards = [by_object(sent(player(tapes, f"{k}/3"))) for k in (1, 2, 3)]
    assert sum(map(len, shards)) == len(by_object(sent(player(tapes)))) == 3 * SUPEREVENTS


def test_events_that_were_only_heard_of_are_where_their_superevent_is(tmp_path: Path) -> None:
    came, heard = datetime(2026, 1, 1, tzinfo=UTC), dict[str, list[Recorded]]()
    for number in range(SUPEREVENTS):
        name, event = f"S26010{number + 1}a", f"E{100 + number}"
        about = {name: {"superevent_id": name, "gw_events": [], "em_events": [event]}, event: {"graceid": event}}
        for uid, record in about.items():
            payload = {"uid": uid, "alert_type": "new", "data": record, "object": record}
            heard[uid] = [Recorded(came, "x.superevent" if uid == name else "x.external_fermi", payload)]
    with Archive.create(tmp_path / "heard.tape") as archive, archive.transaction() as tx:
        add_recorded(tx, heard)
    shards = [by_object(sent(player(tmp_path / "heard.tape", f"{k}/3"))).keys() for k in (1, 2, 3)]
    assert sorted(name for shard in shards for name in shard) == sorted(heard)
    assert all((f"S26010{n + 1}a" in shard) == (f"E{100 + n}" in shard) for n in range(SUPEREVENTS) for shard in shards)


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "a/b", "1/0", "-1/8", "1/8/2"])
def test_shards_that_are_none(text: str) -> None:
    with pytest.raises(BadRequest, match="write 3/8"):
        Shard.read(text)


class _Clock(replay.VirtualClock):
    """Remembers what real time it was asked to let pass, and does not."""

    waited = 0.0

    def wait_real(self, seconds: float) -> bool:
        self.waited = seconds
        raise KeyboardInterrupt


def test_all_begin_at_one_moment(tape: Path) -> None:
    clock = _Clock()
    with pytest.raises(KeyboardInterrupt):
        replay.play(tape, clock=clock).begin_at(datetime.now(UTC) + timedelta(hours=1))
    assert 3000 < clock.waited <= 3600


def test_who_begins_late_sends_what_is_due_at_once(tape: Path) -> None:
    whole = sent(player(tape))
    made = replay.play(tape, speed=1.0)
    made.begin_at(datetime.now(UTC) - timedelta(hours=1))
    assert made.elapsed_s >= 3600
    assert [message[1:] for message in sent(made)] == [message[1:] for message in whole], (
        "an hour late, it takes no time"
    )


def _command(tape: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "gracetape", "replay", str(tape), *words]


def test_three_processes_fill_one_kafka(tape: Path, kafka_broker: PrivateBroker, tmp_path: Path) -> None:
    from gracetape.brokers import open_source

    nodes = sorted({node for alert in player(tape).alerts for node in alert.nodes})
    url = f"{kafka_broker.url}?prefix=shards-"
    begin = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    with open_source(f"{url}&start=earliest", nodes) as source:
        players = [
            subprocess.Popen(
                _command(tape, "--max", "--quiet", "--shard", f"{k}/3", "--at", begin, "--to", f"{url}&partitions=4")
            )
            for k in (1, 2, 3)
        ]
        assert [process.wait() for process in players] == [0, 0, 0]
        whole = [(node, graceid, payload) for _, node, graceid, payload in sent(player(tape))]
        heard: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for _ in whole:
            message = source.poll(60)
            assert message is not None
            payload = json.loads(message.payload)
            heard[message.node, payload["uid"]].append(payload)
    expected: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for node, graceid, payload in whole:
        expected[node, graceid].append(payload)
    assert heard == expected, "of each object on each topic, all and in order"
