"""Writes the coinc files of the CBC pipelines, each consistent with its event."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.xmlreader import AttributesImpl

from igwn_ligolw import ligolw

from gracetape.pipelines.detectors import delay
from gracetape.pipelines.formats.coinc_signal import Seen, seen
from gracetape.pipelines.formats.ligolw_writing import document_bytes, process, split, table
from gracetape.pipelines.formats.series_writing import psds, snrs
from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator

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

_PARAMS = {
    "process:process_id": "int_8s", "program": "lstring", "param": "lstring", "type": "lstring", "value": "lstring",
}  # fmt: skip

#: The programs that coinc files say they come from; readers go by these names.
_PROGRAMS = {
    "gstlal": "gstlal_inspiral", "SGNL": "sgnl-inspiral", "MBTA": "MBTAOnline", "spiir": "gstlal_inspiral_postcohspiir_online",
}  # fmt: skip
#: Programs whose phases run as a matched filter's do; those of all others run the other way.
_AS_THE_FILTER = ("pycbc",)
#: The embedded PSDs: fine enough for BAYESTAR, and small.
_DELTA_F, _COUNT = 4.0, 257


def coinc(trigger: Trigger, rng: "Generator") -> bytes:
    """coinc.xml as schedules of old have it: the tables alone."""
    return document_bytes(_tables(trigger, rng, _ends(trigger)))


def coinc_and_series(trigger: Trigger, rng: "Generator") -> bytes:
    """coinc.xml: one coincidence of a trigger per detector, the PSDs, and what each detector's filter put out around its trigger.

    It names itself as the file of its PSDs, so that BAYESTAR needs no other.
    """
    program, ends = _program(trigger), _ends(trigger)
    told = table("process_params", _PARAMS, [(0, program, "--reference-psd", "lstring", "coinc.xml")])
    within = ligolw.LIGO_LW(AttributesImpl({"Name": "psd"}))
    for series in psds(trigger, _DELTA_F, _COUNT):
        within.appendChild(series)
    outputs = snrs(trigger, ends, conjugate=program in _AS_THE_FILTER)
    return document_bytes((*_tables(trigger, rng, ends, seen(trigger)), told, *outputs, within))


def _program(trigger: Trigger) -> str:
    return _PROGRAMS.get(trigger.pipeline, trigger.pipeline)


def _ends(trigger: Trigger) -> dict[str, float]:
    """When the wave reached each detector, in GPS seconds: `trigger.gps` is that of the first, the others' follow from the position."""
    late = {ifo: delay(ifo, trigger.ra, trigger.dec, trigger.gps) for ifo in trigger.instruments}
    return {ifo: trigger.gps + at - late[trigger.instruments[0]] for ifo, at in late.items()}


def _tables(
    trigger: Trigger, rng: "Generator", ends: Mapping[str, float], known: Mapping[str, Seen] | None = None
) -> list[Any]:
    """The tables; the network SNR is the root of the sum of squares. `known`: what the detectors saw (None: made up)."""
    total, eta = trigger.mass1 + trigger.mass2, trigger.mass1 * trigger.mass2 / (trigger.mass1 + trigger.mass2) ** 2
    lasted = round(200.0 / trigger.mchirp, 6)
    singles = []
    for i, (ifo, snr) in enumerate(zip(trigger.instruments, trigger.snrs, strict=True)):
        away = trigger.distance * float(rng.uniform(1.0, 2.0))
        chisq, phase = float(rng.chisquare(10) / 10), float(rng.uniform(-3.14, 3.14))
        if known is not None:
            turned = 1 if _program(trigger) not in _AS_THE_FILTER else -1
            away, phase = known[ifo].horizon / snr, turned * known[ifo].phase
        singles.append((
            0, i, ifo, "", "GDS-CALIB_STRAIN", *split(ends[ifo]), trigger.mass1, trigger.mass2, trigger.mchirp, total, eta, 0.0, 0.0,
            trigger.spin1, 0.0, 0.0, trigger.spin2, snr, chisq, 1, (snr * away) ** 2, away, phase, lasted, 1024.0,
        ))  # fmt: skip
    snr, seen_by = trigger.network_snr, len(singles)
    return [
        process(trigger, _program(trigger)),
        table("sngl_inspiral", _SINGLE, singles),
        table("coinc_definer", _DEFINER, [(0, "inspiral", 0, "sngl_inspiral<-->sngl_inspiral coincidences")]),
        table("coinc_event", _COINC, [(0, 0, 0, 0, trigger.ifos, seen_by, snr * snr / 2)]),
        table(
            "coinc_inspiral", _INSPIRAL,
            [(0, trigger.ifos, *split(trigger.gps), total, trigger.mchirp, lasted, snr, trigger.far, trigger.far)],
        ),
        table("coinc_event_map", _MAP, [(0, "sngl_inspiral", i) for i in range(seen_by)]),
        table("time_slide", _SLIDE, [(0, 0, ifo, 0.0) for ifo in trigger.instruments]),
    ]  # fmt: skip
