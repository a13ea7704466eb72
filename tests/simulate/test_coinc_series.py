"""The series in simulated coincs: PSDs and filter outputs that agree with the source, so that it is found where it was simulated."""

import io
import math
from typing import Any

import numpy as np
import pytest
from igwn_ligolw import ligolw

from gracetape.pipelines import pipelines, read_upload
from gracetape.pipelines.detectors import antenna, delay, mirrored
from gracetape.pipelines.formats.ligolw_parser import load
from gracetape.pipelines.formats.ligolw_times import _Handler as Handler
from gracetape.pipelines.trigger import Trigger, draw
from gracetape.simulate.files import File
from tests.simulate.conftest import GPS

IFOS = ("H1", "L1", "V1")
NAMES = [name for name, row in pipelines().items() if row.upload == "coinc and series"]


def trigger_of(seed: int, pipeline: str = "gstlal", ifos: tuple[str, ...] = IFOS) -> Trigger:
    return draw(np.random.default_rng(seed), pipeline, "Test", "AllSky", GPS + 7777.0 * seed, 1e-9, ifos)


def series(content: bytes) -> tuple[dict[str, Any], list[tuple[float, Any]]]:
    """The PSDs by detector, rows of frequency and power, and the filters' outputs: GPS time of the first sample, and samples."""
    doc, psds, outputs = load(content, Handler), {}, []
    for found in doc.getElementsByTagName(ligolw.LIGO_LW.tagName):
        kind = found.Name if found.hasAttribute("Name") else ""
        if kind == "REAL8FrequencySeries":
            psds[ligolw.Param.get_param(found, "instrument").value] = ligolw.Array.get_array(found, "PSD").array
        elif kind == "COMPLEX8TimeSeries":
            assert ligolw.Param.get_param(found, "event_id").value == len(outputs)
            _, real, imaginary = ligolw.Array.get_array(found, "snr").array
            outputs.append((float(found.getElementsByTagName("Time")[0].pcdata), real + 1j * imaginary))
    return psds, outputs


def coinc(trigger: Trigger) -> bytes:
    row = pipelines()[trigger.pipeline]
    return File(row.file_name("x"), row.upload, trigger, seed=1).content()


@pytest.mark.parametrize("name", NAMES)
def test_every_cbc_pipelines_upload_has_them_around_its_triggers(name: str) -> None:
    trigger = trigger_of(5, name)
    content = coinc(trigger)
    psds, outputs = series(content)
    assert tuple(psds) == IFOS
    assert len(content) < 80_000
    singles = read_upload(name, "Test", "AllSky", "coinc.xml", content, {}).extra_attributes["SingleInspiral"]
    for single, (begin, samples), snr in zip(singles, outputs, trigger.snrs, strict=True):
        middle = len(samples) // 2
        assert len(samples) % 2 == 1
        assert int(np.argmax(abs(samples))) == middle
        assert samples[middle] == pytest.approx(snr * np.exp(1j * single["coa_phase"]), rel=1e-5)
        assert begin + middle / 2048 == pytest.approx(single["end_time"] + single["end_time_ns"] / 1e9, abs=1e-6)


def test_the_psds_are_those_of_the_file_beside() -> None:
    trigger = trigger_of(5)
    inside, _ = series(coinc(trigger))
    beside, _ = series(File("psd.xml.gz", "psd", trigger, seed=9).content())
    for ifo, (frequencies, power) in inside.items():
        assert np.array_equal(power[1:], beside[ifo][1][frequencies.astype(int)][1:])


def between(times: Any, z: Any, begin: float) -> Any:
    """A filter's output between its samples (0 outside): what turns slowly can be interpolated by straight lines."""
    own, carrier = np.arange(len(z)) / 2048, 2j * math.pi * 120.0
    return np.interp(times - begin, own, z * np.exp(-carrier * own), 0, 0) * np.exp(carrier * (times - begin))


def coherent(trigger: Trigger, content: bytes, places: list[tuple[float, float]]) -> list[float]:
    """The SNR² that detectors have together for a source at each place (degrees), at its best time and orientation."""
    psds, outputs = series(content)
    horizons = {ifo: math.sqrt(np.sum(f[20:] ** (-7 / 3) / s[20:])) for ifo, (f, s) in psds.items()}
    times = trigger.gps + np.arange(-0.03, 0.03, 0.0002)
    found = []
    for ra, dec in places:
        answers = np.array([antenna(ifo, ra, dec, trigger.gps) for ifo in psds]) * np.array(
            [[h] for h in horizons.values()]
        )
        basis, _ = np.linalg.qr(answers)
        at = np.array([delay(ifo, ra, dec, trigger.gps) for ifo in psds])
        data = np.array([between(times + late, z, begin) for late, (begin, z) in zip(at, outputs, strict=True)])
        found.append(float(np.max(np.sum(np.abs(basis.T @ data) ** 2, axis=0))))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_detectors_agree_on_the_simulated_place_and_on_no_other(seed: int) -> None:
    trigger = trigger_of(seed)
    content = coinc(trigger)
    rng = np.random.default_rng(seed)
    others = [(float(rng.uniform(0, 360)), math.degrees(math.asin(rng.uniform(-1, 1)))) for _ in range(300)]
    here, *there = coherent(trigger, content, [(trigger.ra, trigger.dec), *others])
    assert here == pytest.approx(trigger.network_snr**2, rel=0.02)
    assert max(there) < here


def test_the_mirror_image_of_a_place_is_timed_alike_and_told_apart_where_it_can_be() -> None:
    apart = 0
    for seed in range(10):
        trigger = trigger_of(seed)
        image = mirrored(IFOS, trigger.ra, trigger.dec, trigger.gps)
        assert image is not None
        late = [delay(ifo, *image, trigger.gps) - delay(ifo, trigger.ra, trigger.dec, trigger.gps) for ifo in IFOS]
        assert late == pytest.approx([late[0]] * 3, abs=1e-9)
        here, there = coherent(trigger, coinc(trigger), [(trigger.ra, trigger.dec), image])
        apart += here - there > 10
    assert apart >= 5
    assert mirrored(("H1", "L1"), 0.0, 0.0, GPS) is mirrored(("H1", "L1", "X1"), 0.0, 0.0, GPS) is None


def test_phases_run_as_each_pipeline_has_them() -> None:
    _, (first, *_) = series(coinc(trigger_of(5, "gstlal")))
    _, (other, *_) = series(coinc(trigger_of(5, "pycbc")))
    assert np.allclose(first[1], other[1].conj())


@pytest.mark.parametrize("ifos", [("H1",), ("H1", "L1"), ("K1", "X9")])
def test_any_detectors_will_do(ifos: tuple[str, ...]) -> None:
    psds, outputs = series(coinc(trigger_of(1, ifos=ifos)))
    assert (tuple(psds), len(outputs)) == (ifos, len(ifos))


def test_a_schedule_that_was_saved_when_there_were_none_makes_the_same_tables() -> None:
    old = File("coinc.xml", "coinc", trigger_of(5), seed=1).content()
    assert b"Series" not in old
    told = [read_upload("gstlal", "Test", "AllSky", "coinc.xml", one, {}) for one in (old, coinc(trigger_of(5)))]
    assert told[0].extra_attributes["CoincInspiral"] == told[1].extra_attributes["CoincInspiral"]
    assert io.BytesIO(old).read(5) == b"<?xml"
