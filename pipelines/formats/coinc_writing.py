"""Writes the coinc files of the CBC pipelines, each consistent with its event."""

from typing import TYPE_CHECKING

from gracetape.pipelines.detectors import delay
from gracetape.pipelines.formats.ligolw_writing import document_bytes, process, split, table
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

#: The programs that coinc files say they come from; readers go by these names.
_PROGRAMS = {
    "gstlal": "gstlal_inspiral",
    "MBTA": "MBTAOnline",
    "SGNL": "sgnl-inspiral",
    "spiir": "gstlal_inspiral_postcohspiir_online",
}


def coinc(trigger: Trigger, rng: "Generator") -> bytes:
    """coinc.xml: one coincidence of a trigger per detector; the network SNR is the root of the sum of squares.

    `trigger.gps` is when the wave reached the first detector; the others' times follow from the true position.
    """
    total, eta = trigger.mass1 + trigger.mass2, trigger.mass1 * trigger.mass2 / (trigger.mass1 + trigger.mass2) ** 2
    lasted = round(200.0 / trigger.mchirp, 6)
    first = delay(trigger.instruments[0], trigger.ra, trigger.dec, trigger.gps)
    singles = []
    for i, (ifo, snr) in enumerate(zip(trigger.instruments, trigger.snrs, strict=True)):
        at = split(trigger.gps + delay(ifo, trigger.ra, trigger.dec, trigger.gps) - first)
        away = trigger.distance * float(rng.uniform(1.0, 2.0))
        singles.append((
            0, i, ifo, "", "GDS-CALIB_STRAIN", *at, trigger.mass1, trigger.mass2, trigger.mchirp, total, eta, 0.0, 0.0,
            trigger.spin1, 0.0, 0.0, trigger.spin2, snr, float(rng.chisquare(10) / 10), 1, (snr * away) ** 2, away, float(rng.uniform(-3.14, 3.14)),
            lasted, 1024.0,
        ))  # fmt: skip
    snr, seen = trigger.network_snr, len(singles)
    return document_bytes((
        process(trigger, _PROGRAMS.get(trigger.pipeline, trigger.pipeline)),
        table("sngl_inspiral", _SINGLE, singles),
        table("coinc_definer", _DEFINER, [(0, "inspiral", 0, "sngl_inspiral<-->sngl_inspiral coincidences")]),
        table("coinc_event", _COINC, [(0, 0, 0, 0, trigger.ifos, seen, snr * snr / 2)]),
        table(
            "coinc_inspiral", _INSPIRAL,
            [(0, trigger.ifos, *split(trigger.gps), total, trigger.mchirp, lasted, snr, trigger.far, trigger.far)],
        ),
        table("coinc_event_map", _MAP, [(0, "sngl_inspiral", i) for i in range(seen)]),
        table("time_slide", _SLIDE, [(0, 0, ifo, 0.0) for ifo in trigger.instruments]),
    ))  # fmt: skip
