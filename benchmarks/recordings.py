"""Recordings: from brokers against a bare consumer that writes lines, and with captures of what they tell of against without."""

import gc
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, NamedTuple

import confluent_kafka

from benchmarks.brokers import NODE, ROUNDS, alerts_of_2_kb, login, rate, replayed
from benchmarks.captures import served
from benchmarks.figure import Figure
from benchmarks.runs import multiplied, simulated
from gracetape.archive import Alert, Archive
from gracetape.brokers.ejabberd import private_xmpp
from gracetape.brokers.tansu import private_kafka
from gracetape.capture.archive_sink import ArchiveSink
from gracetape.capture.file_sink import FileSink
from gracetape.capture.follow import Follower
from gracetape.capture.listen import Recorder
from gracetape.capture.listen_cli import GARBAGE, with_group
from gracetape.capture.sinks import Sink
from gracetape.signals import Flag


class _Signs(NamedTuple):
    """What a recorder's process tells: that it listens, that it has kept all, and how much CPU it took meanwhile (s)."""

    listening: Event
    all_kept: Event
    cpu_s: "Synchronized[float]"

    def begin(self) -> None:
        self.cpu_s.value = -time.process_time()
        self.listening.set()

    def end(self) -> None:
        self.cpu_s.value += time.process_time()
        self.all_kept.set()


def _record(url: str, to_archive: bool, count: int, signs: _Signs) -> None:
    """A recorder in a process of its own, as it is in life."""
    with tempfile.TemporaryDirectory() as folder, Archive.create(Path(folder) / "live.tape") as archive:
        sink: Sink = ArchiveSink(archive, url) if to_archive else FileSink(Path(folder) / "live.jsonl")
        recorder = Recorder(with_group(url, Path(folder) / "live.tape"), [NODE], sink, on_listening=signs.begin)
        gc.freeze()  # as the command does
        gc.set_threshold(GARBAGE)
        recorder.run(count)
        signs.end()
        assert recorder.tally.kept == count


def _record_bare(port: int, count: int, signs: _Signs) -> None:
    """A bare consumer that writes each record's value as a line, and knows nothing of JSON."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": f"localhost:{port}", "group.id": f"bare-{time.time_ns()}", "fetch.wait.max.ms": 20}
    )
    partition = confluent_kafka.TopicPartition(f"gracedb-test.{NODE}", 0)
    _, partition.offset = consumer.get_watermark_offsets(partition, timeout=10)
    consumer.assign([partition])
    signs.begin()
    with tempfile.TemporaryFile() as file:
        heard = 0
        while heard < count:
            values = [record.value() for record in consumer.consume(256, 0.01) if record.error() is None]
            file.writelines(value + b"\n" for value in values)
            file.flush()
            heard += len(values)
    signs.end()
    consumer.close()


def _recorded(
    recorder: Callable[..., None], *how: object, count: int, meanwhile: Callable[[], float]
) -> tuple[float, float, float]:
    """Seconds that what is done `meanwhile` says of itself, until all is kept, and of CPU of the recorder's process."""
    context = multiprocessing.get_context("spawn")
    signs = _Signs(context.Event(), context.Event(), context.Value("d", 0.0))
    process = context.Process(target=recorder, args=(*how, count, signs))
    process.start()
    assert signs.listening.wait(60)
    begin = time.perf_counter()
    said = meanwhile()
    assert signs.all_kept.wait(120)
    kept = time.perf_counter() - begin
    process.join(20)
    assert process.exitcode == 0
    return said, kept, signs.cpu_s.value


