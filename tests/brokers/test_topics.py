"""Topics that are made before anybody sends to them: for listeners that subscribe only to what is there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from confluent_kafka.admin import AdminClient

from gracetape.archive.alerts.alert import nodes_of
from gracetape.brokers import BrokerError, open_publisher
from gracetape.brokers.private import PrivateBroker, free_port
from gracetape.errors import UsageError
from gracetape.pipelines.topics import usual_topics
from gracetape.topics import named, with_topics
from tests import commands

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
GRACETAPE = "gracetape"


def topics_of(url: str) -> set[str]:
    """The topics of a URL's group, without it."""
    parts = urlsplit(url)
    found = AdminClient({"bootstrap.servers": parts.netloc, "log_level": 0}).list_topics(timeout=60).topics
    group = f"{parts.path.strip('/')}."
    return {name.removeprefix(group) for name in found if name.startswith(group)}


def group_of(broker: PrivateBroker, name: str) -> str:
    """A URL of the broker with a group that nobody else uses."""
    return broker.url.replace("gracedb-test", name)


@contextmanager
def started(*words: str) -> Iterator[str]:
    """`gracetape broker start kafka` with these words, until the block ends: its URL."""
    start = [GRACETAPE, "broker", "start", "kafka", "--port", str(free_port()), *words]
    with commands.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def test_the_usual_topics_are_those_that_alerts_of_the_table_go_to() -> None:
    usual = usual_topics()
    assert len(set(usual)) == len(usual) < 500
    # What gwcelery 3.0 listens to, as far as the table has the pipelines.
    listened = "superevent mdc_superevent cbc_gstlal cbc_spiir cbc_pycbc cbc_mbta cbc_aframe burst_cwb burst_mly external_fermi external_swift"
    assert {*listened.split(), "test_superevent", "external_icecube", "external_snews", "cbc_gstlal_allsky"} <= set(
        usual
    )
    record = {"group": "Test", "pipeline": "CWB", "search": "BBH"}
    assert nodes_of(record, "event") == ("test_cwb", "test_cwb_bbh")
    assert set(nodes_of(record, "event")) <= set(usual)
    assert named("superevent, cbc_gstlal,igwn")[:2] == ("superevent", "cbc_gstlal")


def test_a_private_broker_has_the_usual_topics_of_its_group_if_it_is_asked_to() -> None:
    with started("--topics", "igwn", "--topic", "mine", "--group", "gracedb-playground") as url:
        assert topics_of(url) == {*usual_topics(), "mine"}


def test_a_replay_makes_them_before_it_sends(kafka_broker: PrivateBroker) -> None:
    url = group_of(kafka_broker, "replayed")
    words = ["replay", SHORT, "T1", "--max", "--to", url, "--topics", "igwn", "--cutoff", "1"]
    done = commands.run(words, capture_output=True, timeout=120)
    assert (done.returncode, topics_of(url) >= set(usual_topics())) == (0, True), done.stderr


def test_a_dummys_alerts_and_those_of_a_simulation_find_them_made(kafka_broker: PrivateBroker, tmp_path: Path) -> None:
    url = group_of(kafka_broker, "dummied")
    run = [
        GRACETAPE,
        "dummy",
        "run",
        "--create",
        "--alerts",
        url,
        "--topics",
        "superevent,one",
        "-a",
        tmp_path / "a.tape",
        "true",
    ]
    assert commands.run(run, capture_output=True, timeout=120).returncode == 0
    assert topics_of(url) == {"superevent", "one"}
    url = group_of(kafka_broker, "simulated")
    lived = [GRACETAPE, "simulate", "olib", "--seed", "1", "--max", "--alerts-only", url, "--topics", "two"]
    done = commands.run(lived, capture_output=True, timeout=120)
    assert (done.returncode, "two" in topics_of(url)) == (0, True), done.stderr


def test_where_topics_may_not_be_made_that_is_said_at_once(kafka_broker: PrivateBroker) -> None:
    url = group_of(kafka_broker, "closed")
    with pytest.raises(BrokerError, match="has no topic closed.superevent: make it, or write create=yes"):
        open_publisher(f"{url}?create=no&topics=superevent")


def test_they_are_asked_for_in_the_urls_of_kafka_brokers_alone() -> None:
    assert with_topics(["kafka://h/g", "kafka://h/g?create=yes", "-"], "igwn,a") == [
        "kafka://h/g?topics=igwn%2Ca", "kafka://h/g?create=yes&topics=igwn%2Ca", "-",
    ]  # fmt: skip
    assert with_topics(["-"], None) == ["-"]
    with pytest.raises(UsageError, match="name one to send to"):
        with_topics(["-", "file.jsonl"], "igwn")


@pytest.mark.parametrize("words", [[GRACETAPE, "dummy", "serve", SHORT], [GRACETAPE, "broker", "start", "xmpp"]])
def test_elsewhere_they_are_refused_in_a_sentence(words: list[object], tmp_path: Path) -> None:
    done = commands.run([*words, "--topics", "igwn"], capture_output=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Kafka" in done.stderr
    assert done.stderr.count("\n") == 1
