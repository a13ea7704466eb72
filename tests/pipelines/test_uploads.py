"""The server's reading of every pipeline's file, on the samples that ship with ligo-gracedb."""

import gzip
import math
from dataclasses import replace

import pytest

from demo.lives import sample
from demo.real_data import NoRealData, real_tape
from gracetape.archive import Archive
from gracetape.pipelines import read_upload

FIELDS = ("instruments", "nevents", "far", "likelihood", "extra_attributes")


def read(pipeline: str, name: str, group: str = "Test"):  # type: ignore[no-untyped-def]
    filename, content = sample(name)
    return read_upload(pipeline, group, None, filename, content, {"instrument": "H1"})


@pytest.mark.parametrize("name", ["cbc-lm.xml", "cbc-lm-no-ilwdchar.xml"])
def test_a_coinc_file_gives_its_time_far_and_detectors(name: str) -> None:
    event = read("gstlal", name)
    assert event.failed is None
    assert event.gpstime == pytest.approx(971609248.151740, abs=1e-5)
    assert event.far == pytest.approx(0.000368007562, rel=1e-6)
    assert (event.instruments, event.nevents) == ("H1,L1,V1", 3)
    assert event.likelihood == pytest.approx(9.913153)


def test_a_coinc_file_gives_its_attributes() -> None:
    attributes = read("gstlal", "cbc-lm.xml").extra_attributes
    assert list(attributes) == ["CoincInspiral", "SingleInspiral"]
    assert attributes["CoincInspiral"]["snr"] == pytest.approx(9.31793646)
    assert attributes["CoincInspiral"]["end_time_ns"] == 151740542
    assert [single["ifo"] for single in attributes["SingleInspiral"]] == ["H1", "L1", "V1"]
    assert all("event_id" not in single and "process_id" not in single for single in attributes["SingleInspiral"])


def test_a_gzipped_coinc_file_reads_like_a_plain_one() -> None:
    name, content = sample("cbc-lm.xml")
    packed, plain = (
        read_upload("gstlal", "Test", None, name + ".gz", gzip.compress(content), {}),
        read("gstlal", "cbc-lm.xml"),
    )
    assert [made.contents for made in packed.made] == [plain.made[0].contents, content]
    assert replace(packed, made=[]) == replace(plain, made=[])


@pytest.mark.parametrize(("pipeline", "name"), [("spiir", "spiir-test.xml"), ("MBTA", "cbc-mbta.xml")])
def test_other_cbc_pipelines_read_alike(pipeline: str, name: str) -> None:
    event = read(pipeline, name)
    assert event.gpstime is not None
    assert event.far is not None
    assert event.failed is None


@pytest.mark.parametrize(
    ("name", "gpstime"),
    [
        ("burst-cwb.txt", 1042312876.509),
        ("burst-cwb-old-format.txt", 1042312876.4313),
        ("burst-cwb-old-old-format.txt", 1012125588.9392),
    ],
)
def test_cwb_text_reads_in_each_of_its_forms(name: str, gpstime: float) -> None:
    event = read("CWB", name)
    assert event.gpstime == pytest.approx(gpstime)
    burst = event.extra_attributes["MultiBurst"]
    assert burst["snr"] == pytest.approx(math.sqrt(event.likelihood or 0))
    assert len(burst["single_ifo_times"].split(",")) == len(burst["ifos"].split(","))


def test_cwb_text_gives_its_far_where_it_has_one() -> None:
    assert read("CWB", "burst-cwb.txt").far == pytest.approx(0.00019265)
    assert read("CWB", "burst-cwb-old-format.txt").far is None


def test_a_voevent_gives_position_and_time() -> None:
    event = read("Fermi", "fermi-test.xml", "External")
    assert event.gpstime == pytest.approx(1238065339.32, abs=0.01)
    grb = event.extra_attributes["GRB"]
    assert grb["ra"] is not None
    assert grb["trigger_id"] is not None
    assert grb["T90"] is None


def test_an_injection_gives_its_time_and_takes_the_instrument_from_the_form() -> None:
    event = read("HardwareInjection", "sim-inj.xml")
    assert event.gpstime == pytest.approx(1118462078.105883)
    assert event.instruments == "H1"
    assert "mass1" in event.extra_attributes["SimInspiral"]


