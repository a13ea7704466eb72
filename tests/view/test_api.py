"""The page's JSON: what it answers, what it refuses in one sentence, and what browsers may do with it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from falcon import testing

from gracetape.archive import Archive
from gracetape.archive.recorded import Recorded, add_recorded
from gracetape.errors import UsageError
from gracetape.view.one_file import page_of
from gracetape.view.page_app import make_page
from gracetape.view.page_parts import MODULES, parts
from tests import commands
from tests.view.hostile import CORPUS, GRACEID, make_hostile

Client = testing.TestClient


@pytest.fixture
def client(hostile: Path) -> Iterator[Client]:
    with Archive.open(hostile) as archive:
        yield Client(make_page(archive))


def test_objects_are_found_in_pages_and_sorted(client: Client) -> None:
    found = client.simulate_get("/api/objects", params={"category": "superevent", "query": GRACEID}).json
    assert (found["total"], [row["id"] for row in found["objects"]]) == (1, [GRACEID])
    row = found["objects"][0]
    assert (row["logs"], row["files"], row["versions"], row["heard"], row["members"]) == (
        len(CORPUS),
        len(CORPUS),
        1,
        1,
        1,
    )
    assert client.simulate_get("/api/objects", params={"start": "1"}).json["objects"] == []
    for sort in ("far", "-far", "created", "-t_0", "superevent_id"):
        assert client.simulate_get("/api/objects", params={"sort": sort}).json["total"] == 1


@pytest.mark.parametrize(
    ("address", "params", "status", "said"),
    [
        ("/api/objects", {"query": "far < <"}, 400, "this query is not understood"),
        ("/api/objects", {"sort": "beauty"}, 400, "superevents are not sorted by 'beauty'"),
        ("/api/objects", {"category": "moons"}, 400, "there are events and superevents"),
        ("/api/objects", {"start": "x"}, 400, "must be an integer"),
        ("/api/objects/S990101zz", {}, 404, "holds no S990101zz"),
        ("/api/objects/nonsense", {}, 400, "nonsense"),
        (f"/api/objects/{GRACEID}@7", {}, 404, "its newest capture is @1"),
        (f"/api/objects/{GRACEID}/alerts/9999", {}, 404, "has no alert 9999"),
        (f"/api/objects/{GRACEID}/answers", {"address": "superevents/"}, 400, "is no address of"),
        (f"/api/objects/{GRACEID}/answers", {"address": f"superevents/{GRACEID}/logs/", "place": "-1"}, 400, "place"),
        (f"/api/objects/{GRACEID}/files/none.txt,0", {}, 404, "there is no file 'none.txt,0'"),
        ("/page/../pyproject.toml", {}, 404, "there is nothing at"),
        ("/page/vendor/../../cli.py", {}, 404, "there is nothing at"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_in_one_sentence(
    client: Client, address: str, params: dict[str, str], status: int, said: str
) -> None:
    answer = client.simulate_get(address, params=params)
    assert answer.status_code == status
    assert said in answer.json["error"]
    assert "\n" not in answer.json["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client: Client, method: str) -> None:
    for address in ("/", "/api/objects", f"/api/objects/{GRACEID}"):
        assert client.simulate_request(method, address).status_code == 405


def test_a_dummy_answers_as_of_a_place(client: Client) -> None:
    story = client.simulate_get(f"/api/objects/{GRACEID}").json
    for address in story["asked"]:
        place = {"address": address, "place": "5"}
        assert client.simulate_get(f"/api/objects/{GRACEID}/answers", params=place).json["status"] == 200
    params = {"address": f"superevents/{GRACEID}/logs/", "place": str(story["entries"][6]["place"])}
    body = client.simulate_get(f"/api/objects/{GRACEID}/answers", params=params).json["body"]
    assert [entry["N"] for entry in body["log"]] == list(range(1, len(body["log"]) + 1))
    assert 0 < len(body["log"]) < len(CORPUS)


def test_the_contents_of_a_file_are_a_download_in_which_nothing_runs(client: Client) -> None:
    name = next(file["name"] for file in client.simulate_get(f"/api/objects/{GRACEID}").json["files"])
    from urllib.parse import quote

    address = f"/api/objects/{GRACEID}/files/{quote(name, safe='')},0"
    answer = client.simulate_get(address)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.content.decode() in CORPUS
    assert client.simulate_get(f"{address}/shown").json["text"] in CORPUS


def test_the_page_lets_in_nothing_but_its_own(client: Client) -> None:
    answer = client.simulate_get("/")
    policy = answer.headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    for word in ("<style", "style=", "onload"):
        assert word not in answer.text


def test_every_part_of_the_page_is_served_and_named_once(client: Client) -> None:
    for address, part in parts().items():
        answer = client.simulate_get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, part.media_type)
    folder = Path(sys.modules["gracetape.view.page_parts"].__file__ or "").parent / "page"
    assert {path.name for path in folder.glob("*.js")} == set(MODULES)


def test_web_pages_elsewhere_and_names_that_lead_here_are_refused(hostile: Path) -> None:
    import requests

    from gracetape.view.serving import page_url, serve_page

    with Archive.open(hostile) as archive, serve_page(archive) as server:
        url = page_url(server)
        assert requests.get(url, timeout=60).status_code == 200
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert requests.get(f"{url}api/about", headers=headers, timeout=60).status_code == 403


def test_the_command_writes_a_file_or_says_in_a_sentence_why_not(hostile: Path, tmp_path: Path) -> None:
    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return commands.run(["gracetape", "view", *words], cwd=tmp_path, capture_output=True)

    done = run(str(hostile), "--html", "out.html", GRACEID)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]
    for words, said in (
        ((str(hostile), "G1"), "--html"),
        ((str(hostile), "--html", "o.html", "G9"), "holds no G9"),
        (("--host", "0.0.0.0", str(hostile)), "loopback"),
    ):
        done = run(*words)
        assert done.returncode in (1, 2)
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_film_holds_what_it_is_read_by(client: Client) -> None:
    story: dict[str, Any] = client.simulate_get(f"/api/objects/{GRACEID}").json
    assert story["schema"] == 1
    assert json.loads(json.dumps(story)) == story
    assert {span["key"] for span in story["spans"]["voevent"]} == {str(n) for n in range(1, len(CORPUS) + 1)}


def test_what_was_only_heard_has_a_film_of_its_messages(tmp_path: Path) -> None:
    path = tmp_path / "heard.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        for second, far in enumerate((1e-7, 1e-9)):
            said = {"superevent_id": "S260103c", "far": far, "labels": []}
            payload = {"uid": "S260103c", "alert_type": "update" if second else "new", "data": said, "object": said}
            arrived = datetime(2026, 1, 3, 0, 0, second, 250, UTC)
            add_recorded(tx, {"S260103c": [Recorded(arrived, node, payload) for node in ("superevent", "other")]})
    with Archive.open(path) as archive:
        client = Client(make_page(archive))
        assert client.simulate_get("/api/about").json["only_heard"] == {"S260103c": 4}
        story = client.simulate_get("/api/objects/S260103c").json
        assert [change for _, change in story["record"]][1] == {"far": [1e-9]}
        assert story["places"][1] - story["places"][0] == pytest.approx(1.0)
        alerts = client.simulate_get("/api/objects/S260103c/alerts").json
        assert [(one["place"], one["type"], one["certainty"], one["nodes"]) for one in alerts] == [
            (1, "new", "recorded", ["superevent", "other"]), (2, "update", "recorded", ["superevent", "other"])
        ]  # fmt: skip
        assert client.simulate_get("/api/objects/S260103c/alerts/1").json["payload"]["object"]["far"] == 1e-9
        assert "S260103c" in page_of(archive)


def test_one_file_holds_no_more_than_can_be_mailed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gracetape.view.one_file.MOST", 1)
    with Archive.open(make_hostile(tmp_path / "two.tape")) as archive:
        with pytest.raises(UsageError, match="holds 2 objects, which are too many for one file"):
            page_of(archive)
        assert len(page_of(archive, [GRACEID, "G1"])) > 1000
