"""What API v2 has besides v1, and what it gave up."""

import json
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import SAMPLES, new_event, sample
from gracetape.archive import Alert

COINC = str(SAMPLES / "cbc-lm.xml")


def notice(superevent: str, **event: Any) -> dict[str, Any]:
    told = {
        "significant": True, "time": "2026-01-01T00:00:00.000Z", "far": 1e-8, "instruments": ["H1", "L1"],
        "group": "CBC", "pipeline": "gstlal", "search": "AllSky", "properties": {"HasNS": 0.1},
        "classification": {"BNS": 0.2}, "duration": None, "central_frequency": None, "skymap": None,
    }  # fmt: skip
    return {
        "alert_type": "INITIAL", "time_created": "2026-01-01T00:00:00Z", "superevent_id": superevent,
        "urls": {}, "event": told | event, "external_coinc": None,
    }  # fmt: skip


def refusal(act: Any, *args: Any, **kwargs: Any) -> tuple[int, Any]:
    with pytest.raises(HTTPError) as refused:
        act(*args, **kwargs)
    return refused.value.status_code, refused.value.response.json()


def test_a_reserved_event_is_announced_when_its_file_comes(client_v2: Any, announced: list[Alert]) -> None:
    reserved = client_v2._reserve_graceid("Test", "gstlal", search="AllSky", replay_id="run-1").json()
    assert reserved["submitter"] == "gracetape"
    graceid = reserved["graceid"]
    assert client_v2.event(graceid).json()["processing_status"] == "reserved"
    assert (client_v2.logs(graceid).json()["logs"], announced) == ([], [])
    answer = client_v2.upload_reserved_event(graceid, COINC, labels=["DQV"], kafka_server="k:1", kafka_topic="test")
    assert answer.status_code == 201
    record = client_v2.event(graceid).json()
    assert (record["processing_status"], record["replay_id"], record["nevents"]) == ("uploaded", "run-1", 3)
    assert [alert.alert_type for alert in announced] == ["new", "label_added"]
    status, said = refusal(client_v2.upload_reserved_event, graceid, COINC)
    assert (status, "not reserved" in said["error"]) == (400, True)


def test_a_malformed_replay_id_is_refused_or_warned_of(client: Any, client_v2: Any) -> None:
    status, said = refusal(client_v2._reserve_graceid, "Test", "gstlal", replay_id="has space")
    assert (status, said["error"].startswith("malformed replay_id")) == (400, True)
    made = client.create_event("Test", "gstlal", COINC, replay_id="x" * 31).json()
    assert made["replay_id"] is None
    assert any("malformed replay_id" in warning for warning in made["warnings"])


def test_a_notice_is_kept_as_it_came(client_v2: Any, superevent_of: Any) -> None:
    superevent = superevent_of(client_v2, new_event(client_v2))
    content = json.dumps(notice(superevent), indent=3)
    made = client_v2.create_notice(superevent, "n.json", filecontents=content).json()
    assert (made["notice_type"], made["filename"]) == ("IN", f"{superevent}-1-initial.json")
    assert (made["prob_bns"], made["prob_has_ns"], made["prob_bbh"]) == (0.2, 0.1, None)
    assert client_v2.files(superevent, made["filename"]).read().decode() == content
    assert client_v2.notices(superevent).json()["notices"] == [client_v2.notices(superevent, 1).json()]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"superevent_id": "S000101zz"}, "does not match the superevent"),
        ({"alert_type": "LOUD"}, "alert_type: 'LOUD' is not one of"),
        ({"event": {}}, "does not conform to the schema"),
    ],
)
def test_a_notice_must_be_of_its_superevent_and_as_the_schema_wants_it(
    client_v2: Any, superevent_of: Any, change: dict[str, Any], said: str
) -> None:
    superevent = superevent_of(client_v2, new_event(client_v2))
    told = json.dumps(notice(superevent) | change)
    status, body = refusal(client_v2.create_notice, superevent, "n.json", filecontents=told)
    assert (status, said in body["error"]) == (400, True), body
    assert client_v2.notices(superevent).json()["numRows"] == 0


