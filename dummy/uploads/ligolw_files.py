"""Reads LIGO_LW XML: coinc files of the CBC pipelines, and sim_inspiral tables of injections. Plain or gzipped."""

import math
from collections.abc import Mapping
from typing import Any

from igwn_ligolw import ligolw

from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.dummy.uploads.ligolw_parser import load
from gracetape.reading_limits import LimitExceeded

#: Elements that hold no table: spectra and series of the detectors, whose times only lal reads.
_PASSED_OVER = ("Array", "Time")


def _tables_only(doc: Any) -> Any:
    return ligolw.FilteringLIGOLWContentHandler(doc, lambda name, attributes: name not in _PASSED_OVER)


def document(content: bytes) -> Any:
    """The parsed document, without its arrays; UploadError if it is no LIGO_LW, LimitExceeded if it is too much of one."""
    try:
        return load(content, _tables_only)
    except LimitExceeded:
        raise
    except Exception as error:  # the parser raises whatever its input makes it stumble on
        raise UploadError(f"not a LIGO_LW document: {error}") from None


def rows(doc: Any, table: str) -> list[dict[str, Any]]:
    """The rows of a table as dicts by column; empty if there is no such table."""
    try:
        found = ligolw.Table.get_table(doc, table)
    except ValueError:
        return []
    names = [name.split(":")[-1] for name in found.columnnames]
    return [{name: _value(getattr(row, name, None)) for name in names} for row in found]


def _value(value: Any) -> Any:
    """A cell as plain JSON: no NaN, no infinity, ids as text."""
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


_COINC = (
    "ifos", "end_time", "end_time_ns", "mass", "mchirp", "minimum_duration", "snr", "false_alarm_rate", "combined_far",
)  # fmt: skip
#: The columns of sngl_inspiral that the server keeps; those without a value are left out of the record.
_SINGLE = (
    "ifo", "search", "channel", "end_time", "end_time_ns", "end_time_gmst", "impulse_time", "impulse_time_ns",
    "template_duration", "event_duration", "amplitude", "eff_distance", "coa_phase", "mass1", "mass2", "mchirp", "mtotal",
    "eta", "kappa", "chi", "tau0", "tau2", "tau3", "tau4", "tau5", "ttotal", "psi0", "psi3", "alpha", "alpha1", "alpha2",
    "alpha3", "alpha4", "alpha5", "alpha6", "beta", "f_final", "snr", "chisq", "chisq_dof", "bank_chisq", "bank_chisq_dof",
    "cont_chisq", "cont_chisq_dof", "sigmasq", "rsqveto_duration", "Gamma0", "Gamma1", "Gamma2", "Gamma3", "Gamma4",
    "Gamma5", "Gamma6", "Gamma7", "Gamma8", "Gamma9", "spin1x", "spin1y", "spin1z", "spin2x", "spin2y", "spin2z",
)  # fmt: skip


def read_coinc(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A coinc file: coinc_inspiral, coinc_event and sngl_inspiral."""
    try:
        doc = document(content)
    except UploadError as error:
        remark = f"Could not read data ({error})"
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})", remark=remark)
    coincs = rows(doc, "coinc_inspiral")
    if not coincs:
        return UploadedEvent(warnings=["Could not extract coinc inspiral table."])
    coinc = coincs[0]
    event = UploadedEvent()
    event.gpstime = _gps(coinc, "end_time")
    event.far = coinc.get("combined_far")
    events = rows(doc, "coinc_event")
    if not events:
        event.warnings.append("Could not extract coinc event table.")
        return event
    event.nevents, event.likelihood = events[0].get("nevents"), events[0].get("likelihood")
    event.instruments = coinc.get("ifos") or ""
    event.extra_attributes["CoincInspiral"] = {name: coinc.get(name) for name in _COINC}
    singles = rows(doc, "sngl_inspiral")
    if singles:
        event.extra_attributes["SingleInspiral"] = [
            {name: row[name] for name in _SINGLE if row.get(name) is not None} for row in singles
        ]
    return event


def _gps(row: Mapping[str, Any], name: str) -> float | None:
    if row.get(name) is None:
        return None
    return float(row[name]) + float(row.get(f"{name}_ns") or 0) / 1e9


_SIMULATED = (
    "mass1", "mass2", "eta", "mchirp", "amp_order", "coa_phase", "spin1y", "spin1x", "spin1z", "spin2x", "spin2y",
    "spin2z", "geocent_end_time", "geocent_end_time_ns", "end_time_gmst", "f_lower", "f_final", "distance",
    "latitude", "longitude", "polarization", "inclination", "theta0", "phi0", "waveform", "numrel_mode_min",
    "numrel_mode_max", "numrel_data", "source", "taper", "bandpass", "alpha", "beta", "psi0", "psi3", "alpha1",
    "alpha2", "alpha3", "alpha4", "alpha5", "alpha6", "g_end_time", "g_end_time_ns", "h_end_time", "h_end_time_ns",
    "l_end_time", "l_end_time_ns", "t_end_time", "t_end_time_ns", "v_end_time", "v_end_time_ns", "eff_dist_g",
    "eff_dist_h", "eff_dist_l", "eff_dist_t", "eff_dist_v", "amplitude", "tau", "phi", "freq",
)  # fmt: skip


def read_injection(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A hardware injection: sim_inspiral; channels and instruments come with the request."""
    found = rows(document(content), "sim_inspiral")
    if not found:
        raise UploadError("there is no sim_inspiral table in it")
    row = found[0]
    channels = {name: about.get(name) for name in ("source_channel", "destination_channel")}
    attributes = channels | {name: row.get(name) for name in _SIMULATED}
    instruments = about.get("instrument") or about.get("instruments") or ""
    gps = _gps(row, "geocent_end_time")
    return UploadedEvent(gpstime=gps, instruments=instruments, extra_attributes={"SimInspiral": attributes})
