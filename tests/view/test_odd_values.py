"""What strangers' records and files may hold that a browser, or a header, could not: numbers that are none, half letters, names of any signs."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from gracetape.archive import Archive
from gracetape.dummy.app import make_app
from gracetape.dummy.server import serve
from gracetape.media_types import media_type
from gracetape.view import live as live_module
from gracetape.view.comments import shown_html
from gracetape.view.live import MOST_PAGES, Live
from gracetape.view.objects import objects
from gracetape.view.one_file import page_of
from gracetape.view.page_json import encode_for_page
from gracetape.view.serving import page_url, serve_page
from tests.view.made import SERVICE, superevent

GRACEID = "S260102c"
NAMES = ('a"b.txt', "a\r\nX-Evil: 1.txt", "é.txt", "nul\0.txt", "\u202etxt.exe", "..", "data:text;x=y,.html")
ODD: dict[str, Any] = {"none": float("nan"), "most": [float("inf"), -float("inf")], "half": "\ud800", "whole": 10**30}


def strict(text: str) -> Any:
    """JSON as a browser reads it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"no JSON: {word}")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    path, created = tmp_path_factory.mktemp("odd") / "odd.tape", "2026-01-02 00:00:00 UTC"
    with Archive.create(path) as archive, archive.transaction() as tx:
        capture = tx.begin(GRACEID, SERVICE, "capture")
        tx.put(capture, "object", "", superevent(GRACEID, created, **ODD))
        record = {
            "N": 1,
            "created": created,
            "comment": "<b>\ud800 NaN</b>",
            "issuer": "x",
            "filename": "",
            "tag_names": [],
        }
        tx.put(capture, "log", 1, record | {"file_version": None} | ODD)
        for name in NAMES:
            tx.add_file(capture, name, tx.store_blob(iter([b"text"])))
        tx.add_file(capture, "nan.json", tx.store_blob(iter([b"[NaN, 1e999]"])))
        tx.finish(capture)
    with Archive.open(path) as archive:
        yield archive


def test_every_answer_is_json_that_a_browser_reads(odd: Archive) -> None:
    with serve_page(odd) as server:
        root = f"{page_url(server)}api/"
        own = f"objects/{GRACEID}"
        for address in ("about", "objects", f"objects?start={10**30}&count={10**30}", own, f"{own}/alerts", f"{own}/alerts/0",
                        f"{own}/answers?address=superevents/{GRACEID}/", f"{own}/files/nan.json,0/shown"):  # fmt: skip
            found = requests.get(root + address, timeout=60)
            assert found.status_code == 200, (address, found.text)
            strict(found.text)
        assert found.json()["value"] == ["NaN", "Infinity"]


def test_an_object_whose_record_no_server_writes_is_told_of_in_its_row(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "it.tape") as archive, archive.transaction() as tx:
        for graceid, more in ((GRACEID, {"t_0": float("inf")}), ("S260102d", {})):
            capture = tx.begin(graceid, SERVICE, "capture")
            tx.put(capture, "object", "", superevent(graceid, "2026-01-02 00:00:00 UTC", **more))
            tx.finish(capture)
    with Archive.open(tmp_path / "it.tape") as archive:
        bad, good = sorted(objects(archive, "superevent")["objects"], key=lambda row: row["id"])
    assert "'t_0' is inf" in bad["problem"]
    assert (good["id"], good["far"]) == ("S260102d", 1e-9)


def test_so_is_what_stands_in_a_page_that_is_one_file(odd: Archive) -> None:
    page = page_of(odd).encode().decode()
    strict(page.partition('id="embedded">')[2].partition("</script>")[0])


