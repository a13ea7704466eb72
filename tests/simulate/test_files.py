"""Files of a life: real, consistent with each other, and read by the field's own readers and by the dummy's."""

import gzip
import io
import math
from pathlib import Path

import healpy
import numpy as np
import pytest
import voeventparse
from astropy.io import fits
from igwn_ligolw import ligolw, utils

from gracetape.pipelines import read_upload
from gracetape.pipelines.formats.ligolw_files import rows
from gracetape.pipelines.trigger import Trigger, draw
from gracetape.simulate.acts import CreateEvent
from gracetape.simulate.files import File
from gracetape.simulate.life import Life
from gracetape.simulate.pipelines import simulated
from tests.simulate.conftest import GPS, IFOS, MakeLife


def a_trigger(pipeline: str = "gstlal", seed: int = 5) -> Trigger:
    return draw(np.random.default_rng(seed), pipeline, "Test", "AllSky", GPS, 1e-9, IFOS)


@pytest.mark.parametrize("pipeline", simulated(), ids=lambda pipeline: pipeline.name)
def test_the_server_reads_every_pipelines_upload_without_a_warning(pipeline) -> None:  # type: ignore[no-untyped-def]
    trigger = a_trigger(pipeline.name)
    file = File(pipeline.file_name(trigger.stem), pipeline.upload, trigger, seed=7)
    told = read_upload(pipeline.name, "Test", "AllSky", file.name, file.content(), {})
    assert (told.failed, told.warnings) == (None, [])
    assert told.gpstime == pytest.approx(GPS, abs=1e-2 if pipeline.upload == "voevent" else 1e-4)
    assert told.far == pytest.approx(1e-9)
    if pipeline.upload != "voevent":
        assert told.instruments == "H1,L1,V1"


def test_a_coinc_file_agrees_with_itself() -> None:
    trigger = a_trigger()
    doc = utils.load_fileobj(io.BytesIO(File("coinc.xml", "coinc", trigger, seed=1).content()))
    (coinc,), singles, links = rows(doc, "coinc_inspiral"), rows(doc, "sngl_inspiral"), rows(doc, "coinc_event_map")
    assert coinc["snr"] == pytest.approx(math.sqrt(sum(single["snr"] ** 2 for single in singles)), rel=1e-5)
    assert all(single["snr"] >= 5 for single in singles)
    mass1, mass2 = singles[0]["mass1"], singles[0]["mass2"]
    assert coinc["mchirp"] == pytest.approx((mass1 * mass2) ** 0.6 / (mass1 + mass2) ** 0.2, rel=1e-5)
    assert coinc["mass"] == pytest.approx(mass1 + mass2, rel=1e-6)
    assert [link["event_id"] for link in links] == [single["event_id"] for single in singles]
    assert {row["instrument"] for row in rows(doc, "time_slide")} == {single["ifo"] for single in singles} == set(IFOS)
    assert rows(doc, "coinc_event")[0]["nevents"] == len(singles)
    assert coinc["combined_far"] == trigger.far


class _WithoutTimes(ligolw.FilteringLIGOLWContentHandler):  # type: ignore[misc]
    """GPS times alone need lal to be read."""

    def __init__(self, document: ligolw.Document) -> None:
        super().__init__(document, lambda name, attributes: name != ligolw.Time.tagName)


def test_psds_are_series_per_detector() -> None:
    content = File("psd.xml.gz", "psd", a_trigger(), seed=1).content()
    doc = utils.load_fileobj(io.BytesIO(content), contenthandler=_WithoutTimes)
    arrays = doc.getElementsByTagName(ligolw.Array.tagName)
    assert len(arrays) == 3
    for array in arrays:
        frequencies, power = array.array
        assert (frequencies[0], frequencies[1]) == (0.0, 1.0)
        assert np.all(power > 0)
        assert 1e-50 < power[100] < 1e-44


def skymap(name: str, recipe: str = "skymap", seed: int = 3) -> tuple[Trigger, File]:
    trigger = a_trigger(seed=seed)
    return trigger, File(name, recipe, trigger, (name, 8.0), seed)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["bayestar.fits.gz", "BW_skymap.fits"])
