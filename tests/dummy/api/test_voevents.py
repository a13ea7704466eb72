"""VOEvents: documents that the standard's schema accepts, telling what the request told, for events and superevents."""

from typing import Any

import pytest
import voeventparse as vp
from ligo.gracedb.exceptions import HTTPError

from demo.lives import SAMPLES, new_event, sample

PROBABILITIES = {
    "BNS": 0.2, "NSBH": 0.1, "BBH": 0.6, "Terrestrial": 0.1, "ProbHasNS": 0.3, "ProbHasRemnant": 0.25, "HasMassGap": 0.05,
}  # fmt: skip


def document(client: Any, graceid: str, answer: Any) -> Any:
    """The parsed file of a VOEvent, which the schema of VOEvent 2.0 accepts."""
    parsed = vp.loads(client.files(graceid, answer.json()["filename"]).read())
    vp.assert_valid_as_v2_0(parsed)
    return parsed


def params(parsed: Any) -> dict[str, str]:
    return {param.get("name"): param.get("value") for param in parsed.iterfind(".//Param")}


@pytest.mark.parametrize("category", ["event", "superevent"])
def test_each_type_of_voevent_is_valid_and_says_what_it_was_told(
    client: Any, superevent_of: Any, category: str
) -> None:
    graceid = new_event(client)
    target = graceid if category == "event" else superevent_of(client, graceid)
    client.write_log(target, "a sky map", "skymap.fits", filecontents=b"SIMPLE = T", tag_name="sky_loc")
    seen = []
    for kind, packet in (("EW", "163"), ("PR", "150"), ("IN", "151"), ("UP", "152"), ("RE", "164")):
        map_ = {} if kind in ("EW", "PR", "RE") else {"skymap_type": "bayestar", "skymap_filename": "skymap.fits"}
        answer = client.create_voevent(target, kind, **map_, **(PROBABILITIES if kind != "RE" else {}))
        parsed = document(client, target, answer)
        told = params(parsed)
        assert (told["AlertType"][:2].upper() if kind != "EW" else "EW") == kind
        assert (told["Packet_Type"], answer.json()["voevent_type"]) == (packet, kind)
        assert answer.json()["filename"].endswith(f"-{told['AlertType']}.xml")
        assert told["GraceID"] == target
        assert parsed.get("role") == "test"
        assert ("skymap_fits" in told) == bool(map_)
        assert told.get("BBH") == (None if kind == "RE" else "0.6")
        assert told.get("HasRemnant") == (None if kind == "RE" else "0.25")
        cited = [(found.text, found.get("cite")) for found in parsed.iterfind("./Citations/EventIVORN")]
        assert cited == [(ivorn, "retraction" if kind == "RE" else "supersedes") for ivorn in reversed(seen)]
        seen.append(answer.json()["ivorn"])


def test_a_voevent_of_a_burst_says_its_frequency_and_duration(client: Any) -> None:
    name, content = sample("burst-cwb.txt")
    graceid = client.create_event("Test", "CWB", name, filecontents=content, search="AllSky").json()["graceid"]
    told = params(document(client, graceid, client.create_voevent(graceid, "PR")))
    burst = client.event(graceid).json()["extra_attributes"]["MultiBurst"]
    assert float(told["CentralFreq"]) == burst["central_freq"]
    assert float(told["Duration"]) == burst["duration"]


def test_a_coincidence_is_told_of(client: Any, superevent_of: Any) -> None:
    grb = client.create_event("Test", "Fermi", str(SAMPLES / "fermi-test.xml"), search="GRB").json()["graceid"]
    superevent = superevent_of(client, new_event(client))
    client.add_event_to_superevent(superevent, grb)
    client.update_superevent(superevent, em_type=grb, time_coinc_far=1e-9)
    told = params(document(client, superevent, client.create_voevent(superevent, "PR", raven_coinc=True)))
    assert told["External_GCN_Notice_Id"] == "123456789"
    assert told["External_Observatory"] == "Fermi"
    assert float(told["Time_Coincidence_FAR"]) == 1e-9


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"voevent_type": "UP"}, "Skymap filename is required for initial and update VOEvents."),
        ({"voevent_type": "PR", "skymap_filename": "x"}, "Skymap type is required for VOEvents that include a skymap."),
        (
            {"voevent_type": "IN", "skymap_filename": "x", "skymap_type": "y"},
            "Skymap file x not found for this superevent.",
        ),
    ],
)
def test_a_sky_map_that_is_needed_must_be_there(
    client: Any, superevent_of: Any, given: dict[str, str], why: str
) -> None:
    superevent = superevent_of(client, new_event(client))
    with pytest.raises(HTTPError) as refused:
        client.create_voevent(superevent, **given)
    assert refused.value.status_code == 400
    assert refused.value.response.json() == {"error": why}
