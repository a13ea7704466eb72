"""Writes LIGO_LW XML: PSD, ranking, segment and glitch files, each consistent with its event."""

from typing import TYPE_CHECKING

import numpy as np
from igwn_ligolw import ligolw

from gracetape.pipelines.formats.ligolw_writing import document_bytes, process, split, table
from gracetape.pipelines.formats.series_writing import psds
from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator

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


def psd(trigger: Trigger, rng: "Generator", delta_f: float = 1.0, count: int = 2049) -> bytes:
    """psd.xml.gz: per detector a frequency series of the PSD in 1/Hz, every `delta_f` Hz from 0."""
    return document_bytes(psds(trigger, delta_f, count), packed=True, name="psd")


def ranking(trigger: Trigger, rng: "Generator") -> bytes:
    """ranking_data.xml.gz: per detector a histogram of SNRs as the ranking statistic's noise model."""
    bins = np.linspace(4.0, 40.0, 73)
    arrays = []
    for ifo in trigger.instruments:
        counts = rng.poisson(1e6 * np.exp(-(bins**2) / 4)).astype("float64")
        arrays.append(ligolw.Array.build(f"{ifo}_snr_counts", np.array([bins, counts]), ["SNR,Count", "SNR"]))
    return document_bytes((process(trigger, "gstlal_inspiral"), *arrays), packed=True)


def segments(trigger: Trigger, rng: "Generator", flag: str, begin: int, end: int) -> bytes:
    """A flag (`H1:DMT-ANALYSIS_READY:1`) that was known and active from `begin` to `end` (GPS)."""
    ifo, name, version = (*flag.split(":"), "", "1")[:3]
    span = (0, 0, 0, begin, 0, end, 0)
    return document_bytes((
        process(trigger, "ligolw_segment_query"),
        table("segment_definer", _DEFINED, [(0, 0, ifo, name, int(version) if version.isdecimal() else 1)]),
        table("segment_summary", {name.replace("segment_id", "segment_sum_id"): kind for name, kind in _SEGMENT.items()}, [span]),
        table("segment", _SEGMENT, [span]),
    ))  # fmt: skip


def glitches(
    trigger: Trigger, rng: "Generator", what: str, ifo: str, classifier: str, begin: int, end: int, fap: float
) -> bytes:
    """iDQ's table of glitches from `begin` to `end`, gzipped."""
    times = np.sort(rng.uniform(begin, end, int(rng.integers(1, 10))))
    rows = [(0, i, ifo, *split(float(gps)), float(rng.random()), float(rng.random())) for i, gps in enumerate(times)]
    return document_bytes((process(trigger, f"idq_{classifier}"), table("idq_glitch", _GLITCH, rows)), packed=True)
