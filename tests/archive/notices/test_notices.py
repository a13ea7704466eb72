"""Notices say what the superevent was like at their moment: preferred event, sky map, source, coincidence, name."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from gracetape import dummy
from gracetape.archive import Archive, ArchiveError
from gracetape.archive.alerts.notices.documents import event_of
from gracetape.archive.alerts.notices.notice import _burst
from gracetape.notices import from_avro, to_avro
from tests.archive.notices.superevents import EM_BRIGHT, P_ASTRO, a_superevent, heard, validator

FIXTURES = Path(__file__).parents[2] / "fixtures"


def messages(path: Path) -> list[dict[str, Any]]:
    found = [alert.payload() for alert in heard(path)]
    for message in found:
        validator()(message)
    return found


def test_a_whole_life_is_told_as_it_was_at_each_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.label("EARLY_WARNING")
        told.alert("earlywarning", None)
        told.later().source()
        told.later().skymap(b"the first map")
        told.label("SIGNIF_LOCKED")
        told.alert("preliminary", "bayestar.multiorder.fits,0")
        told.later().label("GCN_PRELIM_SENT")
        second = told.later().event(pipeline="pycbc")
        told.client.update_superevent(told.superevent, preferred_event=second)
        told.later().skymap(b"the second map")
        told.later().source(BNS=0.5)
        told.alert("preliminary", "bayestar.multiorder.fits,1", BNS=0.5)
        told.later(300).alert("initial", "bayestar.multiorder.fits,1")
        told.later().skymap(b"what bilby found", "Bilby.multiorder.fits")
        told.later().alert("update", "Bilby.multiorder.fits,0")
        told.later().alert("retraction", None)
    found = messages(path)
    assert [message["alert_type"] for message in found] == [
        "EARLYWARNING", "PRELIMINARY", "PRELIMINARY", "INITIAL", "UPDATE", "RETRACTION",
    ]  # fmt: skip
    maps = [base64.b64decode((message["event"] or {}).get("skymap") or "") for message in found]
    assert maps == [
        b"", b"the first map", b"the second map", b"the second map", b"what bilby found", b"",
    ]  # fmt: skip
    pipelines = [(message["event"] or {}).get("pipeline") for message in found]
    assert pipelines == ["gstlal", "gstlal", "pycbc", "pycbc", "pycbc", None]
    assert found[0]["event"]["classification"] == {}
    assert found[1]["event"]["classification"] == P_ASTRO
    assert found[1]["event"]["properties"] == EM_BRIGHT
    assert found[2]["event"]["classification"] == P_ASTRO | {"BNS": 0.5}
    assert found[5]["event"] is found[5]["external_coinc"] is None
    assert [message["time_created"] for message in found][:2] == ["2026-03-01T12:00:11Z", "2026-03-01T12:00:31Z"]
    assert {message["urls"]["gracedb"] for message in found} == {
        f"https://dummy.invalid/superevents/{told.superevent}/view/"
    }


def test_a_coincidence_is_told_of_with_its_combined_map(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    voevent = (
        b'<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" version="2.0" role="test" ivorn="ivo://gcn/Fermi#1">'
        b'<Who><Date>2026-03-01T12:00:00</Date></Who><What><Param name="TrigID" value="123456"/></What>'
        b"<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords><Time><TimeInstant><ISOTime>2010-10-20T12:00:00</ISOTime>"
        b"</TimeInstant></Time></AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen></voe:VOEvent>"
    )
    with a_superevent(path) as told:
        external = told.client.create_event("External", "Fermi", "a.xml", filecontents=voevent, search="GRB").json()[
            "graceid"
        ]
        told.source()
        told.skymap(b"one")
        told.alert("preliminary")
        told.later().client.update_superevent(
            told.superevent, em_type=external, time_coinc_far=1e-6, space_coinc_far=1e-8
        )
        told.label("RAVEN_ALERT")
        told.write("combined-ext.multiorder.fits", b"both", "sky_loc", "ext_coinc", "public")
        told.alert("initial", raven_coinc=True, combined_skymap_filename="combined-ext.multiorder.fits,0")
        given = told.client.event(external).json()
        t_0 = told.client.superevent(told.superevent).json()["t_0"]
    before, after = messages(path)
    assert before["external_coinc"] is None
    assert after["external_coinc"] == {
        "gcn_notice_id": 123456,
        "ivorn": given["extra_attributes"]["GRB"]["ivorn"],
        "observatory": "Fermi",
        "search": "GRB",
        "time_difference": round(given["gpstime"] - t_0, 2) if given["gpstime"] else 0.0,
        "time_coincidence_far": 1e-6,
        "time_sky_position_coincidence_far": 1e-8,
        "combined_skymap": base64.b64encode(b"both").decode(),
    }


def test_a_confirmed_superevent_keeps_its_id_and_its_page_has_the_new_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.skymap()
        told.alert("preliminary")
        told.later().client.confirm_superevent_as_gw(told.superevent)
        told.later().alert("update")
        name = told.client.superevent(told.superevent).json()["gw_id"]
    before, after = messages(path)
    assert before["superevent_id"] == after["superevent_id"] == told.superevent
    assert before["urls"]["gracedb"].endswith(f"/{told.superevent}/view/")
    assert after["urls"]["gracedb"].endswith(f"/{name}/view/")


def test_a_map_that_came_late_was_in_no_notice_before(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.alert("preliminary", None)
        told.later(1).skymap()
        told.later().alert("initial")
    before, after = messages(path)
    assert (before["event"]["skymap"], after["event"]["skymap"]) == (
        None,
        base64.b64encode(b"SIMPLE  = T map").decode(),
    )


def test_what_was_not_for_the_public_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.alert("preliminary", None)
        told.later(500).alert("preliminary", None, internal=True, open_alert=False)
    assert [alert.n for alert in heard(path)] == [heard(path)[0].n]


def test_voevents_that_are_all_marked_as_internal_are_guesses(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.alert("preliminary", None, internal=True, open_alert=False)
    (alert,) = heard(path)
    assert (alert.certainty, "marked as internal" in alert.reason) == ("guessed", True)


@pytest.mark.parametrize(("label", "significant"), [("GCN_PRELIM_SENT", True), ("LOW_SIGNIF_PRELIM_SENT", False)])
def test_labels_tell_of_alerts_where_nothing_else_does(tmp_path: Path, label: str, significant: bool) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.source()
        told.skymap(b"chosen")
        told.later().label(label)
        told.later().label("ADVREQ")
        told.client.create_signoff(told.superevent, "ADV", "NO", "", "")
    first, last = messages(path)
    assert (first["alert_type"], last["alert_type"]) == ("PRELIMINARY", "RETRACTION")
    assert first["event"]["significant"] is significant
    assert base64.b64decode(first["event"]["skymap"]) == b"chosen"
    assert [alert.certainty for alert in heard(path)] == ["inferred", "guessed"]


def test_a_notice_that_the_server_keeps_is_sent_as_it_is(tmp_path: Path) -> None:
    path, notice = tmp_path / "a.tape", {}
    with a_superevent(path) as told:
        told.alert("preliminary", None)
        notice = heard(path)[0].payload()
        notice["event"]["classification"] = {"BNS": 1.0}
        text = json.dumps(notice | {"time_created": "2026-03-01T12:00:40Z"}, indent=1).encode()
        told.later(20).write(f"{told.superevent}-preliminary.json", text, "public", "em_follow")
        told.write(f"{told.superevent}-preliminary.avro", heard(path)[0].payload("gwalert-avro"), "public", "em_follow")
    (alert,) = heard(path)
    assert alert.payload() == json.loads(text)
    assert alert.certainty == "recorded"


def test_a_notice_of_api_v2_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.alert("preliminary", None)
    notice = heard(path)[0].payload()
    notice["event"]["classification"] = {"BNS": 1.0}
    with Archive.open(path, read_only=False) as archive, dummy.GraceDb(archive, api_version="v2", keep=True) as client:
        client.create_notice(notice["superevent_id"], "n.json", json.dumps(notice | {"alert_type": "UPDATE"}))
    first, last = heard(path)
    assert (first.certainty, last.certainty) == ("inferred", "recorded")
    assert last.payload() == notice | {"alert_type": "UPDATE"}


def test_two_updates_within_a_minute_are_two_and_each_has_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.skymap()
        for n in range(2):
            told.later(5).alert("update")
            notice = heard(path)[n].payload() | {"urls": {"n": f"https://example.org/{n}"}}
            told.later(5).write(f"{told.superevent}-update.json", json.dumps(notice), "public", "em_follow")
    found = messages(path)
    assert [notice["urls"]["n"][-1] for notice in found] == ["0", "1"]


def test_avro_holds_its_schema_and_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.source()
        told.skymap(bytes(range(256)))
        told.alert("preliminary")
        told.later().alert("retraction", None)
    for alert in heard(path):
        (found,) = fastavro.reader(io.BytesIO(alert.payload("gwalert-avro")))
        expected = alert.payload()
        if expected["event"]:
            expected["event"] |= {"skymap": bytes(range(256)), "mchirp_source": None}
        assert found == expected
        assert alert.payload("gwalert-avro") == alert.payload("gwalert-avro")


def test_avro_holds_what_json_leaves_out_and_says_what_it_cannot_hold() -> None:
    event = {
        "time": "t",
        "far": 1,
        "significant": True,
        "instruments": [],
        "group": "CBC",
        "pipeline": "p",
        "search": "s",
    }
    notice: dict[str, Any] = {"alert_type": "UPDATE", "time_created": "t", "superevent_id": "S1", "urls": {}}
    notice |= {"event": event | {"classification": {}, "properties": {}, "skymap": None}, "external_coinc": None}
    found = from_avro(to_avro(notice))
    assert (found["event"]["duration"], found["event"]["far"]) == (None, 1.0)
    with pytest.raises(ArchiveError, match="not as the schema wants it"):
        to_avro(notice | {"alert_type": "NOPE"})
    with pytest.raises(ValueError, match="no Avro container"):
        from_avro(b"Obj\x01junk")


@pytest.mark.parametrize("name", ["short", "long"])
def test_fixtures_are_told_of_in_the_schema(name: str) -> None:
    assert len(messages(FIXTURES / f"{name}.tape")) == {"short": 1, "long": 3}[name]


def test_notices_in_json_name_their_maps_from_june_of_2026_on_and_those_in_avro_do_not(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.skymap()
        told.alert("preliminary", "bayestar.multiorder.fits,0")
        told.later(120 * 86400).alert("initial", "bayestar.multiorder.fits,0")
    first, second = (message["event"] for message in messages(path))
    assert ("skymap_filename" in first, second["skymap_filename"]) == (False, "bayestar.multiorder.fits,0")
    (packed,) = fastavro.reader(io.BytesIO(heard(path)[1].payload("gwalert-avro")))
    assert "skymap_filename" not in packed["event"]


def test_a_burst_whose_attributes_the_public_does_not_see_is_told_of_as_its_voevent_has_it() -> None:
    said = event_of({"Duration": "0.25", "CentralFreq": "150.5", "Group": "Burst"})
    assert _burst(said | {"extra_attributes": {"MultiBurst": {"ifos": "H1,L1"}}}) == (0.25, 150.5)
    assert _burst({"extra_attributes": {"MLyBurst": {"duration": 0.1, "central_freq": 60.0}}}) == (0.1, 60.0)


def test_a_notice_has_the_same_bytes_in_avro_whatever_order_dictionaries_of_the_library_have() -> None:
    notice = {"alert_type": "RETRACTION", "time_created": "2025-01-29T00:00:57Z", "superevent_id": "S250129a"}
    notice |= {
        "urls": {"gracedb": "https://gracedb.invalid/superevents/S250129a/view/"},
        "event": None,
        "external_coinc": None,
    }
    written = json.loads(fastavro.reader(io.BytesIO(to_avro(notice))).metadata["avro.schema"])

    def unsorted(value: Any) -> list[list[str]]:
        inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
        mine = [list(value)] if isinstance(value, dict) and list(value) != sorted(value) else []
        return [*mine, *(keys for item in inner for keys in unsorted(item))]

    assert unsorted(written) == []
