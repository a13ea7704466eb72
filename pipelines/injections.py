"""Hardware injections: the parameters of a simulated inspiral, in JSON or in a LIGO_LW file."""

from collections.abc import Mapping
from typing import Any

from gracetape.pipelines.formats import ligolw
from gracetape.pipelines.formats.texts import is_json, json_object, listed, moved_json, number
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError

_SIMULATED = (
    "mass1", "mass2", "eta", "mchirp", "amp_order", "coa_phase", "spin1y", "spin1x", "spin1z", "spin2x", "spin2y",
    "spin2z", "geocent_end_time", "geocent_end_time_ns", "end_time_gmst", "f_lower", "f_final", "distance",
    "latitude", "longitude", "polarization", "inclination", "theta0", "phi0", "waveform", "numrel_mode_min",
    "numrel_mode_max", "numrel_data", "source", "taper", "bandpass", "alpha", "beta", "psi0", "psi3", "alpha1",
    "alpha2", "alpha3", "alpha4", "alpha5", "alpha6", "g_end_time", "g_end_time_ns", "h_end_time", "h_end_time_ns",
    "l_end_time", "l_end_time_ns", "t_end_time", "t_end_time_ns", "v_end_time", "v_end_time_ns", "eff_dist_g",
    "eff_dist_h", "eff_dist_l", "eff_dist_t", "eff_dist_v", "amplitude", "tau", "phi", "freq",
)  # fmt: skip
#: Where it was injected, which the request tells.
_CHANNELS = ("source_channel", "destination_channel")
_TEXTS = frozenset({"waveform", "numrel_data", "source", "taper", *_CHANNELS})
_WHOLE = frozenset({"amp_order", "numrel_mode_min", "numrel_mode_max", "bandpass"})


def read_injection(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A hardware injection; what its file does not say of channels and instruments comes with the request."""
    return (_read_json if is_json(content) else _read_ligolw)(content, about)


def _read_json(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    data = json_object(content)
    attributes = {name: data.get(name) or about.get(name) for name in _CHANNELS}
    attributes |= {name: _value(name, data.get(name)) for name in _SIMULATED}
    gps = number(data.get("gpstime"))
    if gps is None and (whole := number(data.get("geocent_end_time"))) is not None:
        gps = whole + (number(data.get("geocent_end_time_ns")) or 0) / 1e9
    return UploadedEvent(
        gpstime=gps, instruments=listed(data.get("instruments")) or _instruments(about), far=number(data.get("far")),
        extra_attributes={"SimInspiral": attributes},
    )  # fmt: skip


def _value(name: str, value: Any) -> Any:
    """A parameter as the record has it: a text, a whole number or a number."""
    if name in _TEXTS or value is None:
        return None if value is None else str(value)
    found = number(value)
    return int(found) if found is not None and (name in _WHOLE or name.endswith(("_time", "_time_ns"))) else found


def _instruments(about: Mapping[str, str]) -> str:
    return about.get("instrument") or about.get("instruments") or ""


def _read_ligolw(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """sim_inspiral."""
    from gracetape.pipelines.formats.ligolw_files import document, gps_of_row, rows

    found = rows(document(content), "sim_inspiral")
    if not found:
        raise UploadError("there is no sim_inspiral table in it")
    row = found[0]
    channels = {name: about.get(name) for name in _CHANNELS}
    attributes = channels | {name: row.get(name) for name in _SIMULATED}
    gps = gps_of_row(row, "geocent_end_time")
    return UploadedEvent(gpstime=gps, instruments=_instruments(about), extra_attributes={"SimInspiral": attributes})


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """An injection in either form with its times moved; None if it is none."""
    names = ("gpstime", *(name for name in _SIMULATED if name.endswith("_end_time")))
    moved = ligolw.move_times(contents, shift_s)
    return moved_json(contents, shift_s, names) if moved is None else moved


_ATTRIBUTES = Attributes("SimInspiral", (*_SIMULATED, *_CHANNELS), _TEXTS, ("siminspiralevent",))

PIPELINES = (Pipeline("HardwareInjection", read=read_injection, attributes=(_ATTRIBUTES,), move_times=move_times),)
