"""Other observatories' triggers, uploaded as gwcelery uploads them: GCN's JSON and VOEvents with parameters in groups."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.pipelines import read_upload, retimed
from gracetape.times import gps_of, parse_time

TIME = "2025-03-04T05:06:07.25Z"
GPS = 1425099985.25
PLACE = {"ra": 12.5, "dec": -40.25}

#: Pipeline, what its notice says besides its time -> trigger_id, error_radius, trigger_duration, FAR.
NOTICES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("Fermi", {"mission": "Fermi", "instrument": "GBM", "id": ["7451", "bn25"], "rate_duration": 2.048},
     ("7451_bn25", None, 2.048, None)),
    ("Fermi", PLACE | {"mission": "Fermi", "id": ["7451", "bn25"], "ra_dec_error": 7.15, "rate_duration": 0},
     ("7451_bn25", 7.15, None, None)),
    ("Fermi", PLACE | {"mission": "Fermi", "id": [6995, 20512], "dec_uncertainty": [0.3], "far": 5e-6, "rate_duration": 1.024},
     ("6995_20512", 0.3, 1.024, 5e-6)),
    ("Swift", {"mission": "Swift", "instrument": "BAT-GUANO", "id": ["694"], "far": 5e-8, "image_duration": 0.256},
     ("694", None, 0.256, 5e-8)),
    ("Swift", PLACE | {"mission": "Swift", "id": ["694"], "ra_uncertainty": [0.03], "image_duration": 0.5, "rate_duration": 1.0},
     ("694", 0.03, 1.0, None)),
    ("IceCube", PLACE | {"mission": "IceCube", "id": ["137_57_0"], "ra_dec_error": 0.5, "far": 8e-8, "event_name": ["IceCube-25A"]},
     ("137_57_0", 0.5, None, 8e-8)),
    ("CHIME", PLACE | {"id": "4273", "ra_dec_error": [0.5, 0.6, 0], "description": "made by nobody"}, ("4273", 0.5, None, None)),
    ("CHIME", {"id": "4273", "alert_type": "retraction"}, ("4273", None, None, None)),
    ("SVOM", PLACE | {"instrument": "ECLAIRs", "id": ["sb25"], "ra_dec_error": 0.1}, ("sb25", 0.1, None, None)),
    ("EinsteinProbe", PLACE | {"instrument": "WXT", "id": ["017"], "ra_dec_error": 0.05}, ("017", 0.05, None, None)),
    ("INTEGRAL", PLACE | {"mission": "INTEGRAL", "id": [11], "ra_dec_error": None}, ("11", None, None, None)),
    ("AGILE", {"mission": "AGILE", "id": 12}, ("12", None, None, None)),
    ("SNEWS", {"id": ["SN1"]}, ("SN1", None, None, None)),
    ("KamLAND", {"id": ["K1"], "far": "1e-9"}, ("K1", None, None, 1e-9)),
]  # fmt: skip


@pytest.mark.parametrize(("pipeline", "said", "wanted"), NOTICES)
def test_a_notice_in_json_fills_what_clients_read(
    tmp_path: Path, pipeline: str, said: dict[str, Any], wanted: tuple[Any, ...]
) -> None:
    notice = json.dumps({"$schema": "https://example.org", "trigger_time": TIME} | said).encode()
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive, api_version="v2") as client:
        made = client.create_event("External", pipeline, "initial.data", filecontents=notice).json()
        grb = made["extra_attributes"]["GRB"]
        assert (grb["trigger_id"], grb["error_radius"], grb["trigger_duration"], made["far"]) == wanted
        assert (made["gpstime"], made["warnings"]) == (GPS, [])
        assert (grb["ra"], grb["dec"]) == (said.get("ra"), said.get("dec"))
        assert {"ivorn", "author_ivorn", "coord_system", "observatory_location_id", "T90", "redshift"} <= grb.keys()
        assert grb["author_shortname"] == said.get("mission", pipeline)
        query = f'group: External pipeline: {pipeline} grbevent.trigger_id = "{wanted[0]}"'
        assert [event["graceid"] for event in client.events(query)] == [made["graceid"]]
        client.replace_event(
            made["graceid"], "initial.data", filecontents=json.dumps({**json.loads(notice), "far": 1e-7})
        )
        assert client.event(made["graceid"]).json()["far"] == 1e-7


def read(pipeline: str, notice: Any, group: str = "External") -> Any:
    content = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    return read_upload(pipeline, group, None, "initial.data", content, {})


def test_observatories_that_no_table_has_are_read_alike() -> None:
    notice = {"mission": "MAXI", "id": ["m1"], "trigger_time": TIME, "description": "words"}
    grb = read("MAXI", notice).extra_attributes["GRB"]
    assert (grb["author_shortname"], grb["trigger_id"], grb["how_description"]) == ("MAXI", "m1", "words")
    assert read("MAXI", b"what else they send").failed is None
    assert read("newpipe", notice, "CBC").extra_attributes == {}


def test_brokers_of_rubin_give_julian_dates() -> None:
    event = read("Rubin", {"objectId": "169", "candid": 170, "jd": 2451545.0, "ra": 1.0, "dec": 2.0})
    assert event.gpstime == 630763213.0
    assert event.extra_attributes["GRB"]["trigger_id"] == "169"


@pytest.mark.parametrize(
    ("notice", "reason"),
    [
        ({"id": ["1"]}, "no trigger_time"),
        ({"id": ["1"], "trigger_time": "soon"}, "unreadable: 'soon'"),
        ({"trigger_time": TIME, "ra": "east"}, "could not convert"),
        (b'{"trigger_time":', "Expecting value"),
    ],
)
def test_what_is_no_notice_is_said(notice: Any, reason: str) -> None:
    assert reason in (read("Fermi", notice).failed or "")


@pytest.mark.parametrize(
    "text", [TIME, "2025-03-04T05:06:07.25", "2025-03-04 05:06:07.250000+00:00", "2025-03-04T06:06:07.25+01:00"]
)
def test_times_come_in_several_forms_and_move_in_each(text: str) -> None:
    notice = {
        "trigger_time": text,
        "alert_datetime": "2025-03-04T05:07:00",
        "observation_start": TIME,
        "id": ["1"],
        "live_time": 3,
    }
    assert read("Swift", notice).gpstime == GPS
    moved = retimed(json.dumps(notice).encode(), 3600.5, "Swift")
    assert read("Swift", moved).gpstime == GPS + 3600.5
    told = json.loads(moved)
    assert told["alert_datetime"] == "2025-03-04T06:07:00"
    assert parse_time(told["observation_start"]) - parse_time(TIME) == timedelta(seconds=3600.5)
    assert told["live_time"] == 3


def voevent(what: str) -> bytes:
    return f"""<voe:VOEvent ivorn="ivo://org.example/fsc#1" xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0"><What>{what}</What>
