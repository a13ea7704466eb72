"""PyCBC's upload: a candidate with its PSDs and SNR time series, as PyCBC Live sends it, with the plots and files that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

END_TIME = 1272790260.1
IFOS = ("H1", "L1")


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-playground.ligo.org/api/", force_noauth=True)


def _candidate() -> Any:
    import numpy
    import pycbc
    from pycbc.io.gracedb import CandidateForGraceDB
    from pycbc.psd import aLIGOZeroDetHighPower
    from pycbc.types import TimeSeries

    results: dict[str, Any] = {"foreground/stat": 11.3, "foreground/ifar": 5000.0}
    template = {"mass1": 1.5, "mass2": 1.3, "spin1z": 0.01, "spin2z": 0.02, "f_lower": 20.0, "template_duration": 100.0}
    maps, psds = {}, {}
    for ifo, delay, phase in zip(IFOS, (0.0, 0.004), (0.1, 1.2), strict=True):
        found = {"end_time": END_TIME + delay, "snr": 8.0, "sigmasq": 2.5e5, "chisq": 1.0, "coa_phase": phase}
        results |= {f"foreground/{ifo}/{name}": value for name, value in (template | found).items()}
        psds[ifo] = aLIGOZeroDetHighPower(4097, 0.25, 15.0) * pycbc.DYN_RANGE_FAC**2
        psds[ifo] = psds[ifo].astype(numpy.float32)
        times = (numpy.arange(410) - 205) / 2048
        series = (8.0 * numpy.exp(-((times / 0.004) ** 2)) * numpy.exp(1j * phase)).astype(numpy.complex64)
        maps[ifo] = {"snr_series": TimeSeries(series, delta_t=1 / 2048, epoch=END_TIME + delay - 205 / 2048)}
    bands = {"mass_limits": {"max_m1": 45.0, "min_m2": 1.0}, "mass_bdary": {"ns_max": 3.0, "gap_max": 3.0},
             "estimation_coeff": {"a0": 0.76, "b0": -1.0, "b1": -0.1, "m0": 0.01},
             "mass_gap": False, "mass_gap_separate": False, "embright_mg_max": 5.0, "lal_cosmology": True}  # fmt: skip
    return CandidateForGraceDB(
        IFOS, IFOS, results, psds=psds, low_frequency_cutoff=20.0, skyloc_data=maps, p_terr=0.02, mc_area_args=bands,
        channel_names=dict.fromkeys(IFOS, "GDS-CALIB_STRAIN_CLEAN"),
    )  # fmt: skip


def upload(scene: Scene) -> str:
    """CandidateForGraceDB.upload creates an event with what the server reads from it"""
    graceid = _candidate().upload(
        "H1L1-PYCBC.xml.gz", gracedb_server="https://gracedb-playground.ligo.org/api/", testing=False, search="AllSky",
        labels=["SKYMAP_READY"], extra_strings=["a comment of the analyst"],
    )  # fmt: skip
    assert graceid is not None, "it logged why"
    scene.made["event"] = graceid
    event = _client().event(graceid).json()
    coinc, singles = event["extra_attributes"]["CoincInspiral"], event["extra_attributes"]["SingleInspiral"]
    assert event["instruments"] == ",".join(IFOS)
    assert abs(event["gpstime"] - END_TIME) < 0.01
    assert [single["channel"] for single in singles] == ["GDS-CALIB_STRAIN_CLEAN"] * len(IFOS)
    return f"{graceid}: SNR {coinc['snr']:.2f}, {len(singles)} detectors, FAR {event['far']:.2g} Hz"


def files(scene: Scene) -> str:
    """Its files, tags and label: p_astro, source probabilities, SNR series, plots"""
    client, graceid = _client(), scene["event"]
    names = {log["filename"]: log["tag_names"] for log in client.logs(graceid).json()["log"] if log["filename"]}
    wanted = {
        "H1L1-PYCBC.xml.gz": [],
        "H1L1-PYCBC_snr.png": ["background"],
        "H1L1-PYCBC_asd.png": ["psd"],
        "H1L1-PYCBC.hdf": [],
    }
    assert {name: names.get(name) for name in wanted} == wanted
    labels = [label["name"] for label in client.labels(graceid).json()["labels"]]
    assert {"SKYMAP_READY", "PASTRO_READY"} <= set(labels)
    return ", ".join(sorted(names))


def localize(scene: Scene) -> str:
    """Its coinc.xml, as downloaded from the dummy, has PSDs and SNR series that can be read"""
    from io import BytesIO

    from igwn_ligolw.utils import load_fileobj
    from lal import series
    from pycbc.io.ligolw import LIGOLWContentHandler

    contents = _client().files(scene["event"], "coinc.xml").read()
    psds = series.read_psd_xmldoc(load_fileobj(BytesIO(contents), contenthandler=LIGOLWContentHandler))
    assert sorted(psds) == list(IFOS)
    assert contents.count(b"COMPLEX8TimeSeries") == len(IFOS)
    return f"PSDs and SNR series of {', '.join(sorted(psds))}"


def program(scene: Scene) -> str:
    """pycbc_upload_single_event_to_gracedb sends the file again, as a program"""
    scene["event"]
    words = "--xml-file-for-upload H1L1-PYCBC.xml.gz --testing --log-message 'once more'"
    scene.run(f"pycbc_upload_single_event_to_gracedb {words} --labels INJ", seconds=600)
    (event,) = _client().events("Test pycbc")
    assert event["labels"] == ["INJ"]
    assert any("once more" in log["comment"] for log in _client().logs(event["graceid"]).json()["log"])
    return str(event["graceid"])


STEPS = (upload, files, localize, program)
