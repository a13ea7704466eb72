"""Replays to brokers against the bare client libraries in the same run; private brokers on loopback."""

import asyncio
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import confluent_kafka
import slixmpp

from benchmarks.figure import Figure
from gracetape import replay
from gracetape.archive import Alert
from gracetape.brokers import open_publisher, open_source
from gracetape.brokers.ejabberd import PASSWORD, private_xmpp
from gracetape.brokers.private import PrivateBroker
from gracetape.brokers.tansu import private_kafka
from gracetape.brokers.xmpp_publisher import IN_FLIGHT

NODE = "cbc_gstlal"
ROUNDS = 5


def alerts_of_2_kb(count: int, spacing_s: float = 0.0) -> list[Alert]:
    """Alerts of one node whose messages are about 2 kB long."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    record = {"graceid": "G1", "group": "CBC", "labels": ["INJ"], "far": 1e-9, "extra": {"text": "x" * 1750}}
    return [
        Alert(
            start + timedelta(seconds=i * spacing_s), f"G{i}", f"G{i}", "log", {"N": i, "comment": "a remark"}, record,
            i, (NODE,), "", "event",
        )
        for i in range(count)
    ]  # fmt: skip


@contextmanager
def login(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    with broker:
        before = dict(os.environ)
        os.environ.update(broker.environment)
        try:
            yield broker
        finally:
            os.environ.clear()
            os.environ.update(before)


def by_turns(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """Median seconds of each, measured by turns, so that what else the machine does meets all alike."""
    took: list[list[float]] = [[] for _ in measures]
    for turn in range(rounds * len(measures)):
        which = (turn + turn // len(measures)) % len(measures)  # each comes first, and last, in as many rounds
        took[which].append(measures[which]())
    return [statistics.median(some) for some in took]


def replayed(url: str, alerts: list[Alert]) -> float:
    target = replay.open_target(url)
    begin = time.perf_counter()
    replay.Player(alerts, replay.MaxClock()).play([target])
    assert target.close() is None
    return time.perf_counter() - begin


def _bare_kafka(broker: PrivateBroker, alerts: list[Alert]) -> float:
    """The same messages: their JSON is made, and packed into JSON once more, as igwn-alert has it."""
    producer = confluent_kafka.Producer({"bootstrap.servers": f"localhost:{broker.port}"})
    producer.list_topics(timeout=10)
    acknowledged = 0

    def count(error: object, message: object) -> None:
        nonlocal acknowledged
        acknowledged += error is None

    begin = time.perf_counter()
    for alert in alerts:
        while True:
            try:
                value = json.dumps(json.dumps(alert.payload()))
                producer.produce(f"gracedb-test.{NODE}", value, on_delivery=count)
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
    producer.flush()
    assert acknowledged == len(alerts)
    return time.perf_counter() - begin


def _published(url: str, alerts: list[Alert]) -> float:
    """Without the player: the target alone."""
    with open_publisher(url) as publisher:
        begin = time.perf_counter()
        for alert in alerts:
            publisher.publish(NODE, json.dumps(alert.payload()))
        publisher.flush()
        return time.perf_counter() - begin


def kafka_replay_against_bare_producer(count: int = 5000) -> list[Figure]:
    """A replay as fast as possible into Kafka, and its target alone, against a bare producer of the same messages."""
    alerts = alerts_of_2_kb(count)
    with private_kafka(topics=(NODE,)) as broker:
        bare, target, ours = by_turns(
            31,
            lambda: _bare_kafka(broker, alerts),
            lambda: _published(broker.url, alerts),
            lambda: replayed(broker.url, alerts),
        )
    return [
        rate("the Kafka target alone", count, target, bare, "bare confluent-kafka", ">= 0.80"),
        rate("replay --max into Kafka", count, ours, bare, "bare confluent-kafka", ">= 0.80"),
    ]


def rate(name: str, count: int, ours: float, bare: float, what: str, claim: str) -> Figure:
    return Figure(name, f"{count / ours:,.0f}/s", f"{count / bare:,.0f}/s, {what}", bare / ours, claim)


def _bare_xmpp(broker: PrivateBroker, texts: list[str]) -> float:
    """The same texts through slixmpp's own publish-subscribe plugin, as many in flight."""

    async def run() -> float:
        client = slixmpp.ClientXMPP("alice@localhost/bare", PASSWORD)
        client.enable_direct_tls = client.enable_starttls = False
        client.enable_plaintext = True
        client.plugin["feature_mechanisms"].unencrypted_plain = True
        client.register_plugin("xep_0060")
        started = asyncio.Event()
        client.add_event_handler("session_start", lambda _: started.set())
        client.connect("localhost", broker.port)
        await asyncio.wait_for(started.wait(), 20)
        window = asyncio.Semaphore(IN_FLIGHT)

        async def publish(text: str) -> None:
            async with window:
                payload = slixmpp.ET.Element("{http://jabber.org/protocol/pubsub}pubsub")
                payload.text = text
                await client.plugin["xep_0060"].publish("pubsub.localhost", NODE, payload=payload)  # type: ignore[attr-defined]

        begin = time.perf_counter()
        await asyncio.gather(*(publish(text) for text in texts))
        took = time.perf_counter() - begin
        await client.disconnect()
        return took

    return asyncio.run(run())


def xmpp_replay_against_bare_client(count: int = 2000) -> list[Figure]:
    """A replay as fast as possible into LVAlert, against bare slixmpp with as many in flight."""
    alerts = alerts_of_2_kb(count)
    texts = [json.dumps(alert.payload()) for alert in alerts]
    with login(private_xmpp()) as broker:
        with open_publisher(broker.url) as first:
            first.publish(NODE, "{}")
        bare, ours = by_turns(ROUNDS, lambda: _bare_xmpp(broker, texts), lambda: replayed(broker.url, alerts))
    return [rate("replay --max into LVAlert", count, ours, bare, "bare slixmpp", ">= 0.90")]


def latency_from_deadline_to_arrival(count: int = 300, spacing_s: float = 0.02) -> list[Figure]:
    """How long after its deadline a message of a replay is heard, at speed 1."""
    figures = []
    for name, broker in (("Kafka", private_kafka(topics=(NODE,))), ("LVAlert", private_xmpp())):
        with login(broker), open_source(broker.url, [NODE]) as source:
            target = replay.open_target(broker.url)
            player = replay.Player(alerts_of_2_kb(count, spacing_s), replay.ScaledClock(1.0))
            begun = datetime.now(UTC)
            thread = threading.Thread(target=player.play, args=([target],))
            thread.start()
            heard = [source.poll(20) for _ in range(count)]
            thread.join()
            target.close()
        late = sorted(
            (one.arrived - begun).total_seconds() - i * spacing_s for i, one in enumerate(heard) if one is not None
        )
        for label, place in (("p50", 0.5), ("p99", 0.99)):
            value = late[int(len(late) * place)]
            figures.append(Figure(f"{name}: deadline to arrival, {label}", f"{value * 1e3:.1f} ms", "", 0.0, "told"))
    return figures
