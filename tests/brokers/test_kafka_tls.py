"""igwn-alert over TLS with SCRAM, with the configuration that `hop auth add` writes: as hop is served, so are we.

No Kafka broker that knows accounts or TLS is in the package registries: both are at a door before the real broker, whose clients,
librdkafka and hop, are the real ones.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gracetape.brokers import open_publisher, open_source
from tests.brokers.doors import Authority, Door
from tests.brokers.refusals import refused
from tests.brokers.scram import ScramGuard

BIN = Path(sys.executable).parent
USER, PASSWORD = "gracedb-reader", "a secret, with = and ,"
TEXTS = [json.dumps({"uid": f"S{i}", "alert_type": "log", "data": {"comment": "ü <&>" * 50}}) for i in range(200)]


@dataclass
class Secured:
    """An igwn-alert that lets nobody in without TLS and a password."""

    url: str
    address: str
    door: Door
    guard: ScramGuard
    authority: Authority
    folder: Path

    def credential(self, password: str = PASSWORD, ca: Path | None = None) -> None:
        """Give hop the credential, as its users do."""
        file = self.folder / "credential.csv"
        row = f'{USER},"{password}",{self.address},{ca or self.authority.pem}'
        file.write_text(f"username,password,hostname,ssl_ca_location\n{row}\n")
        subprocess.run([BIN / "hop", "auth", "add", file], check=True, capture_output=True, timeout=300)


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def start(stack: ExitStack, authority: Authority, folder: Path, host: str | None = "localhost") -> Secured:
    """A broker behind a door with a certificate for `host` (None: without TLS)."""
    from gracetape.brokers.tansu import private_kafka

    held, guard = stack.enter_context(socket.socket()), ScramGuard(USER, PASSWORD)
    held.bind(("127.0.0.1", 0))  # the broker tells clients of the door before there is one
    port = held.getsockname()[1]
    broker = stack.enter_context(private_kafka(advertised=port))
    tls = authority.context(host) if host else None
    door = stack.enter_context(Door(broker.port, held=held, tls=tls, guard=guard))
    address = f"localhost:{port}"
    return Secured(f"kafka://{address}/gracedb-test", address, door, guard, authority, folder)


@pytest.fixture
def secured(stack: ExitStack, authority: Authority, tmp_path: Path) -> Secured:
    return start(stack, authority, tmp_path)


def test_what_is_published_is_heard_with_the_credential_of_hop(secured: Secured) -> None:
    secured.credential()
    with open_source(secured.url, ["superevent"]) as source, open_publisher(secured.url) as publisher:
        for text in TEXTS:
            publisher.publish("superevent", text)
        publisher.flush()
        assert publisher.counts.acknowledged == len(TEXTS)
        heard = [source.poll(60) for _ in TEXTS]
    assert [one.payload for one in heard if one is not None] == TEXTS
    assert (secured.guard.refused, PASSWORD.encode() in secured.door.said) == (0, False)


def test_hop_prints_what_we_publish_and_we_hear_what_it_publishes(secured: Secured, tmp_path: Path) -> None:
    secured.credential()
    out = tmp_path / "heard"
    with open_source(secured.url, ["superevent"]) as source, open_publisher(secured.url) as publisher:
        publisher.publish("superevent", TEXTS[0])
        publisher.flush()
        assert source.poll(60) is not None
        with out.open("w") as file:
            command = [BIN / "hop", "subscribe", "-s", "EARLIEST", "-e", "-q", f"{secured.url}.superevent"]
            done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        assert json.dumps(TEXTS[0]) in out.read_text()
        note = tmp_path / "note.json"
        note.write_text('{"uid": "S9"}')
        command = [BIN / "hop", "publish", "-f", "JSON", f"{secured.url}.superevent", note]
        sent = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert sent.returncode == 0, sent.stderr
        heard = source.poll(60)
    assert heard is not None
    assert json.loads(heard.payload) == {"uid": "S9"}
    assert secured.guard.refused == 0


def test_librdkafka_is_told_what_hop_tells_it(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    import confluent_kafka
    from hop.io import Stream

    secured.credential()
    told: list[dict[str, Any]] = []
    made = confluent_kafka.Producer

    def producer(settings: dict[str, Any]) -> Any:
        told.append({name: value for name, value in settings.items() if name.split(".")[0] in _SECURITY})
        return made(settings)

    with open_publisher(secured.url) as publisher:
        publisher.publish("superevent", "{}")  # the topic is there
    monkeypatch.setattr(confluent_kafka, "Producer", producer)
    Stream().open(f"{secured.url}.superevent", "w").close()
    open_publisher(secured.url).close()
    theirs, ours = told[0], told[-1]
    assert theirs["sasl.mechanism"] == "SCRAM-SHA-512"
    assert theirs["security.protocol"] == "SASL_SSL"
    assert ours == theirs


_SECURITY = ("security", "sasl", "ssl", "https", "enable.ssl")


def test_a_wrong_password_is_refused(secured: Secured) -> None:
    secured.credential("wrong")
    assert f"the password of {USER} is not accepted" in refused(secured.url)
    assert secured.guard.admitted == 0


def test_an_authority_that_nobody_trusts_is_refused(secured: Secured, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    secured.credential(ca=Authority(tmp_path / "other").pem)
    assert "certificate is not accepted" in refused(secured.url)
    assert (secured.guard.admitted, secured.guard.refused) == (0, 0)


def test_a_certificate_for_another_host_is_refused(stack: ExitStack, authority: Authority, tmp_path: Path) -> None:
    secured = start(stack, authority, tmp_path, "kafka.example.org")
    secured.credential()
    assert "certificate is not accepted" in refused(secured.url)
    assert (secured.guard.admitted, secured.guard.refused) == (0, 0)


def test_a_broker_without_tls_gets_nothing(stack: ExitStack, authority: Authority, tmp_path: Path) -> None:
    secured = start(stack, authority, tmp_path, None)
    secured.credential()
    said = refused(f"{secured.url}?patience=5")
    assert "no broker answers" in said
    assert "connecting to a PLAINTEXT broker" in said
    assert (secured.guard.admitted, secured.door.said) == (0, b"")
