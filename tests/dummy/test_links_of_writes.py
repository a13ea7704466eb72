"""What a write answers is found at the dummy, also of an object that was captured from elsewhere: in links and in Location."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.packing import convert

FIXTURE = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a dummy over a tape of another server."""
    path = tmp_path_factory.mktemp("elsewhere") / "elsewhere.tape"
    with Archive.open(FIXTURE) as source:
        convert(source, path, packed=False)
    with sqlite3.connect(path / "archive.sqlite") as tables:
        tables.execute("UPDATE captures SET service = 'https://gracedb-playground.invalid/api/'")
    tables.close()
    with Archive.open(path, read_only=False) as tape, dummy.serve(dummy.make_app(tape)) as running:
        requests.post(f"{running.url}superevents/TS101020a/labels/", data={"name": "V1OPS"})
        yield running.url


REPORT = {"group": "Test", "waveband": "em.opt", "eel_status": "FO", "obs_status": "OB", "comment": "seen"}
OBSERVATION = {
    "group": "Test", "comment": "", "ra_list": "1", "dec_list": "2", "ra_width_list": "3", "dec_width_list": "4",
    "start_time_list": "2026-01-01T00:00:00", "duration_list": "5",
}  # fmt: skip


def links_in(value: Any) -> list[str]:
    """Every address in an answer."""
    if isinstance(value, dict | list):
        return [link for one in (value.values() if isinstance(value, dict) else value) for link in links_in(one)]
    return [value] if isinstance(value, str) and value.startswith(("http:", "https:")) else []


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("superevents/TS101020a/logs/", {"comment": "seen"}),
        ("superevents/TS101020a/logs/1/tags/", {"name": "mine"}),
        ("superevents/TS101020a/labels/", {"name": "DQV"}),
        ("superevents/TS101020a/signoffs/", {"signoff_type": "OP", "instrument": "V1", "status": "OK", "comment": ""}),
        ("superevents/TS101020a/voevents/", {"voevent_type": "PR", "internal": "1"}),
        ("superevents/TS101020a/emobservations/", OBSERVATION),
        ("events/T1/log/", {"comment": "seen"}),
        ("events/T1/voevent/", {"voevent_type": "PR", "internal": "1"}),
        ("events/T1/emobservation/", OBSERVATION),
        ("events/T1/embb/", REPORT),
    ],
)
def test_what_was_written_is_found_at_the_dummy(api: str, address: str, data: dict[str, str]) -> None:
    answer = requests.post(api + address, data=data)
    assert answer.status_code == 201, answer.text
    place = answer.headers.get("Location")  # none where the record tells of none
    links = links_in([answer.json(), place])
    assert [link for link in links if not link.startswith(api)] == []
    assert place is None or requests.get(place).status_code == 200
