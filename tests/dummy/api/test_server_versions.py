"""What depends on the version of the server: the shape of API v2, what it gave up, and the refusals of API v1."""

from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from demo.lives import new_event, sample
from gracetape import capture, dummy
from gracetape.archive import Archive
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.serving import served
from gracetape.errors import UsageError


def older(tape: Archive, version: str = "2.35", **options: Any) -> Any:
    return dummy.GraceDb(tape, server_version=version, **options)


def refusal(act: Any, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
    with pytest.raises(HTTPError) as refused:
        act(*args, **kwargs)
    return refused.value.status_code, refused.value.response.content


def superevent_of(client: Any, graceid: str) -> str:
    return str(client.create_superevent(1, 2, 3, graceid, category="T").json()["superevent_id"])


def test_v2_of_servers_before_its_own_serializers_is_v1(tape: Archive) -> None:
    with older(tape, api_version="v2") as client, dummy.GraceDb(tape, api_version="v2") as today:
        graceid = new_event(client)
        superevent = superevent_of(client, graceid)
        for of in (graceid, superevent):
            client.write_log(of, "told", "a.txt", "text", tag_name="sky_loc")
            assert "log" in client.logs(of).json()
            assert client.files(of).json()["a.txt,0"].endswith("/a.txt,0")
            assert "/api/v2/" in client.files(of).json()["a.txt"]
            assert "logs" in today.logs(of).json()
            assert isinstance(today.files(of).json()["files"], list)
        assert client.create_voevent(graceid, "PR").status_code == 201
        assert client.create_voevent(superevent, "PR").status_code == 201
        assert client.emobservations(graceid).json()["observations"] == []
        assert refusal(today.voevents, graceid)[0] == 410
        name, contents = sample("fermi-test.xml")
        burst = client.create_event("Test", "Fermi", name, filecontents=contents).json()["graceid"]
        assert client.update_grbevent(burst, redshift=1.0).json()["graceid"] == burst
        assert client.write_label(graceid, "INJ").json() == "{}"
        assert today.write_label(graceid, "DQV").json() == {}


def test_the_root_tells_the_version_and_what_goes_with_it(tape: Archive) -> None:
    with older(tape, api_version="v2") as client, dummy.GraceDb(tape, api_version="v2") as today:
        assert (client.server_version, today.server_version) == ("2.35", "2.36.0")
        assert client.em_groups
        assert today.em_groups is None
        assert "superevent-notice-list-template" not in client.templates
        assert "superevent-notice-list-template" in today.templates


def test_a_captured_tape_answers_as_the_server_that_it_was_captured_from(tape: Archive, tmp_path: Path) -> None:
    with older(tape) as client, Archive.create(tmp_path / "captured.tape") as captured:
        graceid = new_event(client)
        capture.capture([graceid], captured, client)
        with dummy.GraceDb(captured, api_version="v2") as answered:
            assert answered.server_version == "2.35"
            assert answered.logs(graceid).json()["log"][0]["N"] == 1
        with older(captured, "2.36.1", api_version="v2") as answered:
            assert answered.logs(graceid).json()["logs"][0]["N"] == 1


def test_v1_of_servers_before_refused_with_bare_texts(tape: Archive) -> None:
    with older(tape, "2.34.2") as client, older(tape, "2.34.2", api_version="v2") as v2, older(tape) as later:
        graceid = new_event(client)
        superevent = superevent_of(client, graceid)
        client.write_label(superevent, "EM_READY")
        client.write_label(superevent, "ADVREQ")
        client.create_signoff(superevent, "ADV", "OK", "x")
        client.add_tag(graceid, 1, "pe")
        client.add_tag(superevent, 1, "pe")
        bare: list[tuple[Any, Any, int, str]] = [
            ("write_label", (superevent, "EM_READY"), 400, '"The fields superevent, name must make a unique set."'),
            ("create_signoff", (superevent, "ADV", "OK", "x"), 400, '"The fields superevent, instrument must make a unique set."'),
            ("add_tag", (superevent, 1, "pe"), 400, '"Tag is already applied to this log message"'),
            ("add_tag", (graceid, 1, "pe"), 409, '"Log already has tag pe"'),
            ("add_event_to_superevent", (superevent, graceid), 400, f'"Event {graceid} is already assigned to a Superevent"'),
            ("confirm_superevent_as_gw", ("S010101a",), 404, '{"detail":"Not found."}'),
        ]  # fmt: skip
        for method, given, status, body in bare:
            assert refusal(getattr(client, method), *given) == (status, body.encode())
        assert refusal(client.update_superevent, superevent, t_start=1) == (
            400,
            b'"Request would not modify the superevent"',
        )
        for other in (v2, later):
            said = f'{{"error": "Label EM_READY already applied to superevent {superevent}"}}'
            assert refusal(other.write_label, superevent, "EM_READY") == (400, said.encode())


def test_a_version_that_is_none_is_refused(tape: Archive) -> None:
    for wrong in ("", "new", "2", "v2.36", "2.36x"):
        with pytest.raises(UsageError, match="no version of a server"):
            older(tape, wrong)


def test_what_is_wrong_with_several_fields_is_told_at_once(client: Any) -> None:
    root = "https://dummy.invalid/api/"
    every = b'{"error": ["This field is required.", "This field is required.", "This field is required.", "This field is required.", '
    assert refusal(client.post, f"{root}superevents/", json={}) == (400, every + b'"This field is required."]}')
    mixed = {"category": "X", "preferred_event": "Z1", "t_start": 1, "t_0": "x", "t_end": 3, "labels": ["NONE"]}
    said = '"\\"X\\" is not a valid choice.", "Not a valid graceid.", "A valid number is required.", "Object with name=NONE does not exist."'
    assert refusal(client.post, f"{root}superevents/", json=mixed) == (400, f'{{"error": [{said}]}}'.encode())
    choice = "Select a valid choice. That choice is not one of the available choices."
    fields = {"group": "Test", "pipeline": "none", "search": "none"}
    body = f'{{"errors":["pipeline: * {choice}","search: * {choice}"]}}'
    assert refusal(client.post, f"{root}events/", data=fields, files={"eventFile": ("x", b"x")}) == (400, body.encode())
    empty = {"group": "Test", "pipeline": "gstlal"}
    body = '{"errors":["eventFile: * The submitted file is empty."]}'
    assert refusal(client.post, f"{root}events/", data=empty, files={"eventFile": ("x", b"")}) == (400, body.encode())


@pytest.mark.parametrize(
    ("em_type", "said"),
    [
        ("M170817", "event for em_type=M170817 not found"),
        ("Fermi", "em_type for superevent {} is not a valid graceid"),
        ("event", "Combined skymap file none.fits not found for this superevent."),
    ],
)
def test_a_coincidence_needs_its_external_event(client: Any, em_type: str, said: str) -> None:
    graceid = new_event(client)
    superevent = superevent_of(client, graceid)
    client.update_superevent(superevent, em_type=graceid if em_type == "event" else em_type)
    body = f'{{"error": "{said.format(superevent)}"}}'.encode()
    given = {"raven_coinc": True, "combined_skymap_filename": "none.fits"}
    assert refusal(client.create_voevent, superevent, "PR", **given) == (400, body)


def test_an_object_that_is_not_there_is_told_of_before_what_is_wrong_with_the_request(
    client: Any, client_v2: Any
) -> None:
    root = "https://dummy.invalid/api/"
    superevent = superevent_of(client, new_event(client))
    for path in (
        "labels/",
        "logs/",
        "events/",
        "signoffs/",
        "voevents/",
        "permissions/modify/",
        "pipeline_preferred_events/",
    ):
        assert refusal(client.post, f"{root}superevents/S010101a/{path}", json={}) == (404, b'{"detail":"Not found."}')
    assert refusal(client.post, f"{root}superevents/{superevent}/logs/99/tags/", json={}) == (
        404,
        b'{"detail":"Not found."}',
    )
    assert refusal(client.put, f"{root}events/T1/log/99/tag/a$") == (404, b'"Log does not exist."')
    for path in ("log/", "voevent/", "emobservation/", "embb/"):
        assert refusal(client.post, f"{root}events/T99/{path}", json={}) == (404, b"Event not found.")
    assert refusal(client.replace_event, "T99", "x", filecontents="x") == (404, b"Event not found.")
    assert refusal(client_v2.voevents, "T99")[0] == 410


def test_several_wrong_fields_of_one_request_are_all_named(client: Any) -> None:
    root = "https://dummy.invalid/api/"
    superevent = superevent_of(client, new_event(client))
    signoff = {"signoff_type": "XX", "instrument": "Z9", "comment": "x"}
    said = '"\\"XX\\" is not a valid choice.", "\\"Z9\\" is not a valid choice.", "This field is required."'
    assert refusal(client.post, f"{root}superevents/{superevent}/signoffs/", json=signoff) == (
        400,
        f'{{"error": [{said}]}}'.encode(),
    )
    voevent = {"voevent_type": "PR", "internal": "x", "BNS": 2, "BBH": -1}
    limits = '"Ensure this value is less than or equal to 1.", "Ensure this value is greater than or equal to 0."'
    body = f'{{"error": ["Must be a valid boolean.", {limits}]}}'.encode()
    assert refusal(client.post, f"{root}superevents/{superevent}/voevents/", json=voevent) == (400, body)
    twice = b'{"error": ["This field is required.", "This field is required."]}'
    assert refusal(client.post, f"{root}gwtc/", json={}) == (400, twice)


def test_a_served_dummy_is_of_the_version_that_was_asked_for(tmp_path: Path) -> None:
    with served(DummyOptions(archive=tmp_path / "made.tape", create=True, server_version="2.35")) as (_, server):
        client = GraceDb(server.url, force_noauth=True, api_version="v2")
        assert (client.server_version, client.logs(new_event(client)).json()["log"][0]["N"]) == ("2.35", 1)
