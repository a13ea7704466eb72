"""URLs of brokers are read, and what is none is refused in one sentence."""

import pytest

from gracetape.brokers import BadUrl, Counts, is_loopback, open_publisher, open_source, parse_url
from gracetape.brokers.kinds import BROKERS, BrokerKind
from gracetape.errors import BadRequest


def test_a_url_names_user_host_port_group_and_options() -> None:
    url = parse_url("kafka://me@kafka.scimma.org/gracedb-test?consumer=mine")
    assert (url.user, url.host, url.port, url.path) == ("me", "kafka.scimma.org", 9092, "gracedb-test")
    assert url.options == {"consumer": "mine"}
    assert (url.address, url.loopback, url.patience_s) == ("kafka.scimma.org:9092", False, 60)
    assert parse_url("xmpp://localhost/").port == 5222


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://host/", "is no URL of a broker"),
        ("superevent", "is no URL of a broker"),
        ("kafka:///group", "names no host"),
        ("xmpp://me:secret@host/", "must not hold a password"),
        ("xmpp://host:port/", "cannot read the URL"),
        ("xmpp://[::1/", "cannot read the URL"),
        ("kafka://host/g?speed=9", "no option 'speed'"),
    ],
)
def test_what_is_no_url_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(BadUrl) as caught:
        parse_url(url)
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("kafka://localhost:1", "needs a group"),
        ("kafka://localhost:1/g?patience=long", "no number of seconds"),
        ("kafka://localhost:1/g?start=middle", "start=middle makes no sense"),
        ("xmpp://lvalert.example.org/?tls=off", "for loopback only"),
        ("xmpp://localhost/?tls=perhaps", "makes no sense"),
        ("gopher://localhost/", "no source of the kind gopher:"),
    ],
)
def test_what_cannot_be_listened_to_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(BadUrl, match=sentence):
        open_source(url, ["superevent"])
    if "start" not in url:
        with pytest.raises(BadUrl):
            open_publisher(url)


def test_listening_to_nothing_is_refused() -> None:
    with pytest.raises(BadUrl, match="at least one node"):
        open_source("kafka://localhost/g", [])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "a.localhost"])
def test_loopback_is_known_by_name_or_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["kafka.scimma.org", "10.0.0.1", "0.0.0.0", "localhost.example.org", "1270.0.0.1", "::"]
)
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


class Silent:
    """A publisher of a kind of broker that nobody has."""

    def __init__(self, url: str, on_undelivered: object = None) -> None:
        self.url, self.counts = url, Counts()


def test_one_more_kind_of_broker_is_one_row_for_readers_of_urls_and_for_replays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from gracetape.replay.targets import open_target
    from gracetape.replay.targets.broker import BrokerTarget

    row = BrokerKind(1234, {"loud": "or not"}, "", f"{__name__}:Silent", "trial")
    monkeypatch.setitem(BROKERS, "trial", row)  # type: ignore[arg-type]
    assert parse_url("trial://localhost/?loud=yes").port == 1234
    target = open_target("trial://localhost/")
    assert isinstance(target, BrokerTarget)
    assert isinstance(open_publisher("trial://localhost/"), Silent)
    with pytest.raises(BadUrl, match=r"known: xmpp://, kafka://, trial://"):
        parse_url("nope://localhost/")
    with pytest.raises(BadRequest, match="trial:"):
        open_target("nope://localhost/")
    with pytest.raises(BadRequest, match="is not this machine"):
        open_target("trial://example.org/")
