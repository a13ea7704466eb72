"""Replays go to real brokers and web servers: whole, in order, counted, and only where they may."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gracetape.archive import Alert
from gracetape.brokers import open_source
from gracetape.brokers.fixtures import _xmpp_server, broker, kafka_broker, xmpp_broker
from gracetape.brokers.private import PrivateBroker
from gracetape.replay import BadRequest, MaxClock, Message, Player, ReplayError, open_target
from gracetape.replay.targets.webhook import WebhookTarget
from tests import commands

__all__ = ["_xmpp_server", "broker", "kafka_broker", "xmpp_broker"]
REPLAY = "replay"
MakeAlerts = Callable[..., list[Alert]]


def test_a_replay_is_heard_as_graceDB_would_have_sent_it(broker: PrivateBroker, make_alerts: MakeAlerts) -> None:
    player = Player(make_alerts(*range(50), nodes=("a", "a_b")), MaxClock())
    messages = [message for alert in player.alerts for message in player.messages(alert)]
    target = open_target(broker.url)
    with open_source(broker.url, ["a", "a_b"]) as source:
        player.play([target])
        assert target.close() is None
        heard = [source.poll(60) for _ in messages]
    for node in ("a", "a_b"):
        texts = [h.payload for h in heard if h is not None and h.node == node]
        assert texts == [m.payload_json() for m in messages if m.node == node]
    assert target.told().endswith("100 sent, 100 acknowledged, 0 failed")  # type: ignore[attr-defined]


def test_the_command_says_what_was_delivered(broker: PrivateBroker, tape: Path) -> None:
    done = commands.run([REPLAY, tape, "--max", "--to", broker.url], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert ", 0 failed" in done.stderr


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("kafka://kafka.example.org/gracedb-test", "--yes-really-send-to kafka.example.org"),
        ("xmpp://me@lvalert.example.org/", "--yes-really-send-to lvalert.example.org"),
        ("https://example.org/hook", "--yes-really-send-to example.org"),
        ("http://example.org\\@localhost/hook", "a backslash, a space or a control character"),
        ("KAFKA://KAFKA.example.org/g", "--yes-really-send-to kafka.example.org"),
        ("kafka://127.0.0.1.example.org/g", "is not this machine"),
        ("kafka://localhost/", "needs a group"),
        ("kafka://me:secret@localhost/g", "must not hold a password"),
        ("http:///x", "no host supplied"),
        ("http://[::1/x", "cannot read the URL"),
    ],
)
def test_what_may_not_or_cannot_be_sent_to_is_refused_before_anything_is_sent(url: str, sentence: str) -> None:
    with pytest.raises(BadRequest) as caught:
        open_target(url)
    assert sentence in str(caught.value)


def test_production_names_are_refused_even_where_sending_is_allowed(make_alerts: MakeAlerts) -> None:
    with pytest.raises(BadRequest, match="production GraceDB's own group"):
        open_target("kafka://kafka.invalid/gracedb", really=["kafka.invalid"])


def test_production_nodes_need_another_name() -> None:
    from gracetape.brokers import parse_url
    from gracetape.destinations import check_node

    for allowed in (
        "xmpp://localhost/?tls=off",
        "xmpp://host.invalid/?prefix=storm-",
        "kafka://host.invalid/gracedb-test",
    ):
        check_node(parse_url(allowed), "superevent")
    check_node(parse_url("xmpp://host.invalid/"), "test_gstlal")
    with pytest.raises(BadRequest, match="prefix=NAME"):
        check_node(parse_url("xmpp://host.invalid/"), "superevent")


def test_a_broker_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.touch(mode=0o600)
    netrc.write_text("machine localhost login alice password x\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for url in ("kafka://localhost:1/g?patience=0.5", "xmpp://alice@localhost:1/?tls=off&patience=0.5"):
        with pytest.raises(ReplayError) as caught:
            open_target(url)
        assert "localhost:1" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_wrong_password_is_one_sentence(
    xmpp_broker: PrivateBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.touch(mode=0o600)
    netrc.write_text("machine localhost login alice password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with pytest.raises(ReplayError, match="password of alice is not accepted"):
        open_target(xmpp_broker.url)
    monkeypatch.setenv("NETRC", str(tmp_path / "nothing"))
    with pytest.raises(BadRequest, match="no password for localhost: add 'machine localhost login alice"):
        open_target(xmpp_broker.url)


@dataclass
class Hook:
    """A web server that notes what is posted, after it has answered with each of `answers`."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[str | None, dict[str, object]]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answers.pop(0) if found.answers else 204
            if status < 300:
                found.got.append((self.headers["X-Gracetape-Node"], json.loads(body)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    yield found
    server.shutdown()
    server.server_close()


def _three(make_alerts: MakeAlerts) -> tuple[Player, list[Message]]:
    player = Player(make_alerts(0, 1, 2), MaxClock())
    return player, [message for alert in player.alerts for message in player.messages(alert)]


def test_a_web_server_gets_each_message_in_order_also_when_it_was_busy(hook: Hook, make_alerts: MakeAlerts) -> None:
    hook.answers = [503, 429, 200, 500]
    player, messages = _three(make_alerts)
    target = open_target(hook.url)
    player.play([target])
    assert target.close() is None
    assert hook.got == [(m.node, m.payload) for m in messages]


def test_what_a_web_server_refuses_is_named(
    hook: Hook, make_alerts: MakeAlerts, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answers = [204, 400]
    player, _ = _three(make_alerts)
    target = open_target(hook.url)
    with caplog.at_level(logging.ERROR):
        player.play([target])
        sentence = target.close()
    assert sentence is not None
    assert sentence.startswith("1 of 3 messages for http://127.0.0.1:")
    assert "answers 400" in sentence
    assert len(hook.got) == 2
    assert [record.message.split(":")[1] for record in caplog.records] == [" G1 log (log 2) for cbc_gstlal"]


def test_a_web_server_that_stays_away_is_given_up_and_every_message_named(
    make_alerts: MakeAlerts, caplog: pytest.LogCaptureFixture
) -> None:
    player, _ = _three(make_alerts)
    target = WebhookTarget("http", "//127.0.0.1:1/", patience_s=0.3)
    with caplog.at_level(logging.ERROR):
        player.play([target])
        sentence = target.close()
    assert sentence is not None
    assert "3 of 3 messages" in sentence
    assert len(caplog.records) == 3


def test_the_command_lets_messages_leave_only_by_name(tape: Path) -> None:
    done = commands.run(
        [REPLAY, tape, "--max", "--to", "kafka://kafka.invalid/gracedb", "--yes-really-send-to", "kafka.invalid"],
        capture_output=True, timeout=60, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "production" in done.stderr
