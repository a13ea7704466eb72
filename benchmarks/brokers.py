"""Replays to brokers, and recordings from them, against the bare client libraries in the same run; private brokers on loopback."""

import asyncio
import gc
import json
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import confluent_kafka
import slixmpp

from benchmarks.figure import Figure
from gracetape import replay
from gracetape.archive import Alert, Archive
from gracetape.brokers import open_publisher, open_source
from gracetape.brokers.ejabberd import PASSWORD, private_xmpp
from gracetape.brokers.private import PrivateBroker
from gracetape.brokers.tansu import private_kafka
from gracetape.brokers.xmpp_publisher import IN_FLIGHT
from gracetape.capture.listen import Recorder
from gracetape.capture.listen_cli import GARBAGE
from gracetape.capture.sinks import ArchiveSink, FileSink, Sink

_NODE = "cbc_gstlal"
_ROUNDS = 5


def _alerts(count: int, spacing_s: float = 0.0) -> list[Alert]:
    """Alerts whose messages are about 2 kB long."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    record = {"graceid": "G1", "group": "CBC", "labels": ["INJ"], "far": 1e-9, "extra": {"text": "x" * 1750}}
    return [
        Alert(
            start + timedelta(seconds=i * spacing_s), f"G{i}", f"G{i}", "log", {"N": i, "comment": "a remark"}, record,
            i, (_NODE,), "", "event",
        )
        for i in range(count)
    ]  # fmt: skip


@contextmanager
def _login(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    with broker:
        before = dict(os.environ)
        os.environ.update(broker.environment)
        try:
            yield broker
        finally:
            os.environ.clear()
            os.environ.update(before)


def _by_turns(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """Median seconds of each, measured by turns, so that what else the machine does meets all alike."""
    took: list[list[float]] = [[] for _ in measures]
    for turn in range(rounds * len(measures)):
        which = (turn + turn // len(measures)) % len(measures)  # each comes first, and last, in as many rounds
        took[which].append(measures[which]())
    return [statistics.median(some) for some in took]


def _replayed(url: str, alerts: list[Alert]) -> float:
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
                producer.produce(f"gracedb-test.{_NODE}", value, on_delivery=count)
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
            publisher.publish(_NODE, json.dumps(alert.payload()))
        publisher.flush()
        return time.perf_counter() - begin


def kafka_replay_against_bare_producer(count: int = 5000) -> list[Figure]:
    """A replay as fast as possible into Kafka, and its target alone, against a bare producer of the same messages."""
    alerts = _alerts(count)
    with private_kafka(topics=(_NODE,)) as broker:
        bare, target, ours = _by_turns(
            31,
            lambda: _bare_kafka(broker, alerts),
            lambda: _published(broker.url, alerts),
            lambda: _replayed(broker.url, alerts),
        )
    return [
        _rate("the Kafka target alone", count, target, bare, "bare confluent-kafka", ">= 0.80"),
        _rate("replay --max into Kafka", count, ours, bare, "bare confluent-kafka", ">= 0.80"),
    ]


def _rate(name: str, count: int, ours: float, bare: float, what: str, claim: str) -> Figure:
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
                await client.plugin["xep_0060"].publish("pubsub.localhost", _NODE, payload=payload)  # type: ignore[attr-defined]

        begin = time.perf_counter()
        await asyncio.gather(*(publish(text) for text in texts))
        took = time.perf_counter() - begin
        await client.disconnect()
        return took

    return asyncio.run(run())


def xmpp_replay_against_bare_client(count: int = 2000) -> list[Figure]:
    """A replay as fast as possible into LVAlert, against bare slixmpp with as many in flight."""
    alerts = _alerts(count)
    texts = [json.dumps(alert.payload()) for alert in alerts]
    with _login(private_xmpp()) as broker:
        with open_publisher(broker.url) as first:
            first.publish(_NODE, "{}")
        bare, ours = _by_turns(_ROUNDS, lambda: _bare_xmpp(broker, texts), lambda: _replayed(broker.url, alerts))
    return [_rate("replay --max into LVAlert", count, ours, bare, "bare slixmpp", ">= 0.90")]


def _record(url: str, to_archive: bool, count: int, listening: Event, all_kept: Event) -> None:
    """A recorder in a process of its own, as it is in life; tells when it listens, and when it has kept so many messages."""
    with tempfile.TemporaryDirectory() as folder, Archive.create(Path(folder) / "live.tape") as archive:
        sink: Sink = ArchiveSink(archive, url) if to_archive else FileSink(Path(folder) / "live.jsonl")
        recorder = Recorder(
            url, [_NODE], sink, lambda _: all_kept.set() if recorder.tally.kept == count else None, listening.set
        )
        gc.freeze()  # as the command does
        gc.set_threshold(GARBAGE)
        recorder.run(count)
        assert recorder.tally.kept == count


def _bare_record(port: int, count: int, listening: Event, all_kept: Event) -> None:
    """A bare consumer that writes each record's value as a line, and knows nothing of JSON."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": f"localhost:{port}", "group.id": f"bare-{time.time_ns()}", "fetch.wait.max.ms": 20}
    )
    partition = confluent_kafka.TopicPartition(f"gracedb-test.{_NODE}", 0)
    _, partition.offset = consumer.get_watermark_offsets(partition, timeout=10)
    consumer.assign([partition])
    listening.set()
    with tempfile.TemporaryFile() as file:
        heard = 0
        while heard < count:
            values = [record.value() for record in consumer.consume(256, 0.01) if record.error() is None]
            file.writelines(value + b"\n" for value in values)
            file.flush()
            heard += len(values)
    all_kept.set()
    consumer.close()


