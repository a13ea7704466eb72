"""Writes LIGO_LW XML: coinc, PSD, ranking, segment and glitch files, each consistent with its event."""

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.xmlreader import AttributesImpl

import numpy as np
from igwn_ligolw import ligolw, utils

from gracetape.simulate.detectors import delay
from gracetape.simulate.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_PROCESS = {
    "process_id": "int_8s", "program": "lstring", "version": "lstring", "username": "lstring", "node": "lstring",
    "start_time": "int_4s", "end_time": "int_4s", "ifos": "lstring", "comment": "lstring",
}  # fmt: skip
_DEFINER = {"coinc_def_id": "int_8s", "search": "lstring", "search_coinc_type": "int_4u", "description": "lstring"}
_COINC = {
    "coinc_event_id": "int_8s", "coinc_definer:coinc_def_id": "int_8s", "process:process_id": "int_8s",
    "time_slide:time_slide_id": "int_8s", "instruments": "lstring", "nevents": "int_4u", "likelihood": "real_8",
}  # fmt: skip
_INSPIRAL = {
    "coinc_event:coinc_event_id": "int_8s", "ifos": "lstring", "end_time": "int_4s", "end_time_ns": "int_4s", "mass": "real_8",
    "mchirp": "real_8", "minimum_duration": "real_8", "snr": "real_8", "false_alarm_rate": "real_8", "combined_far": "real_8",
}  # fmt: skip
_SINGLE = {
    "process:process_id": "int_8s", "event_id": "int_8s", "ifo": "lstring", "search": "lstring", "channel": "lstring",
    "end_time": "int_4s", "end_time_ns": "int_4s", "mass1": "real_4", "mass2": "real_4", "mchirp": "real_4",
    "mtotal": "real_4", "eta": "real_4", "spin1x": "real_4", "spin1y": "real_4", "spin1z": "real_4",
    "spin2x": "real_4", "spin2y": "real_4", "spin2z": "real_4", "snr": "real_4", "chisq": "real_4",
    "chisq_dof": "int_4s", "sigmasq": "real_8", "eff_distance": "real_4", "coa_phase": "real_4",
    "template_duration": "real_8", "f_final": "real_4",
}  # fmt: skip
_MAP = {"coinc_event:coinc_event_id": "int_8s", "table_name": "char_v", "event_id": "int_8s"}
_SLIDE = {"time_slide_id": "int_8s", "process:process_id": "int_8s", "instrument": "lstring", "offset": "real_8"}
_DEFINED = {
    "segment_def_id": "int_8s",
    "process:process_id": "int_8s",
    "ifos": "lstring",
    "name": "lstring",
    "version": "int_4s",
}
_SEGMENT = {
    "segment_id": "int_8s", "process:process_id": "int_8s", "segment_definer:segment_def_id": "int_8s",
    "start_time": "int_4s", "start_time_ns": "int_4s", "end_time": "int_4s", "end_time_ns": "int_4s",
}  # fmt: skip
_GLITCH = {
    "process:process_id": "int_8s", "event_id": "int_8s", "ifo": "lstring", "gps": "int_4s", "gps_ns": "int_4s",
    "rank": "real_8", "fap": "real_8",
}  # fmt: skip


