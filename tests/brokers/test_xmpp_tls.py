"""LVAlert over TLS: a password goes to nobody but a server that shows the right certificate."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gracetape.brokers import BadUrl, Heard, open_publisher, open_source
from gracetape.brokers.private import PrivateBroker, answers
from gracetape.brokers.xmpp_session import DIRECT_TLS_PORT
from tests.brokers.doors import Authority, Door
from tests.brokers.refusals import refused
from tests.waiting import eventually

Start = Callable[[str | None], PrivateBroker]


@pytest.fixture(scope="module")
def servers(authority: Authority) -> Iterator[Start]:
    """LVAlerts with a certificate for a host, None: without TLS; each is started once."""
    from gracetape.brokers.ejabberd import library, private_xmpp

    if library() is None:
        pytest.skip("ejabberd is not installed (Debian: apt-get install ejabberd): XMPP over TLS is not tested")
    with ExitStack() as stack:

        @functools.cache
        def started(host: str | None) -> PrivateBroker:
            certificate = authority.certificate(host) if host else None
            return stack.enter_context(private_xmpp(certificate=certificate))

        yield started


@pytest.fixture
def start(servers: Start, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Gives such an LVAlert; alice's password is where `$NETRC` says."""

    def started(host: str | None) -> PrivateBroker:
        broker = servers(host)
        monkeypatch.setenv("NETRC", broker.environment["NETRC"])
        return broker

    return started


def passes(url: str) -> None:
    """What is published is heard, whole and in order."""
    texts = [f'{{"uid": "S{i}", "text": "{"&<" * 400}"}}' for i in range(100)]
    with open_source(url, ["superevent"]) as source, open_publisher(url) as publisher:
        for text in texts:
            publisher.publish("superevent", text)
        publisher.flush()
        heard = [source.poll(60) for _ in texts]
    assert [one.payload for one in heard if one is not None] == texts


@pytest.mark.parametrize("named", ["in the URL", "in the environment"])
def test_a_server_that_insists_on_tls_is_spoken_to_where_its_authority_is_trusted(
    start: Start, authority: Authority, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = start("localhost")
    if named == "in the URL":
        passes(f"{broker.url}?ca={authority.pem}")
    else:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
        passes(broker.url)


def test_a_session_over_tls_that_breaks_is_made_anew(start: Start, authority: Authority) -> None:
    broker = start("localhost")
    url = f"{broker.url}?ca={authority.pem}"
    with open_source(url, ["superevent"], on_gap=lambda _: None) as source, open_publisher(url) as publisher:
        broker.kill()
        broker.start()
        publisher.publish("superevent", "again")
        publisher.flush()
        assert publisher.counts.acknowledged == 1
        heard = list[Heard]()

        def hears() -> bool:  # the listener may come back after the first of them
            heard.extend(source.take(1, 0.5))
            if not heard:
                publisher.publish("superevent", "again")
            return bool(heard)

        eventually(hears)
    assert heard[0].payload == "again"


def test_an_authority_that_nobody_trusts_is_refused(start: Start) -> None:
    said = refused(start("localhost").url)
    assert "certificate is not accepted (unable to get local issuer certificate), so no password was sent" in said
    assert "ca=FILE" in said


def test_another_authority_than_the_one_that_is_named_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    assert "is not accepted" in refused(f"{start('localhost').url}?ca={other.pem}")


def test_a_certificate_for_another_host_is_refused(start: Start, authority: Authority) -> None:
    said = refused(f"{start('lvalert.example.org').url}?ca={authority.pem}")
    assert "not valid for 'localhost'" in said
    assert "no password was sent" in said


def test_a_server_without_tls_gets_no_password_unless_tls_is_off(start: Start) -> None:
    broker = start(None)
    with Door(broker.port) as door:
        said = refused(f"xmpp://alice@localhost:{door.port}/")
        assert said.endswith("the server does not offer TLS, so no password was sent")
        assert b"<stream:stream" in door.said
        assert b"<auth" not in door.said
        passes(f"xmpp://alice@localhost:{door.port}/?tls=off")
        assert b"<auth" in door.said


def test_the_port_for_tls_from_the_first_byte_on(start: Start, authority: Authority) -> None:
    """A door speaks TLS for a server that cannot; to it alone is the password told, once it is trusted."""
    if answers(DIRECT_TLS_PORT):
        pytest.skip(f"port {DIRECT_TLS_PORT} is taken: TLS from the first byte on is not tested over XMPP")
    url = f"xmpp://alice@localhost:{DIRECT_TLS_PORT}/"
    broker = start(None)
    with Door(broker.port, port=DIRECT_TLS_PORT, tls=authority.context("localhost")) as door:
        assert "certificate is not accepted" in refused(url)
        assert door.said == b""
        passes(f"{url}?ca={authority.pem}")
        assert b"<auth" in door.said
    with Door(broker.port, port=DIRECT_TLS_PORT) as door:
        assert refused(f"{url}?patience=0.5").endswith("the server does not speak TLS")
        assert b"<auth" not in door.said


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "cannot read the certificates in"), ("no PEM", "holds no certificate in PEM form")]
)
def test_a_file_of_authorities_that_is_none_is_one_sentence(
    tmp_path: Path, content: str | None, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc, file = tmp_path / "netrc", tmp_path / "authorities"
    netrc.touch(mode=0o600)
    netrc.write_text("machine localhost login alice password x\n")
    monkeypatch.setenv("NETRC", str(netrc))
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadUrl, match=sentence):
        open_source(f"xmpp://alice@localhost:1/?ca={file}", ["superevent"])
