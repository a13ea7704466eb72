"""A web page from elsewhere can neither read nor write a served dummy, and nothing in a dummy runs in a browser."""

from collections.abc import Iterator

import pytest
import requests
from ligo.gracedb.rest import GraceDb

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Archive.create(tmp_path_factory.mktemp("origins") / "run.tape") as tape:
        with dummy.serve(dummy.make_app(tape), allowed_hosts=("dummy.test",)) as running:
            yield running


def ask(server: Server, method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, f"{server.url}superevents/", headers=named, data={"a": "b"}, timeout=60).status_code


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "192.168.0.1",
        "10.1.2.3:8000",
        "[::2]",
        "%",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil",
        "localhost?evil",
        "localhost#evil",
    ],
)
def test_a_host_that_is_not_this_machine_is_refused(server: Server, host: str) -> None:
    assert ask(server, Host=host) == 403
    assert ask(server, "POST", Host=host) == 403


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "localhost",
        "LOCALHOST:1",
        "127.8.9.10",
        "[::1]:80",
        "app.localhost",
        "dummy.test:99",
        "Dummy.Test.",
    ],
)
def test_this_machine_and_hosts_allowed_by_name_are_answered(server: Server, host: str) -> None:
    assert ask(server, Host=host) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:8000",
        "null",
        "file://",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:1",
        "http://[::1]",
        "http://localhost:x",
    ],
)
def test_pages_of_other_origins_can_neither_read_nor_write(server: Server, origin: str) -> None:
    answer = requests.get(server.url, headers={"Origin": origin}, timeout=60)
    assert answer.status_code == 403
    assert "another origin" in answer.json()["error"]
    assert ask(server, "POST", Origin=origin) == 403
    assert ask(server, "OPTIONS", Origin=origin, Access_Control_Request_Method="DELETE") == 403


def test_a_page_of_another_site_is_refused_although_it_sends_no_origin(server: Server) -> None:
    assert ask(server, Sec_Fetch_Site="cross-site") == 403
    assert ask(server, Sec_Fetch_Site="none") == 200  # typed into the address bar
    assert ask(server, Origin=f"http://127.0.0.1:{server.port}", Sec_Fetch_Site="same-origin") == 200
    assert ask(server, Origin="https://dummy.test") == 200  # allowed by name


@pytest.mark.parametrize(
    ("name", "attached"),
    [("page.html", True), ("drawing.svg", True), ("coinc.xml", True), ("a.pdf", True), ("script.js", True),
     ("map.png", False), ("p_astro.json", False), ("log.txt", False), ("skymap.fits.gz", False)],
)  # fmt: skip
def test_nothing_that_was_uploaded_runs_in_a_browser(server: Server, name: str, attached: bool) -> None:
    contents = b"<script>alert(1)</script>"
    with GraceDb(server.url, force_noauth=True) as client:
        graceid = new_event(client)
        client.write_log(graceid, "a file", filename=name, filecontents=contents)
        answer = client.files(graceid, name)
        assert answer.read() == contents
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert ("attachment" in answer.headers.get("Content-Disposition", "")) is attached