def table(name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Any:
    """A table element: columns with their types, rows in the columns' order; None is an empty cell."""
    made = ligolw.Table(AttributesImpl({"Name": f"{name}:table"}))
    for column, kind in columns.items():
        made.appendChild(ligolw.Column(AttributesImpl({"Name": column, "Type": kind})))
    made._end_of_columns()
    made.appendChild(made.Stream(AttributesImpl({"Name": f"{name}:table", "Delimiter": ",", "Type": "Local"})))
    names = [column.split(":")[-1] for column in columns]
    for row in rows:
        made.append(made.RowType(**dict(zip(names, row, strict=True))))
    return made


def _bytes(children: Iterable[Any], packed: bool = False, name: str | None = None) -> bytes:
    document, out = ligolw.Document(), io.BytesIO()
    root = document.appendChild(ligolw.LIGO_LW(AttributesImpl({"Name": name}) if name else None))
    for child in children:
        root.appendChild(child)
    utils.write_fileobj(document, out)
    return gzip.compress(out.getvalue(), mtime=0) if packed else out.getvalue()


#: The programs that coinc files say they come from; readers go by these names.
_PROGRAMS = {"gstlal": "gstlal_inspiral", "MBTA": "MBTAOnline", "spiir": "gstlal_inspiral_postcohspiir_online"}


def _process(trigger: Trigger, program: str) -> Any:
    gps = int(trigger.gps)
    return table(
        "process", _PROCESS, [(0, program, "1", "gracetape", "localhost", gps - 3600, gps, trigger.ifos, "simulated")]
    )


def _split(gps: float) -> tuple[int, int]:
    whole, part = divmod(round(gps * 10**9), 10**9)
    return int(whole), int(part)


def coinc(trigger: Trigger, rng: "Generator") -> bytes:
    """coinc.xml: one coincidence of a trigger per detector; the network SNR is the root of the sum of squares.

    `trigger.gps` is when the wave reached the first detector; the others' times follow from the true position.
    """
    total, eta = trigger.mass1 + trigger.mass2, trigger.mass1 * trigger.mass2 / (trigger.mass1 + trigger.mass2) ** 2
    lasted = round(200.0 / trigger.mchirp, 6)
    first = delay(trigger.instruments[0], trigger.ra, trigger.dec, trigger.gps)
    singles = []
    for i, (ifo, snr) in enumerate(zip(trigger.instruments, trigger.snrs, strict=True)):
        at = _split(trigger.gps + delay(ifo, trigger.ra, trigger.dec, trigger.gps) - first)
        away = trigger.distance * float(rng.uniform(1.0, 2.0))
        singles.append((
            0, i, ifo, "", "GDS-CALIB_STRAIN", *at, trigger.mass1, trigger.mass2, trigger.mchirp, total, eta, 0.0, 0.0,
            trigger.spin1, 0.0, 0.0, trigger.spin2, snr, float(rng.chisquare(10) / 10), 1, (snr * away) ** 2, away, float(rng.uniform(-3.14, 3.14)),
            lasted, 1024.0,
        ))  # fmt: skip
    snr, seen = trigger.network_snr, len(singles)
    return _bytes((
        _process(trigger, _PROGRAMS.get(trigger.pipeline, trigger.pipeline)),
        table("sngl_inspiral", _SINGLE, singles),
        table("coinc_definer", _DEFINER, [(0, "inspiral", 0, "sngl_inspiral<-->sngl_inspiral coincidences")]),
        table("coinc_event", _COINC, [(0, 0, 0, 0, trigger.ifos, seen, snr * snr / 2)]),
        table(
            "coinc_inspiral", _INSPIRAL,
            [(0, trigger.ifos, *_split(trigger.gps), total, trigger.mchirp, lasted, snr, trigger.far, trigger.far)],
        ),
        table("coinc_event_map", _MAP, [(0, "sngl_inspiral", i) for i in range(seen)]),
        table("time_slide", _SLIDE, [(0, 0, ifo, 0.0) for ifo in trigger.instruments]),
    ))  # fmt: skip


#: How much worse than the best a detector is, in amplitude.
_WORSE = {"H1": 1.2, "L1": 1.0, "V1": 2.5, "K1": 8.0}


def asd(ifo: str, frequencies: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Amplitude spectral density in strain per root Hz at frequencies in Hz: seismic wall, thermal noise, shot noise, all smooth."""
    f = np.maximum(frequencies, 5.0)
    return 3e-24 * _WORSE.get(ifo, 1.0) * np.sqrt((20 / f) ** 14 + 2.0 * (50 / f) ** 4 + 1.0 + (f / 300.0) ** 2)


def psd(trigger: Trigger, rng: "Generator", delta_f: float = 1.0, count: int = 2049) -> bytes:
    """psd.xml.gz: per detector a frequency series of the PSD in 1/Hz, every `delta_f` Hz from 0."""
    frequencies = delta_f * np.arange(count, dtype="float64")
    return _bytes((_series(trigger, ifo, frequencies) for ifo in trigger.instruments), packed=True, name="psd")


def _series(trigger: Trigger, ifo: str, frequencies: "NDArray[np.float64]") -> Any:
    series = ligolw.LIGO_LW(AttributesImpl({"Name": "REAL8FrequencySeries"}))
    epoch = ligolw.Time(AttributesImpl({"Name": "epoch", "Type": "GPS"}))
    epoch.pcdata = str(int(trigger.gps) - 8)
    series.appendChild(epoch)
    series.appendChild(ligolw.Param.build("f0", "real_8", 0.0, unit="s^-1"))
    values = np.array([frequencies, asd(ifo, frequencies) ** 2])
    array = ligolw.Array.build("PSD", values, ["Frequency,Real", "Frequency"])
    array.Unit = "s strain^2"
    frequency = array.getElementsByTagName(ligolw.Dim.tagName)[0]
    frequency.Unit, frequency.Start, frequency.Scale = "s^-1", 0.0, float(frequencies[1] - frequencies[0])
    series.appendChild(array)
    series.appendChild(ligolw.Param.build("instrument", "lstring", ifo))
    return series


def ranking(trigger: Trigger, rng: "Generator") -> bytes:
    """ranking_data.xml.gz: per detector a histogram of SNRs as the ranking statistic's noise model."""
    bins = np.linspace(4.0, 40.0, 73)
    arrays = []
    for ifo in trigger.instruments:
        counts = rng.poisson(1e6 * np.exp(-(bins**2) / 4)).astype("float64")
        arrays.append(ligolw.Array.build(f"{ifo}_snr_counts", np.array([bins, counts]), ["SNR,Count", "SNR"]))
    return _bytes((_process(trigger, "gstlal_inspiral"), *arrays), packed=True)


def segments(trigger: Trigger, rng: "Generator", flag: str, begin: int, end: int) -> bytes:
    """A flag (`H1:DMT-ANALYSIS_READY:1`) that was known and active from `begin` to `end` (GPS)."""
    ifo, name, version = (*flag.split(":"), "", "1")[:3]
    span = (0, 0, 0, begin, 0, end, 0)
    return _bytes((
        _process(trigger, "ligolw_segment_query"),
        table("segment_definer", _DEFINED, [(0, 0, ifo, name, int(version) if version.isdigit() else 1)]),
        table("segment_summary", {name.replace("segment_id", "segment_sum_id"): kind for name, kind in _SEGMENT.items()}, [span]),
        table("segment", _SEGMENT, [span]),
    ))  # fmt: skip


def glitches(
    trigger: Trigger, rng: "Generator", what: str, ifo: str, classifier: str, begin: int, end: int, fap: float
) -> bytes:
    """iDQ's table of glitches from `begin` to `end`, gzipped."""
    times = np.sort(rng.uniform(begin, end, int(rng.integers(1, 10))))
    rows = [(0, i, ifo, *_split(float(gps)), float(rng.random()), float(rng.random())) for i, gps in enumerate(times)]
    return _bytes((_process(trigger, f"idq_{classifier}"), table("idq_glitch", _GLITCH, rows)), packed=True)