def _recorded(url: str, alerts: list[Alert], recorder: Callable[..., None], *how: object) -> tuple[float, float]:
    """Seconds from the first message sent, as fast as possible, until all are acknowledged, and until all are kept."""
    context = multiprocessing.get_context("spawn")
    listening, all_kept = context.Event(), context.Event()
    process = context.Process(target=recorder, args=(*how, len(alerts), listening, all_kept))
    process.start()
    assert listening.wait(60)
    begin = time.perf_counter()
    sent = _replayed(url, alerts)
    assert all_kept.wait(120)
    kept = time.perf_counter() - begin
    process.join(20)
    assert process.exitcode == 0
    return sent, kept


def recording_keeps_up(kafka: int = 20_000, xmpp: int = 10_000) -> list[Figure]:
    """Recording what is replayed as fast as possible: until the last message is kept, against until it is acknowledged."""
    figures = []
    for name, broker, count in (
        ("Kafka", private_kafka(topics=(_NODE,)), kafka),
        ("LVAlert", private_xmpp(), xmpp),
    ):
        alerts = _alerts(count)
        with _login(broker):
            times = defaultdict[str, list[tuple[float, float]]](list)
            for _ in range(_ROUNDS):
                for kind, to_archive in (("into a file", False), ("into an archive", True)):
                    times[kind].append(_recorded(broker.url, alerts, _record, broker.url, to_archive))
                if name == "Kafka":
                    times["with a bare consumer"].append(_recorded(broker.url, alerts, _bare_record, broker.port))
            for kind, some in times.items():
                sent, kept = sorted(some, key=lambda pair: pair[1] / pair[0])[len(some) // 2]
                figures.append(_rate(f"recording {name} {kind}", count, kept, sent, "sent meanwhile", "told"))
            if bare := times.get("with a bare consumer"):
                for kind in ("into a file", "into an archive"):  # 0.9 and 0.8 are wanted
                    lasts = [statistics.median(kept for _, kept in some) for some in (times[kind], bare)]
                    figures.append(_rate(f"recording {name} {kind}, all kept", count, *lasts, "bare consumer", "told"))
    return figures


def latency_from_deadline_to_arrival(count: int = 300, spacing_s: float = 0.02) -> list[Figure]:
    """How long after its deadline a message of a replay is heard, at speed 1."""
    figures = []
    for name, broker in (("Kafka", private_kafka(topics=(_NODE,))), ("LVAlert", private_xmpp())):
        with _login(broker), open_source(broker.url, [_NODE]) as source:
            target = replay.open_target(broker.url)
            player = replay.Player(_alerts(count, spacing_s), replay.ScaledClock(1.0))
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
