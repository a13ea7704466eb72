"""Requests with more values than anybody means: refused before others have to wait for what each would write."""

import json
from typing import Any

import pytest
from falcon.testing import TestClient

from demo.lives import sample
from gracetape.archive import Archive
from gracetape.dummy import GraceDb
from gracetape.dummy.app import make_app
from gracetape.reading_limits import LIMITS, ReadingLimits

MANY = LIMITS.field_values + 1
FOOTPRINTS = ("ra_list", "dec_list", "ra_width_list", "dec_width_list", "start_time_list", "duration_list")
SUPEREVENT = {"t_start": 1, "t_0": 2, "t_end": 3, "preferred_event": "T1", "category": "Test"}
REPORT = {"group": "Swift", "waveband": "em.gamma", "eel_status": "FO", "obs_status": "TE"}


@pytest.fixture
def app(tape: Archive, graceid: str) -> TestClient:
    assert graceid == "T1"
    return TestClient(make_app(tape))


@pytest.mark.parametrize(
    ("path", "fields", "name"),
    [
        ("events/T1/log/", {"comment": "a", "tagname": [f"t{i}" for i in range(MANY)]}, "tagname"),
        ("events/T1/log/", {"comment": "a", "tagname": ["t"], "displayName": ["x"] * MANY}, "displayName"),
        ("superevents/", SUPEREVENT | {"labels": ["INJ"] * MANY}, "labels"),
        ("superevents/", SUPEREVENT | {"labels": ",".join(["INJ"] * MANY)}, "labels"),
        ("superevents/", SUPEREVENT | {"events": ["T1"] * MANY}, "events"),
        ("events/T1/emobservation/", {"group": "Swift"} | {name: [1] * MANY for name in FOOTPRINTS}, "ra_list"),
        ("events/T1/embb/", REPORT | {"raList": "1," * MANY + "1"}, "raList"),
    ],
)  # fmt: skip
def test_a_field_with_too_many_values_is_refused_by_name(app: TestClient, path: str, fields: Any, name: str) -> None:
    before = app.simulate_get("/api/events/T1/log/").json["numRows"]
    kind = {"Content-Type": "application/json"}
    answered = app.simulate_post(f"/api/{path}", body=json.dumps(fields), headers=kind)
    assert (answered.status_code, f"{name} has more than 10000 values" in answered.text) == (400, True), answered.text
    assert app.simulate_get("/api/events/T1/log/").json["numRows"] == before


def test_a_form_with_too_many_fields_is_refused(app: TestClient) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answered = app.simulate_post("/api/events/T1/log/", body="comment=a" + "&a=b" * LIMITS.form_fields, headers=kind)
    assert (answered.status_code, answered.json) == (400, {"detail": "The request has more than 100000 fields."})


def test_files_are_merged_up_to_a_size_of_all_together(
    tape: Archive, app: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GraceDb(tape) as client:
        client.write_log("T1", "the file", "coinc.xml", sample("cbc-lm.xml")[1])
    assert app.simulate_get("/api/events/?query=T1&format=xml").status_code == 200
    for limits, said in (
        (ReadingLimits(merged_bytes=1000), "1000 bytes"),
        (ReadingLimits(merged_cells=10), "10 cells"),
    ):
        monkeypatch.setattr("gracetape.dummy.resources.renderings.LIMITS", limits)
        answered = app.simulate_get("/api/events/?query=T1&format=xml")
        assert (answered.status_code, f"more than {said} together" in answered.text) == (400, True)