<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords coord_system_id="UTC-ICRS-GEO"><Time><TimeInstant>
<ISOTime>{TIME}</ISOTime></TimeInstant></Time></AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen></voe:VOEvent>
""".encode()


def param(name: str, value: object) -> str:
    return f'<Param name="{name}" value="{value}"/>'


SVOM = f'<Group name="Svom_Identifiers">{param("Burst_Id", "sb25")}</Group><Group name="Detection_Info">{param("Timescale", 327.68)}</Group>'


@pytest.mark.parametrize(
    ("what", "trigger_id", "duration", "far"),
    [
        (SVOM, "sb25", 327.68, None),
        (param("TrigID", 1) + param("Timescale", 2) + SVOM, "1", 327.68, None),
        (f'<Group name="A"><Group name="B">{param("TrigID", 5)}{param("Integ_Time", 4)}{param("FAR", 1e-8)}</Group></Group>', "5", 4.0, 1e-8),
        (f'<Group name="A">{param("TrigID", 6)}</Group>' + param("TrigID", 7) + param("Trig_Dur", "0.000"), "7", None, None),
        (param("Trans_Num", 8) + param("Trans_Duration", 0.703), "8", 0.703, None),
    ],
)  # fmt: skip
def test_parameters_of_voevents_stand_in_groups_or_not(what: str, trigger_id: str, duration: Any, far: Any) -> None:
    event = read("SVOM", voevent(what))
    grb = event.extra_attributes["GRB"]
    assert (event.failed, event.gpstime, event.far) == (None, GPS, far)
    assert (grb["trigger_id"], grb["trigger_duration"]) == (trigger_id, duration)


def test_neutrinos_parameters_stand_in_groups_too() -> None:
    event = read("IceCube", voevent(f'<Group name="N">{param("energy", 127.5)}{param("run_id", 137)}</Group>'))
    assert event.extra_attributes["NeutrinoEvent"]["energy"] == 127.5
    assert event.extra_attributes["NeutrinoEvent"]["run_id"] == 137


def test_an_injection_in_json_gives_its_time_and_parameters(tmp_path: Path) -> None:
    said = {
        "gpstime": GPS, "far": 0.0, "instruments": "H1,L1", "mass1": 1.5, "mass2": "1.25", "waveform": "TaylorF2threePointFivePN",
        "geocent_end_time": int(GPS), "geocent_end_time_ns": 250000000, "source_channel": "H1:A", "amp_order": 0,
    }  # fmt: skip
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive) as client:
        made = client.create_event(
            "Detchar", "HardwareInjection", "inj.json", filecontents=json.dumps(said), instrument="V1", source_channel="V1:B",
            destination_channel="V1:C",
        ).json()  # fmt: skip
    assert (made["graceid"][0], made["gpstime"], made["instruments"], made["warnings"]) == ("H", GPS, "H1,L1", [])
    injected = made["extra_attributes"]["SimInspiral"]
    assert (injected["mass1"], injected["mass2"], injected["geocent_end_time"]) == (1.5, 1.25, int(GPS))
    assert (injected["source_channel"], injected["destination_channel"]) == ("H1:A", "V1:C")
    assert injected["distance"] is None
    later = retimed(json.dumps(said).encode(), 100.0, "HardwareInjection")
    assert read("HardwareInjection", later, "Detchar").gpstime == GPS + 100.0
    del said["gpstime"]
    assert read("HardwareInjection", said, "Detchar").gpstime == GPS


def test_the_time_of_this_file_is_what_it_says() -> None:
    assert gps_of(parse_time(TIME)) == GPS
