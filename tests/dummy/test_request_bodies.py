"""Bodies that come in chunks or in great parts: taken like others, in the process and over HTTP, within one limit for all fields."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from gracetape import dummy
from gracetape.archive import Archive

MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture(params=["in process", "served"])
def client(request: pytest.FixtureRequest, tape: Archive) -> Iterator[Any]:
    if request.param == "served":
        with dummy.serve(dummy.make_app(tape)) as server, GraceDb(server.url, force_noauth=True) as served:
            yield served
    else:
        with dummy.GraceDb(tape) as inside:
            yield inside


def part(name: str, value: bytes, filename: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + value + b"\r\n"


def post(client: Any, graceid: str, body: Any, headers: dict[str, str] = MULTIPART) -> requests.Response:
    address = f"{client._service_url}events/{graceid}/log/"
    try:
        answer: requests.Response = requests.Session.post(client, address, data=body, headers=headers)
    except HTTPError as error:
        return error.response
    return answer


def test_a_body_in_chunks_is_taken_like_another(client: Any, graceid: str) -> None:
    whole = part("comment", b"in chunks") + part("upload", b"x" * 3_000_000, "big.dat") + b"--b--\r\n"
    answer = post(client, graceid, (whole[at : at + 100_000] for at in range(0, len(whole), 100_000)))
    assert answer.status_code == 201
    assert client.logs(graceid).json()["log"][-1]["comment"] == "in chunks"
    assert len(client.files(graceid, "big.dat").read()) == 3_000_000


def test_a_file_without_a_known_length_is_read_to_its_end(client: Any, graceid: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(client, graceid, iter([b"comment=a+w", b"ord"]), form).status_code == 201
    assert client.logs(graceid).json()["log"][-1]["comment"] == "a word"


def test_the_limit_on_fields_holds_for_all_of_them_together(
    client: Any, graceid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.dummy.forms._MAX_FIELDS", 100_000)
    fields = b"".join(part(f"field{n}", b"x" * 30_000) for n in range(4))
    answer = post(client, graceid, part("comment", b"many") + fields + b"--b--\r\n")
    assert answer.status_code == 413
    assert "100000 bytes together" in answer.text
    fits = part("comment", b"fits") + part("upload", b"y" * 500_000, "file.dat") + b"--b--\r\n"
    assert post(client, graceid, fits).status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"--b", b"--b\r\n\r\n", b"--c--\r\n", part("comment", b"no end"), part("comment", b"\xff") + b"--b--"]
)
def test_a_malformed_multipart_body_is_one_sentence(client: Any, graceid: str, body: bytes) -> None:
    answer = post(client, graceid, body)
    assert answer.status_code == 400, answer.text


def test_curl_which_asks_before_it_sends_gets_its_answer(tape: Archive, graceid: str, tmp_path: Path) -> None:
    with dummy.serve(dummy.make_app(tape)) as server:
        answer = requests.post(
            f"{server.url}events/{graceid}/log/", files={"upload": ("a.dat", b"z" * 2_000_000)}, data={"comment": "asked"},
            headers={"Expect": "100-continue"}, timeout=60,
        )  # fmt: skip
    assert answer.status_code == 201
