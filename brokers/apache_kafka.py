"""A private igwn-alert: Apache Kafka, where one is installed, as one process on loopback (KRaft: broker and controller in one).

It is found by KAFKA_HOME, or by `kafka-server-start` on PATH, and run as its own quick start says: its storage is formatted with a
cluster id made for it, in a folder of its own that goes with it.
"""

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import NamedTuple

from gracetape.brokers.private import PrivateBroker, answers, check_plain, free_port, new_folder
from gracetape.brokers.urls import parse_url
from gracetape.errors import BrokerError

#: Seconds for the storage to be formatted; a Java machine starts for it.
_FORMATTED_WITHIN_S = 120
_HEAP = "-Xms64M -Xmx512M"

#: Static voters are known to every Kafka that needs no ZooKeeper (3.3 and later, 4.x).
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://localhost:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


class Scripts(NamedTuple):
    """The programs of an installed Kafka."""

    start: Path
    storage: Path


def installed() -> Scripts | None:
    """Those of KAFKA_HOME, else those on PATH, None if there are none; BrokerError if KAFKA_HOME holds no Kafka that can be run."""
    if home := os.environ.get("KAFKA_HOME"):
        found = _in(Path(home) / "bin")
        if found is None:
            raise BrokerError(
                f"KAFKA_HOME={home} holds no Kafka that runs without ZooKeeper: "
                "bin/kafka-server-start.sh and bin/kafka-storage.sh are looked for (Kafka 3.3 or later)"
            )
        return found
    for name in ("kafka-server-start.sh", "kafka-server-start"):
        if start := shutil.which(name):
            return _in(Path(start).parent) or _in(Path(start).resolve().parent)
    return None


def _in(folder: Path) -> Scripts | None:
    for ending in (".sh", ""):
        scripts = Scripts(folder / f"kafka-server-start{ending}", folder / f"kafka-storage{ending}")
        if all(os.access(script, os.X_OK) and script.is_file() for script in scripts):
            return scripts
    return None


def private_apache_kafka(
    scripts: Scripts, group: str = "gracedb-test", topics: tuple[str, ...] = (), *, port: int | None = None
) -> PrivateBroker:
    """An Apache Kafka with some topics of a group, formatted and not yet started. BrokerError if its storage cannot be formatted."""
    from gracetape.brokers.kafka_client import has_topics
    from gracetape.brokers.kafka_wire import topic_of

    check_plain("a group or a topic", [group, *topics])
    port, folder = port or free_port(), new_folder("kafka")
    properties = folder / "server.properties"
    properties.write_text(_PROPERTIES.format(port=port, controller=free_port(), data=folder / "data"))
    settings = {"LOG_DIR": str(folder / "logs"), "KAFKA_HEAP_OPTS": _HEAP, "JMX_PORT": ""}
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
    try:
        _format([str(scripts.storage), "format", "-t", cluster, "-c", str(properties)], folder, settings)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = f"kafka://localhost:{port}/{group}"

    def ready(broker: PrivateBroker) -> bool:
        return answers(port) and has_topics(url, [topic_of(parse_url(url), topic) for topic in topics])

    return PrivateBroker("kafka", url, port, folder, [str(scripts.start), str(properties)], ready, settings=settings)


def _format(command: list[str], folder: Path, settings: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=_FORMATTED_WITHIN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BrokerError(f"{command[0]} did not end within {_FORMATTED_WITHIN_S} s") from None
    except OSError as error:
        raise BrokerError(f"cannot run {command[0]}: {error.strerror}") from None
    if done.returncode:
        said = " / ".join(line.strip() for line in done.stdout.splitlines() if line.strip())[-300:]
        raise BrokerError(f"{command[0]} failed (status {done.returncode}): {said or 'it said nothing'}")