def test_what_v2_gave_up_is_gone_and_stays_readable(client: Any, client_v2: Any, superevent_of: Any) -> None:
    graceid = new_event(client)
    superevent = superevent_of(client, graceid)
    client.create_voevent(superevent, "PR")
    for act, of in (
        (client_v2.voevents, graceid), (client_v2.emobservations, graceid), (client_v2.emobservations, superevent),
    ):  # fmt: skip
        assert refusal(act, of)[0] == 410
    assert refusal(client_v2.create_voevent, superevent, "PR") == (
        410,
        {"detail": "This functionality has been deprecated and will not be re-implemented on GraceDB"},
    )
    assert client_v2.voevents(superevent).json()["numRows"] == 1


def test_lists_are_named_as_each_version_names_them(client: Any, client_v2: Any) -> None:
    graceid = new_event(client)
    assert client.logs(graceid).json()["log"][0]["N"] == client_v2.logs(graceid).json()["logs"][0]["N"] == 1
    assert set(client.files(graceid).json()) == {f["filename"] for f in client_v2.files(graceid).json()["files"]}


def test_catalogues_have_versions(client: Any, superevent_of: Any) -> None:
    graceid = new_event(client)
    superevent = superevent_of(client, graceid)
    smap = {superevent: {"pipelines": {"gstlal": graceid}, "far": 1e-9, "pastro": None}}
    for version in (1, 2):
        made = client.gwtc_create(smap, "4", comment="try").json()
        assert (made["version"], made["gwtc_superevents"]) == (version, smap)
    assert client.gwtc_get("4", "latest").json() == made
    assert client.gwtc_get("4", 1).json()["version"] == 1
    assert [found["version"] for found in client.gwtc_list()] == [2, 1]
    assert (client.gwtc_numbers(), client.gwtc_versions("4")) == (["4"], [2, 1])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"S000101zz": {}}, "Superevent S000101zz was not found in the database."),
        ({"superevent": {"far": None, "pastro": None}}, "superevent key pipelines not found for gwtc_superevent {}."),
        ({"superevent": {"pipelines": {"gstlal": "T9"}}}, "Catalog Error: Event T9 was not found in the database."),
        ({"superevent": {"pipelines": {"pycbc": "T1"}}}, "Catalog Error: Pipeline of T1 (gstlal) does not match"),
        ({"superevent": {"pipelines": {}, "far": "x", "pastro": None}}, "far value for {} must be null or a valid number"),
    ],
)  # fmt: skip
def test_a_catalogue_names_only_what_is_there(client: Any, superevent_of: Any, told: Any, said: str) -> None:
    superevent = superevent_of(client, new_event(client))
    smap = {superevent if name == "superevent" else name: value for name, value in told.items()}
    status, body = refusal(client.gwtc_create, smap, "4")
    assert (status, body["error"].startswith(said.format(superevent))) == (400, True), body


def test_a_burst_of_gamma_rays_is_updated_and_told_of(client: Any, announced: list[Alert]) -> None:
    name, content = sample("fermi-test.xml")
    graceid = client.create_event("Test", "Fermi", name, filecontents=content, search="GRB").json()["graceid"]
    client.update_grbevent(graceid, redshift=1.5, t90=3.0)
    log = client.logs(graceid).json()["log"][-1]
    assert log["comment"] == "Updated GRB event parameters: t90: None -> 3.0, redshift: None -> 1.5"
    assert announced[-1].alert_type == "update"
    assert announced[-1].data["extra_attributes"]["GRB"]["redshift"] == 1.5
    assert refusal(client.update_grbevent, graceid, redshift=1.5) == (400, ["Request would not modify the GRB event"])
