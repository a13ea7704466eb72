"""The peers themselves hear what we publish, and we hear what they send: lvalert, igwn-alert and hop as commands."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gracetape.brokers import Heard, Source, open_publisher, open_source
from gracetape.brokers.private import PrivateBroker

BIN = Path(sys.executable).parent
LVALERT = Path(__file__).resolve().parents[2] / ".cache" / "lvalert" / "bin" / "lvalert"
ALERTS = [
    json.dumps({"uid": f"S{i}", "alert_type": "log", "data": {"comment": "<b>5 & 6</b> \"x\" ünïcödé"}, "object": {}})
    for i in range(5)
]  # fmt: skip

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command, its output in a file of its own."""
    running: list[subprocess.Popen[str]] = []

    def run(*command: str | Path, **environment: str) -> subprocess.Popen[str]:
        out = (tmp_path / f"out{len(running)}").open("w")
        env = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        process = subprocess.Popen(
            [str(word) for word in command], stdout=out, stderr=subprocess.STDOUT, text=True, env=env
        )
        process.args = tmp_path / f"out{len(running)}"
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[str]) -> str:
    return Path(str(process.args)).read_text()


def until(condition: Callable[[], bool], within_s: float = 120) -> bool:
    limit = time.monotonic() + within_s
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.1)
    return False


def next_with(source: Source, part: str) -> Heard:
    """The next message that holds a text; those before it are passed over, however late they come."""
    while (heard := source.poll(60)) is not None:
        if part in heard.payload:
            return heard
    raise AssertionError(f"no message with {part} came")


def in_order(text: str, parts: list[str]) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@pytest.fixture
def lvalert(start: Start) -> Start:
    """Starts the command `lvalert`."""
    if not LVALERT.exists():
        pytest.skip("no ligo-lvalert (needs Python 3.9; tests/system.sh makes it): the historical client is not tested")
    return lambda *words, **environment: start(LVALERT, *words, **environment)


@pytest.fixture
def port_5222(tmp_path: Path) -> Iterator[PrivateBroker]:
    """A private LVAlert where `lvalert` looks for one: it cannot be told a port."""
    from gracetape.brokers.ejabberd import library, private_xmpp
    from gracetape.brokers.private import answers

    if library() is None:
        pytest.skip("ejabberd is not installed: nothing over XMPP is tested")
    if answers(5222):
        pytest.skip("port 5222 is taken, and lvalert can use no other: the historical client is not tested")
    with private_xmpp(("alice", "bob"), port=5222) as broker:
        yield broker


