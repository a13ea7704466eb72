"""Hardware injections: the parameters of a simulated inspiral, in a LIGO_LW file."""

from collections.abc import Mapping

from gracetape.pipelines.formats.ligolw import move_times
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


def read_injection(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A hardware injection: sim_inspiral; channels and instruments come with the request."""
    from gracetape.pipelines.formats.ligolw_files import document, gps_of_row, rows

    found = rows(document(content), "sim_inspiral")
    if not found:
        raise UploadError("there is no sim_inspiral table in it")
    row = found[0]
    channels = {name: about.get(name) for name in _CHANNELS}
    attributes = channels | {name: row.get(name) for name in _SIMULATED}
    instruments = about.get("instrument") or about.get("instruments") or ""
    gps = gps_of_row(row, "geocent_end_time")
    return UploadedEvent(gpstime=gps, instruments=instruments, extra_attributes={"SimInspiral": attributes})


_ATTRIBUTES = Attributes(
    "SimInspiral",
    (*_SIMULATED, *_CHANNELS),
    frozenset({"waveform", "numrel_data", "source", "taper", *_CHANNELS}),
    ("siminspiralevent",),
)

PIPELINES = (Pipeline("HardwareInjection", read=read_injection, attributes=(_ATTRIBUTES,), move_times=move_times),)
