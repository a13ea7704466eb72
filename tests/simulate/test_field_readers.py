"""What the field's heavy readers make of simulated files; runs where `ligo.skymap` and `gwpy` are installed (they bring lal)."""

from pathlib import Path

import numpy as np
import pytest

from gracetape.pipelines.trigger import draw
from gracetape.simulate.files import File

GPS, IFOS = 1400000000.25, ("H1", "L1", "V1")
TRIGGER = draw(np.random.default_rng(5), "gstlal", "Test", "AllSky", GPS, 1e-9, IFOS)


def kept(folder: Path, name: str, recipe: str, *args: object) -> str:
    path = folder / name
    path.write_bytes(File(name, recipe, TRIGGER, args, 1).content())
    return str(path)


def test_lal_reads_the_psds(tmp_path: Path) -> None:
    series, utils = pytest.importorskip("lal.series"), pytest.importorskip("igwn_ligolw.utils")
    psds = series.read_psd_xmldoc(utils.load_filename(kept(tmp_path, "psd.xml.gz", "psd")), root_name="psd")
    assert {ifo: (psd.f0, psd.deltaF, psd.data.length) for ifo, psd in psds.items()} == dict.fromkeys(
        IFOS, (0.0, 1.0, 2049)
    )


def test_the_coinc_file_is_an_event_to_bayestar(tmp_path: Path) -> None:
    events = pytest.importorskip("ligo.skymap.io.events")
    coinc, psd = kept(tmp_path, "coinc.xml", "coinc"), kept(tmp_path, "psd.xml.gz", "psd")
    (event,) = events.ligolw.open(coinc, psd_file=psd).values()
    assert [single.detector for single in event.singles] == list(IFOS)
    assert [single.snr for single in event.singles] == pytest.approx(TRIGGER.snrs, rel=1e-6)
    assert all(single.psd is not None for single in event.singles)
    assert event.template_args["mass1"] == pytest.approx(TRIGGER.mass1)


def test_the_coinc_file_brings_its_own_psds_and_snr_series(tmp_path: Path) -> None:
    events = pytest.importorskip("ligo.skymap.io.events")
    (event,) = events.ligolw.open(
        kept(tmp_path, "coinc.xml", "coinc and series")
    ).values()  # it names itself for its PSDs
    assert [single.snr for single in event.singles] == pytest.approx(TRIGGER.snrs, rel=1e-6)
    for single in event.singles:
        samples = single.snr_series.data.data
        middle = len(samples) // 2
        assert samples[middle] == pytest.approx(single.snr * np.exp(1j * single.phase), rel=1e-5)
        assert float(single.snr_series.epoch) + middle * single.snr_series.deltaT == pytest.approx(
            single.time, abs=1e-6
        )
        assert (single.psd.f0, single.psd.deltaF, single.psd.data.length) == (0.0, 4.0, 257)


def test_bayestar_finds_the_simulated_place(tmp_path: Path) -> None:
    events, localize = (
        pytest.importorskip("ligo.skymap.io.events"),
        pytest.importorskip("ligo.skymap.bayestar").localize,
    )
    crossmatch = pytest.importorskip("ligo.skymap.postprocess").crossmatch
    from astropy.coordinates import SkyCoord

    (event,) = events.ligolw.open(kept(tmp_path, "coinc.xml", "coinc and series")).values()
    found = crossmatch(localize(event, f_low=15.0), SkyCoord(TRIGGER.ra, TRIGGER.dec, unit="deg"), contours=[0.9])
    assert found.searched_prob < 0.5  # without noise it is near the peak
    assert found.contour_areas[0] < 300


def test_antennas_answer_as_lals_do() -> None:
    lal = pytest.importorskip("lal")
    from gracetape.pipelines.detectors import antenna

    turned = lal.GreenwichMeanSiderealTime(lal.LIGOTimeGPS(GPS))
    for ifo in (*IFOS, "K1"):
        response = lal.cached_detector_by_prefix[ifo].response
        sky = (np.radians(TRIGGER.ra), np.radians(TRIGGER.dec))
        told = lal.ComputeDetAMResponse(response, *sky, 0.0, turned)
        assert antenna(ifo, TRIGGER.ra, TRIGGER.dec, GPS) == pytest.approx(told, abs=1e-5)


def test_times_at_the_detectors_are_those_of_the_true_position() -> None:
    lal = pytest.importorskip("lal")
    from gracetape.pipelines.detectors import delay

    for ifo in (*IFOS, "K1"):
        place = lal.cached_detector_by_prefix[ifo].location
        sky = (np.radians(TRIGGER.ra), np.radians(TRIGGER.dec))
        assert delay(ifo, TRIGGER.ra, TRIGGER.dec, GPS) == pytest.approx(
            lal.TimeDelayFromEarthCenter(place, *sky, lal.LIGOTimeGPS(GPS)), abs=2e-6
        )


@pytest.mark.parametrize("name", ["bayestar.fits.gz", "bayestar.multiorder.fits", "BW_skymap.fits"])
def test_ligo_skymap_reads_the_sky_maps(name: str, tmp_path: Path) -> None:
    read = pytest.importorskip("ligo.skymap.io").read_sky_map
    moc, distances = "multiorder" in name, name.startswith("bayestar")
    path = kept(tmp_path, name, "multiorder" if moc else "skymap", name, 8.0)
    found = read(path, moc=moc, distances=distances)
    about = found.meta if moc else found[1]
    assert about["gps_time"] == pytest.approx(GPS, abs=1e-3)
    assert about["instruments"] == set(IFOS)


def test_gwpy_reads_a_frame(tmp_path: Path) -> None:
    pytest.importorskip("lalframe")
    timeseries = pytest.importorskip("gwpy.timeseries")
    begin, end, fap = int(GPS) - 10, int(GPS) + 10, 1e-3
    path = kept(tmp_path, "H1.gwf", "frame", "fap", "H1", "ovl", begin, end, fap)
    series = timeseries.TimeSeries.read(path, "H1:IDQ-OVL_FAP")
    assert (series.t0.value, series.dt.value, len(series)) == (begin, 1 / 16, 320)
    assert series.value.min() == fap
    assert abs(begin + int(np.argmin(series.value)) / 16 - GPS) <= 1 / 16
