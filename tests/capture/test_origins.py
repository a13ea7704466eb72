"""A token, a certificate or a login goes to the service itself over HTTPS, and never anywhere else: for every client that we make."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from igwn_auth_utils.requests import HTTPSciTokenAuth
from ligo.gracedb.rest import GraceDb

from gracetape import capture
from gracetape.archive import Archive
from gracetape.brokers.gracedb import Client, Origin, Refused
from gracetape.clocks import VirtualClock
from gracetape.errors import ReplayError
from gracetape.listen.gracedb import client_of
from gracetape.replay.reenact.perform import reenact
from gracetape.replay.reenact.server import client_at
from gracetape.replay.targets.webhook import http
from gracetape.simulate.places import live_in
from tests.capture.unfriendly import EVENT, LOG, Answer, Unfriendly, body, redirect, root, unfriendly, value

FIXTURES = Path(__file__).parents[1] / "fixtures"
TOKEN = b"Bearer TOKEN"


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login for this machine, as `requests` and igwn-auth-utils would find it; no other credential."""
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login SECRET password WORD\nmachine localhost login SECRET password WORD\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    for name in ("SCITOKEN", "BEARER_TOKEN", "BEARER_TOKEN_FILE", "X509_USER_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def service(
    authority: trustme.CA, netrc: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Unfriendly]:
    """A service on HTTPS."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
    with unfriendly(tls) as found:
        yield found


@contextmanager
def with_token(url: str) -> Iterator[Any]:
    with Client(url, retries=0) as client:
        client.auth = HTTPSciTokenAuth(token="TOKEN")
        yield client


def pull(service: Unfriendly, path: Path, answers: dict[str, Answer]) -> Any:
    service.answers = answers
    with Archive.create(path) as archive, with_token(service.root) as client:
        return capture.capture(["T1"], archive, client)


def test_the_service_itself_gets_the_token(service: Unfriendly, tmp_path: Path) -> None:
    assert pull(
        service, tmp_path / "a.tape", {"events/T1$": redirect("/api/events/T1?again"), r"\?again": value(EVENT)}
    )
    assert service.logins() == {TOKEN}
    assert all(b"TOKEN" in request for request in service.asked), "after a redirect, too"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_else_gets_it(service: Unfriendly, authority: trustme.CA, tmp_path: Path, scheme: str) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with unfriendly(tls if scheme == "https" else None) as other:
        listing = value({"a.txt,0": f"{other.root}events/T1/files/a.txt,0"})
        cases: list[dict[str, Answer]] = [
            {"events/T1$": redirect(f"{other.root}events/T1")},
            {"log/$": value({"log": LOG, "next": f"{other.root}events/T1/log/"})},
            {"files/$": listing},
            {"files/a.txt,0": redirect(f"{other.root}secret")},
            {"/api/$": value(root(other.root))},
        ]
        for number, answers in enumerate(cases):
            with pytest.raises(capture.CaptureError, match="it is not on https://127"):
                pull(service, tmp_path / f"{number}.tape", answers)
        assert other.asked == []


def test_nobody_else_gets_it_from_a_client_that_the_user_made(
    service: Unfriendly, authority: trustme.CA, tmp_path: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with unfriendly(tls) as other:
        cases: list[dict[str, Answer]] = [
            {"events/T1$": redirect(f"{other.root}events/T1")},
            {"log/$": value({"log": LOG, "next": f"{other.root}events/T1/log/"})},
            {"files/$": value({"a.txt,0": f"{other.root}events/T1/files/a.txt,0"})},
            {"files/a.txt,0": redirect(f"{other.root}secret")},
            {"/api/$": value(root(other.root))},
        ]
        for number, answers in enumerate(cases):
            service.answers = answers
            with GraceDb(service.root, force_noauth=True) as client:
                client.auth = HTTPSciTokenAuth(token="TOKEN")
                with pytest.raises(capture.CaptureError, match="it is not on https://127"):
                    capture.capture("T1", tmp_path / f"{number}.tape", client)
                assert "get_adapter" not in vars(client)
        assert other.asked == []
        service.answers = {}
        with GraceDb(service.root, force_noauth=True) as client:
            assert capture.capture("T1", tmp_path / "good.tape", client)


def test_nobody_else_gets_it_from_a_client_that_the_user_writes_with(
    service: Unfriendly, authority: trustme.CA, tmp_path: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with unfriendly(tls) as other, Archive.open(FIXTURES / "short.tape") as tape:
        service.answers = {"": redirect(f"{other.root}events/")}
        with GraceDb(service.root, force_noauth=True) as client:
            client.auth = HTTPSciTokenAuth(token="TOKEN")
            with pytest.raises(ReplayError, match="it is not on https://127"):
                reenact(tape).perform(client, VirtualClock())
            assert "get_adapter" not in vars(client)
        assert other.asked == []


def test_a_login_page_is_told_of_and_not_kept_as_a_file(service: Unfriendly, tmp_path: Path) -> None:
    page = {"files/a.txt,0": redirect("/Shibboleth.sso/Login"), "Login": body(b"<html>who are you?")}
    with pytest.raises(capture.CaptureError, match="is a login needed"):
        pull(service, tmp_path / "a.tape", page)


# -- plain HTTP, where nobody's name is given


@contextmanager
def _captures(url: str) -> Iterator[Any]:
    with capture.connect(url) as client:
        yield client


@contextmanager
def _listens(url: str) -> Iterator[Any]:
    with client_of(url) as client:
        yield client


@contextmanager
def _reenacts(url: str) -> Iterator[Any]:
    with client_at(url) as client:
        yield client


CLIENTS: dict[str, Callable[[str], Any]] = {
    "capture": _captures, "listen": _listens, "reenact": _reenacts, "simulate": lambda url: live_in(url, lambda: None),  # type: ignore[arg-type, return-value]
}  # fmt: skip


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.usefixtures("netrc")
def test_plain_http_gets_nobody_s_name(kind: str) -> None:
    with unfriendly() as server, CLIENTS[kind](server.root) as client:
        client.headers["Authorization"] = "Bearer TOKEN"
        client.auth = HTTPSciTokenAuth(token="TOKEN")
        assert client.ping().status_code == 200
        assert client.files("T1", "a.txt,0").read() == b"contents"
        assert server.logins() == set()


@pytest.mark.parametrize("kind", CLIENTS)
def test_every_client_refuses_what_is_not_its_server_s(kind: str) -> None:
    with unfriendly() as server, unfriendly() as other, CLIENTS[kind](server.root) as client:
        for address in (other.root, "http://localhost/", "ftp://127.0.0.1/", "//evil/", "http://[::1"):
            with pytest.raises(Refused, match=r"not asked|no address"):
                client.get(address)
        assert client.get("events/T1").json() == EVENT, "relative to the API root"
        assert other.asked == []


@pytest.mark.usefixtures("netrc")
def test_who_asks_as_nobody_is_nobody_on_https_too(service: Unfriendly) -> None:
    with Client(service.root, force_noauth=True) as client:
        client.ping()
    assert service.asked
    assert service.logins() == set()


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize(("login", "seen"), [("", set()), ("me:word@", {b"Basic bWU6d29yZA=="})])
def test_a_webhook_gets_the_login_of_its_url_alone(login: str, seen: set[bytes]) -> None:
    with unfriendly() as server:
        server.answers = {"hook": body(b"")}
        target = http(f"//{login}127.0.0.1:{server.port}/hook")
        target.send(SimpleNamespace(node="node", content="{}"))  # type: ignore[arg-type]
        assert target.close() is None
        assert server.logins() == seen


# -- what one origin is


@pytest.mark.parametrize(
    ("one", "other"),
    [("https://a/", "https://A:443/x"), ("http://a", "http://a:80"), ("https://[::1]/", "https://[::1]:443"), ("https://a./", "https://a/")],
)  # fmt: skip
def test_one_origin_however_it_is_written(one: str, other: str) -> None:
    assert Origin.of(one) == Origin.of(other)


@pytest.mark.parametrize(
    "url",
    [
        "", "a", "//a", "file:///a", "ftp://a/", "http:///a", "http://", "https://a:b/", "https://a:99999/", "http://a\\@b/",
        "http://a:80:90/", "javascript:alert(1)", "http://[::1", "https://a b/",
    ],
)  # fmt: skip
def test_what_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Origin.of(url)