def test_files_of_any_name_are_downloads_under_a_name_that_is_harmless(odd: Archive) -> None:
    with serve_page(odd) as server:
        for name in NAMES:
            found = requests.get(
                f"{page_url(server)}api/objects/{GRACEID}/files/{quote(f'{name},0', safe='')}", timeout=60
            )
            if "/" in name:
                continue
            assert (found.status_code, found.content) == (200, b"text"), name
            said = found.headers["Content-Disposition"]
            assert said.startswith('attachment; filename="')
            assert said.count('"') == 2
            assert said.isascii()
            assert "X-Evil" not in found.headers
            assert "html" not in found.headers["Content-Type"] or name.endswith(".html")


def test_contents_that_are_gone_or_damaged_are_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    long, path = bytes(range(256)) * 4000, tmp_path / "it.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        capture = tx.begin(GRACEID, SERVICE, "capture")
        tx.put(capture, "object", "", superevent(GRACEID, "2026-01-02 00:00:00 UTC"))
        for name in ("gone.txt", "damaged.bin"):
            tx.add_file(capture, name, tx.store_blob(iter([long, name.encode()])))
        tx.finish(capture)
    with Archive.open(path) as archive, serve_page(archive) as server, serve(make_app(archive)) as dummy:
        entries = {entry.name: entry for entry in archive.view(GRACEID).files()}
        for name, entry in entries.items():
            (stored,) = (path / "blobs").rglob(f"*{str(entry.sha256)[2:]}*")
            if name == "gone.txt":
                stored.unlink()
            else:
                stored.write_bytes(stored.read_bytes()[:-40] + b"x" * 40)
        page, api = f"{page_url(server)}api/objects/{GRACEID}/files/", f"{dummy.url}superevents/{GRACEID}/files/"
        for root in (page, api):
            assert requests.get(f"{root}gone.txt,0", timeout=60).status_code == 404
            try:
                assert requests.get(f"{root}damaged.bin,0", timeout=60).status_code in (500, 503)
            except requests.RequestException:  # found out in the middle: the end is missing
                pass
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(("name", "kind"), [
    ("a.html", "text/html"), ("a.fits.gz", "application/octet-stream"), ("data:text/html,x", "application/octet-stream"),
    ("data:a/b\r\nX-Evil: y,z", "application/octet-stream"), ("", "application/octet-stream"), ("..", "application/octet-stream"),
])  # fmt: skip
def test_a_name_does_not_say_of_itself_what_it_is(name: str, kind: str) -> None:
    assert media_type(name) == kind


@pytest.mark.parametrize(
    "service", ["http://[", "http://%/", "http://a b/", "http://\ud800/", "https://x:99999999/", 'http://"><script>/']
)
def test_comments_of_any_service_are_shown(service: str) -> None:
    shown = shown_html('<a href="/x">a</a> <b>\ud800</b><script>x</script>', service)
    assert shown is not None
    assert "<b>?</b>" in shown
    assert "script" not in shown


def test_numbers_that_are_none_are_texts_and_the_rest_is_as_it_was() -> None:
    assert encode_for_page({"a": [1.5, "NaN"], "b": (1,)}) == '{"a":[1.5,"NaN"],"b":[1]}'
    assert encode_for_page([float("nan"), {"x": -float("inf")}, "é"]) == '["NaN",{"x":"-Infinity"},"é"]'


def test_a_page_that_comes_back_to_another_run_begins_anew() -> None:
    live = Live("a test")
    for last in (
        None,
        "",
        "3",
        "-3",
        f"{live._name}-",
        f"{live._name}-x",
        f"{'0' * 8}-3",
        f"{live._name}-{'9' * 5000}",
        f"{live._name}-9",
    ):
        assert live.after(last) == 0, last


def test_pages_that_have_gone_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_LOOK_S", 60.0)  # they may be slow to notice
    live, ready, left = Live("a test"), threading.Semaphore(0), threading.Semaphore(0)

    def look_on() -> None:
        """As the server does for a browser that has gone: the second writing tells it."""
        stream = live.events(0)
        next(stream)
        ready.release()
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        left.release()

    for _ in range(MOST_PAGES):
        threading.Thread(target=look_on, daemon=True).start()
        ready.acquire()
    next(live.events(0))
    left.acquire()
