"""The private Kafka broker that there is: Apache Kafka where one is installed, else Tansu, which the extra `broker` brings."""

from gracetape.brokers.private import PrivateBroker
from gracetape.errors import BrokerError
from gracetape.installing import hint


def private_kafka(
    group: str = "gracedb-test", topics: tuple[str, ...] = (), *, port: int | None = None
) -> PrivateBroker:
    """A Kafka broker with some topics of a group, not yet started; BrokerError, with what to install, if there is none."""
    scripts = None
    try:
        from gracetape.brokers import apache_kafka

        scripts = apache_kafka.installed()
        if scripts is not None:
            return apache_kafka.private_apache_kafka(scripts, group, topics, port=port)
        from gracetape.brokers import tansu

        return tansu.private_kafka(group, topics, port=port)
    except ModuleNotFoundError as error:
        raise BrokerError(
            f"a Kafka broker needs the package {error.name}: {hint('broker' if scripts is None else 'igwn-alert')}"
            f"{'' if error.name == 'confluent_kafka' else ', or an Apache Kafka (KAFKA_HOME, or kafka-server-start on PATH)'}"
        ) from None