def test_healpy_reads_a_sky_map_that_is_normalised_and_peaks_at_the_true_position(
    name: str, seed: int, tmp_path: Path
) -> None:
    trigger, file = skymap(name, seed=seed)
    (tmp_path / name).write_bytes(file.content())
    probability = healpy.read_map(tmp_path / name, nest=True, dtype=float)
    with fits.open(tmp_path / name) as found:
        columns, header = found[1].columns.names, found[1].header
    assert probability.sum() == pytest.approx(1.0)
    assert int(np.argmax(probability)) == healpy.ang2pix(16, trigger.ra, trigger.dec, lonlat=True, nest=True)
    assert ("DISTMU" in columns) == name.startswith("bayestar")
    assert (header["NSIDE"], header["ORDERING"], header["COORDSYS"]) == (16, "NESTED", "C")


def test_a_multi_order_map_covers_the_sky_once_and_is_normalised() -> None:
    trigger, file = skymap("bayestar.multiorder.fits", "multiorder")
    with fits.open(io.BytesIO(file.content())) as found:
        uniq, density = found[1].data["UNIQ"], found[1].data["PROBDENSITY"]
    order = np.floor(np.log2(uniq / 4) / 2).astype(int)
    area = 4 * np.pi / (12 * 4.0**order)
    assert area.sum() == pytest.approx(4 * np.pi)
    assert (density * area).sum() == pytest.approx(1.0)
    peak = int(np.argmax(density))
    nside = 2 ** int(order[peak])
    assert uniq[peak] - 4 * nside**2 == healpy.ang2pix(nside, trigger.ra, trigger.dec, lonlat=True, nest=True)


def test_pictures_are_png_and_show_their_own_sky_map() -> None:
    one, other = (
        File("bayestar.png", "skymap png", a_trigger(seed=seed), ("bayestar.fits.gz", 8.0), 1).content()
        for seed in (1, 2)
    )
    assert one.startswith(b"\x89PNG\r\n\x1a\n")
    assert one != other
    assert b"Software" not in one


def test_an_external_trigger_is_a_voevent_to_the_fields_parser() -> None:
    trigger = a_trigger("Fermi")
    event = voeventparse.loads(File("x.xml", "voevent", trigger, seed=1).content())
    where = voeventparse.get_event_position(event)
    assert (where.ra, where.dec) == (pytest.approx(trigger.ra, abs=1e-3), pytest.approx(trigger.dec, abs=1e-3))


def test_a_frame_file_has_the_checksums_that_it_says() -> None:
    content = File("x.gwf", "frame", a_trigger(), ("fap", "H1", "ovl", int(GPS) - 10, int(GPS) + 10, 1e-3), 1).content()
    assert content[:6] == b"IGWD\0\x08"
    assert int.from_bytes(content[-4:], "little") == _cksum(content[:-4])


def _cksum(data: bytes) -> int:
    """POSIX cksum, bit by bit."""
    tail, length = b"", len(data)
    while length:
        tail, length = tail + bytes([length & 0xFF]), length >> 8
    value = 0
    for byte in data + tail:
        for bit in range(7, -1, -1):
            top = value >> 31
            value = (value << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if top ^ (byte >> bit & 1) else 0)
    return value ^ 0xFFFFFFFF


@pytest.mark.parametrize("name", ["gstlal", "cwb", "fermi"])
def test_all_files_of_a_life_tell_of_one_event(name: str, a_life: MakeLife) -> None:
    life: Life = a_life(name)
    files = [file for action in life.schedule if isinstance(file := getattr(action.what, "file", None), File)]
    assert {file.trigger for file in files} == {life.trigger}
    assert isinstance(life.schedule[0].what, CreateEvent)


def test_gzipped_files_hold_no_time() -> None:
    content = File("psd.xml.gz", "psd", a_trigger(), seed=1).content()
    assert content[4:8] == b"\0\0\0\0"
    assert gzip.decompress(content).startswith(b"<?xml")
