"""The server's reading of every pipeline's file, on the samples that ship with ligo-gracedb."""

import gzip
import math

import pytest

from demo.lives import sample
from dummy.uploads import read_upload


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
    packed = read_upload("gstlal", "Test", None, name + ".gz", gzip.compress(content), {})
    assert packed == read("gstlal", "cbc-lm.xml")


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
    assert mly.extra_attributes["MLyBurst"]["score_comb"] == 0.9


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
