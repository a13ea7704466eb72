"""No request of a client takes Python's modules away from other threads, and logins are found as requests finds them."""

import sys
from pathlib import Path
from typing import Any
from unittest import mock

import igwn_auth_utils.requests
import pytest
import requests.utils
from ligo.gracedb.rest import GraceDb

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.brokers.gracedb import Client
from gracetape.dummy.app import make_app
from gracetape.dummy.client import InProcess
from gracetape.dummy.client_patch import catch
from gracetape.logins import netrc_auth

SHORT = Path(__file__).parent / "fixtures" / "short.tape"
FILES = {
    "one": "machine a.invalid login me password word\n",
    "default": "default login me password word\n",
    "no login": "machine a.invalid account me password word\n",
    "another": "machine b.invalid login me password word\n",
    "nonsense": "machine a.invalid sings\n",
    "empty": "",
}


@pytest.fixture
def modules_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails whatever puts other modules in the place of those that are loaded."""
    patch_dict = mock.patch.dict

    def checked(what: Any, *args: Any, **options: Any) -> Any:
        assert what is not sys.modules, "the modules are taken away from the other threads"
        return patch_dict(what, *args, **options)

    monkeypatch.setattr(mock.patch, "dict", checked)


@pytest.mark.usefixtures("modules_stay")
def test_no_request_takes_the_modules_away() -> None:
    with dummy.GraceDb(SHORT) as client:
        assert client.ping().status_code == 200
    with dummy.serve(make_app(Archive.open(SHORT))) as server:
        for ordinary in (
            Client(server.url),
            Client(server.url, force_noauth=True),
            GraceDb(server.url),
            GraceDb(server.url, force_noauth=True),
        ):
            with ordinary as client:
                assert client.ping().status_code == 200


def test_clients_that_are_led_elsewhere_look_for_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """In other interpreters, which may know nothing of gracetape's other modules, nothing else keeps them from it."""
    from ligo.gracedb.client import GraceDBClient

    monkeypatch.setattr(
        igwn_auth_utils.requests, "get_netrc_auth", lambda *args, **options: pytest.fail("it looked for a login")
    )
    app = make_app(Archive.open(SHORT))
    undo = catch(GraceDBClient, lambda asked, retries: InProcess(app, retries))
    try:
        with GraceDb("https://dummy.invalid/api/") as client:
            assert client.ping().status_code == 200
    finally:
        undo()


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("address", ["https://a.invalid/api/", "https://a.invalid:8443/api/", "nothing"])
def test_logins_are_those_that_requests_finds(
    what: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netrc"
    path.write_text(FILES[what])
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    assert netrc_auth(address) == requests.utils.get_netrc_auth(address)
    monkeypatch.delenv("NETRC")
    monkeypatch.setenv("HOME", str(tmp_path))
    path.rename(tmp_path / ".netrc")
    assert netrc_auth(address) == requests.utils.get_netrc_auth(address)


def test_a_file_that_others_may_read_gives_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text(FILES["one"])
    path.chmod(0o644)
    monkeypatch.setenv("NETRC", str(path))
    assert netrc_auth("https://a.invalid/") is None
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    assert netrc_auth("https://a.invalid/") is None