def recording_keeps_up(kafka: int = 20_000, xmpp: int = 10_000) -> list[Figure]:
    """Recording what is replayed as fast as possible: until the last message is kept, against until it is acknowledged."""
    figures = []
    for name, broker, count in (
        ("Kafka", private_kafka(topics=(NODE,)), kafka),
        ("LVAlert", private_xmpp(), xmpp),
    ):
        alerts = alerts_of_2_kb(count)
        with login(broker):
            times = defaultdict[str, list[tuple[float, float]]](list)

            def send(url: str = broker.url, alerts: list[Alert] = alerts) -> float:
                return replayed(url, alerts)

            for _ in range(ROUNDS):
                for kind, to_archive in (("into a file", False), ("into an archive", True)):
                    took = _recorded(_record, broker.url, to_archive, count=count, meanwhile=send)
                    times[kind].append(took[:2])
                if name == "Kafka":
                    took = _recorded(_record_bare, broker.port, count=count, meanwhile=send)
                    times["with a bare consumer"].append(took[:2])
            for kind, some in times.items():
                sent, kept = sorted(some, key=lambda pair: pair[1] / pair[0])[len(some) // 2]
                figures.append(rate(f"recording {name} {kind}", count, kept, sent, "sent meanwhile", "told"))
            if bare := times.get("with a bare consumer"):
                for kind in ("into a file", "into an archive"):  # 0.9 and 0.8 are wanted
                    lasts = [statistics.median(kept for _, kept in some) for some in (times[kind], bare)]
                    figures.append(rate(f"recording {name} {kind}, all kept", count, *lasts, "bare consumer", "told"))
    return figures


def recording_while_capturing(count: int = 20_000, lives: int = 150) -> list[Figure]:
    """Until the messages of a run are kept in an archive, while each object that they tell of is captured, against without that."""
    took = defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as name:
        run, said = Path(name) / "run.tape", Path(name) / "said.jsonl"
        simulated(run)
        multiplied(run, lives)
        replay = [sys.executable, "-m", "gracetape", "replay", str(run), "--max", "--quiet", "--to", str(said)]
        subprocess.run(replay, check=True)
        nodes = sorted({json.loads(line)["node"] for line in said.open()})
        with served(run) as url:
            for number in range(ROUNDS):
                for kind, service in (("alone", None), ("following", url)):
                    place = Path(name) / f"{kind}{number}.tape"
                    took[kind].append(_kept_beside(f"file:{said}", nodes, place, count, service))
    alone, following = (statistics.median(took[kind]) for kind in ("alone", "following"))
    objects = f"{count:,} messages about {2 * lives} objects, which are captured"
    return [Figure(objects, f"{following:.2f} s", f"{alone:.2f} s, recorded alone", following / alone, "told")]


def _kept_beside(source: str, nodes: list[str], place: Path, count: int, service: str | None) -> float:
    """Seconds until so many messages were kept, captures beside it begun or not; they are ended then."""
    with Archive.create(place) as archive:
        follower = Follower(archive, service, always=True) if service is not None else None
        sink = ArchiveSink(archive, source, *([follower.named] if follower is not None else []))
        begin = time.perf_counter()
        tally = Recorder(source, nodes, sink).run(count)
        took = time.perf_counter() - begin
        assert tally.kept == count
        if follower is not None:
            asked = Flag()
            asked.set()
            follower.close(asked)
    return took


def _poured(port: int, values: list[bytes]) -> float:
    """Seconds in which a bare producer sends what is packed already."""
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": f"localhost:{port}", "queue.buffering.max.messages": len(values), "linger.ms": 50}
    )
    begin = time.perf_counter()
    for value in values:
        producer.produce(f"gracedb-test.{NODE}", value, headers=[("_id", os.urandom(16)), ("_format", b"json")])
    producer.flush()
    return time.perf_counter() - begin


def recorder_alone(count: int = 20_000) -> list[Figure]:
    """What a message of 2 kB costs a recorder that has a log to catch up with (CPU of its process), beside a bare consumer."""
    cpu = defaultdict[str, list[float]](list)
    with private_kafka(topics=(NODE,)) as broker:
        values = [json.dumps(json.dumps(alert.payload())).encode() for alert in alerts_of_2_kb(count)]
        kinds: dict[str, tuple[Any, ...]] = {
            "a bare consumer": (_record_bare, broker.port),
            "a file": (_record, broker.url, False),
            "an archive": (_record, broker.url, True),
        }
        for _ in range(ROUNDS):
            for kind, (recorder, *how) in kinds.items():
                cpu[kind].append(
                    _recorded(recorder, *how, count=count, meanwhile=lambda: _poured(broker.port, values))[2]
                )
    bare, *ours = [statistics.median(some) / count * 1e6 for some in cpu.values()]
    return [
        Figure(f"recording Kafka into {kind}, CPU of a message", f"{us:.1f} us", f"{bare:.1f} us, bare consumer", us / bare, "told")
        for kind, us in zip(list(kinds)[1:], ours, strict=True)
    ]  # fmt: skip