def test_lvalert_prints_what_we_publish_and_we_hear_what_it_sends(
    lvalert: Start, port_5222: PrivateBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETRC", port_5222.environment["NETRC"])
    bob = tmp_path / "netrc"
    bob.touch(mode=0o600)
    bob.write_text(Path(port_5222.environment["NETRC"]).read_text().replace("alice", "bob"))
    with open_source(port_5222.url, ["superevent"]) as source, open_publisher(port_5222.url) as publisher:
        subscribed = lvalert("-s", "localhost", "-n", bob, "subscribe", "superevent")
        assert subscribed.wait(300) == 0, said(subscribed)
        listener = lvalert("-s", "localhost", "-n", bob, "-l", "info", "listen")

        def heard_by_lvalert() -> bool:  # its first seconds go to its roster: what is sent then is not for it
            publisher.publish("superevent", "{}")
            time.sleep(0.4)
            return "Got item for node" in said(listener)

        assert until(heard_by_lvalert), said(listener)
        for alert in ALERTS:
            publisher.publish("superevent", alert)
        assert until(lambda: in_order(said(listener), ALERTS)), said(listener)

        file = tmp_path / "alert.json"
        file.write_text('{"uid": "S9", "alert_type": "new"}')
        sent = lvalert("-s", "localhost", "-n", bob, "send", "superevent", str(file))
        assert sent.wait(300) == 0, said(sent)
        heard = next_with(source, "S9")
        # The historical `lvalert send` reads bytes, and on Python 3 sends them as Python writes them.
        assert (heard.node, heard.payload) == ("superevent", repr(file.read_bytes()))


@pytest.fixture
def port_9092() -> Iterator[PrivateBroker]:
    """A private igwn-alert where `igwn-alert` looks for one: version 0.7 fails when it is told a port."""
    from gracetape.brokers.private import answers
    from gracetape.brokers.tansu import private_kafka

    if answers(9092):
        pytest.skip("port 9092 is taken, and the command igwn-alert can use no other: it is not tested")
    with private_kafka(port=9092) as broker:
        yield broker


def test_igwn_alert_prints_what_we_publish_and_we_hear_what_it_sends(
    start: Start, port_9092: PrivateBroker, tmp_path: Path
) -> None:
    url = port_9092.url
    with open_source(url, ["interop"]) as source, open_publisher(url) as publisher:
        options = ["--no-auth", "-s", "kafka://localhost/", "-g", "gracedb-test"]
        listener = start(BIN / "igwn-alert", *options, "listen", "interop")
        hop = start(BIN / "hop", "subscribe", "--no-auth", f"{url}.interop")

        def both_listen() -> bool:  # they begin with what comes after them
            publisher.publish("interop", "{}")
            time.sleep(0.4)
            return "New message" in said(listener) and "{}" in said(hop)

        assert until(both_listen), said(listener) + said(hop)
        for alert in ALERTS:
            publisher.publish("interop", alert)
        assert until(lambda: in_order(said(listener), ALERTS)), said(listener)
        as_json = [json.dumps(alert) for alert in ALERTS]  # what hop prints of a text
        assert until(lambda: in_order(said(hop), as_json)), said(hop)

        file = tmp_path / "alert.json"
        file.write_text('{"uid": "S9", "alert_type": "new"}')
        sent = start(BIN / "igwn-alert", *options, "send", "interop", str(file))
        assert sent.wait(300) == 0, said(sent)
        heard = next_with(source, "S9")
        assert json.loads(json.loads(heard.payload)) == {"uid": "S9", "alert_type": "new"}


def test_the_igwn_alert_library_reads_a_payload_as_graceDB_sends_it(kafka_broker: PrivateBroker) -> None:
    import threading

    from igwn_alert import client

    got: list[tuple[str, str]] = []
    with open_publisher(kafka_broker.url) as publisher:
        publisher.publish("library", "{}")
        publisher.flush()
        alerts = client(noauth=True, group="gracedb-test", server="kafka://localhost/", port=kafka_broker.port)
        listening = threading.Thread(
            target=alerts.listen, args=(lambda topic, payload: got.append((topic, payload)), ["library"]), daemon=True
        )
        listening.start()

        def heard() -> bool:
            publisher.publish("library", ALERTS[0])
            time.sleep(0.3)
            return ("library", ALERTS[0]) in got

        assert until(heard)
        alerts.stop()
        listening.join(60)
    with open_source(kafka_broker.url, ["library"]) as source:
        alerts.connect(["library"])
        alerts.publish_to_topic("library", ALERTS[1])
        alerts.disconnect()
        found = source.poll(60)
    assert found is not None
    assert found.payload == ALERTS[1]


def test_a_listener_that_starts_first_hears_the_first_message_of_a_topic_that_was_made_beforehand(
    kafka_broker: PrivateBroker,
) -> None:
    import threading

    from igwn_alert import client

    got: list[tuple[str, str]] = []
    url = kafka_broker.url.replace("gracedb-test", "gracedb-first")
    with open_publisher(f"{url}?topics=igwn") as publisher:
        alerts = client(noauth=True, group="gracedb-first", server="kafka://localhost/", port=kafka_broker.port)
        topics = ["superevent", "cbc_gstlal"]
        listening = threading.Thread(
            target=alerts.listen, args=(lambda topic, payload: got.append((topic, payload)), topics), daemon=True
        )
        listening.start()

        def listens() -> bool:
            publisher.publish("superevent", "{}")
            time.sleep(0.3)
            return ("superevent", "{}") in got

        assert until(listens)
        publisher.publish("cbc_gstlal", ALERTS[0])
        assert until(lambda: ("cbc_gstlal", ALERTS[0]) in got)
        alerts.stop()
        listening.join(60)