def test_olib_and_mly_json_are_read() -> None:
    olib = read_upload(
        "oLIB", "Burst", None, "o.json", b'{"gpstime": 10.5, "FAR": 1e-7, "instruments": "H1,L1", "BCI": 3}', {}
    )
    assert (olib.gpstime, olib.far, olib.instruments, olib.nevents) == (10.5, 1e-7, "H1,L1", 1)
    assert olib.extra_attributes["LalInferenceBurst"]["bci"] == 3.0
    mly = read_upload(
        "MLy", "Burst", None, "m.json", b'{"gpstime": 10.5, "far": 1e-7, "scores": {"combined": 0.9}}', {}
    )
    assert mly.extra_attributes["MLyBurst"]["scores"]["combined"] == 0.9


def test_aframe_json_is_read_like_mly_s() -> None:
    content = (
        b'{"gpstime": 10.5, "far": 1e-8, "detection_statistic": 7.1, "ifos": ["H1", "L1"], "channels": "H1:A,L1:B"}'
    )
    event = read_upload("aframe", "CBC", "AllSky", "a.json", content, {})
    assert (event.gpstime, event.far, event.instruments) == (10.5, 1e-8, "H1,L1")
    burst = event.extra_attributes["MLyBurst"]
    assert (burst["detection_statistic"], burst["channels"], burst["SNR"]) == (7.1, ["H1:A", "L1:B"], None)


NEUTRINO = b"""<voe:VOEvent ivorn="ivo://amon/icecube_gold#24_1_2_0" xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
<What><Param name="Stream" value="24"/><Param name="AMON_ID" value="13859939138591"/><Param name="run_id" value="138599"/>
<Param name="event_id" value="39138591"/><Param name="FAR" value="0.1472" unit="yr^-1"/><Param name="energy" value="191.7344"/>
<Param name="signalness" value="0.6312"/><Param name="src_error_90" value="0.7792"/><Param name="src_error_50" value="0.3035"/>
</What><WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords coord_system_id="UTC-FK5-GEO">
<Time><TimeInstant><ISOTime>2023-11-25T22:34:56.64</ISOTime></TimeInstant></Time>
<Position2D><Value2><C1>176.2601</C1><C2>52.6366</C2></Value2><Error2Radius>0.7792</Error2Radius></Position2D>
</AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen></voe:VOEvent>"""


def test_a_neutrino_gives_its_energy_and_a_rate_per_year_as_one_in_hertz() -> None:
    event = read_upload("IceCube", "External", "HEN", "n.xml", NEUTRINO, {})
    assert event.failed is None
    assert event.gpstime == pytest.approx(1384986914.64)
    assert event.far == pytest.approx(4.667681380010147e-09)
    neutrino = event.extra_attributes["NeutrinoEvent"]
    assert (neutrino["energy"], neutrino["amon_id"], neutrino["far_unit"]) == (191.7344, 13859939138591, "yr^-1")


@pytest.mark.real
def test_real_files_give_what_the_server_made_of_them() -> None:
    try:
        tape = real_tape()
    except NoRealData as error:
        pytest.skip(str(error))
    with Archive.open(tape) as archive:
        for graceid in (f"G{number}" for number in range(587364, 587370)):
            view = archive.view(graceid)
            record, name = view.record(), view.records("log")[0]["filename"]
            file = next(file for file in view.files() if file.full_name == f"{name},0")
            content = b"".join(archive.read(file))
            told = read_upload(record["pipeline"], record["group"], record["search"], name, content, {})
            for read in (told.extra_attributes, record["extra_attributes"]):
                read.get("SingleInspiral", []).sort(key=lambda single: single["ifo"])  # kept without an order
            known = {name: record[name] for name in FIELDS}
            assert {name: getattr(told, name) for name in FIELDS} == known
            assert round(told.gpstime or 0, 6) == record["gpstime"]


@pytest.mark.parametrize(
    ("pipeline", "content"),
    [
        ("gstlal", b"not xml"),
        ("gstlal", b""),
        ("oLIB", b"[1, 2"),
        ("oLIB", b"{}"),
        ("MLy", b'"text"'),
        ("Fermi", b"<a/>"),
        ("Fermi", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("HardwareInjection", b"<LIGO_LW/>"),
        ("CWB", b"start: 1.x\n"),
    ],
)
def test_what_cannot_be_read_is_said_and_never_raised(pipeline: str, content: bytes) -> None:
    event = read_upload(pipeline, "Test", None, "file.xml", content, {})
    assert event.failed


def test_other_pipelines_give_an_event_without_attributes() -> None:
    assert read_upload("Omega", "Burst", None, "x", b"anything", {}).extra_attributes == {}
    assert read("MBTA", "cbc-mbta.gwf").failed is None
