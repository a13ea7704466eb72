"""A Kafka cluster of several brokers on loopback: the mock cluster of librdkafka, in a process of its own.

It speaks Kafka's protocol: partitions are led by different brokers, consumer groups have a coordinator, a broker goes down and up
again. It makes no topics for those who ask (CreateTopics); what is asked here does. Everything goes with the process.
"""

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import confluent_kafka

_PRODUCER = 0
#: Functions that give no number of an error.
_SILENT = ("topic_set_error",)


class Cluster:
    """A cluster that runs: `addresses` of its brokers, which are numbered from 1, and `url` of the first."""

    def __init__(self, process: "subprocess.Popen[str]", group: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._ask, self._answers = process.stdin, process.stdout
        self._group = group
        self.addresses = self._answers.readline().strip().split(",")
        self.url = f"kafka://{self.addresses[0]}/{group}"

    def topics(self, nodes: dict[str, int]) -> None:
        """Make topics of the group, each of so many partitions, in turn led by one broker and the next."""
        count = len(self.addresses)
        for node, partitions in nodes.items():
            self._do("topic_create", f"{self._group}.{node}", partitions, count)
            for number in range(partitions):
                self.lead(node, number, number % count + 1)

    def lead(self, node: str, partition: int, broker: int) -> None:
        """Let a partition be led by a broker from now on (-1: by none)."""
        self._do("partition_set_leader", f"{self._group}.{node}", partition, broker)

    def coordinate(self, consumers: str, broker: int) -> None:
        """Let a consumer group be coordinated by a broker."""
        self._do("coordinator_set", "group", consumers, broker)

    def down(self, broker: int) -> None:
        """A broker hangs up on everybody, and nobody reaches it any more; what it leads stays with it."""
        self._do("broker_set_down", broker)

    def up(self, broker: int) -> None:
        self._do("broker_set_up", broker)

    def fail(self, node: str, error: int) -> None:
        """Let whoever asks about a topic be told an error, by Kafka's number (0: none any more)."""
        self._do("topic_set_error", f"{self._group}.{node}", error)

    def _do(self, *words: object) -> None:
        print(*words, file=self._ask, flush=True)
        answer = self._answers.readline().strip()
        assert answer == "0", f"{words}: librdkafka's error {answer}"


@contextmanager
def kafka_cluster(brokers: int = 3, group: str = "gracedb-test") -> Iterator[Cluster]:
    """A cluster, which ends with the block."""
    command = [sys.executable, str(Path(__file__)), str(brokers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Cluster(process, group)
        finally:
            process.kill()


# -- there, the process that is the cluster


def _library() -> ctypes.CDLL:
    """The librdkafka that confluent_kafka brings."""
    beside = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    return ctypes.CDLL(str(next(beside.glob("librdkafka-*.so*"))))


def _serve(brokers: int) -> None:
    """Be a cluster of so many brokers, and do what the lines of standard input say, until they end."""
    library = _library()

    def call(name: str, *arguments: Any, result: Any = ctypes.c_void_p) -> Any:
        function = getattr(library, f"rd_kafka_{name}")
        function.restype = result
        return function(*arguments)

    settings, fault = ctypes.c_void_p(call("conf_new")), ctypes.create_string_buffer(512)
    call("conf_set", settings, b"log_level", b"0", fault, 512, result=ctypes.c_int)
    handle = ctypes.c_void_p(call("new", _PRODUCER, settings, fault, 512))
    cluster = ctypes.c_void_p(call("mock_cluster_new", handle, brokers))
    call("mock_group_initial_rebalance_delay_ms", cluster, 100, result=None)
    print(call("mock_cluster_bootstraps", cluster, result=ctypes.c_char_p).decode(), flush=True)
    for line in sys.stdin:
        name, *words = line.split()
        values = [int(word) if word.lstrip("-").isdigit() else word.encode() for word in words]
        done = call(f"mock_{name}", cluster, *values, result=None if name in _SILENT else ctypes.c_int)
        print(done or 0, flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
