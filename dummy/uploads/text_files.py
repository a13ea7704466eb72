"""Reads the burst pipelines' uploads: cWB's text, the JSON of oLIB, MLy and aframe."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from gracetape.bounded_json import read_json
from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.reading_limits import LIMITS, LimitExceeded, check_size


def _number(value: Any) -> float | None:
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise UploadError(f"could not convert string to float: {str(value)[:100]!r}") from None
    return found if math.isfinite(found) else None


def _at(values: Mapping[str, list[str]], name: str, index: int = 0) -> str | None:
    found = values.get(name)
    if found is None:
        return None
    if index >= len(found):
        raise UploadError("list index out of range")
    return found[index]


def _pairs(lines: list[str]) -> dict[str, list[str]]:
    """The leading `key: value …` lines."""
    found: dict[str, list[str]] = {}
    for line in lines:
        key, colon, values = line.partition(":")
        if not colon:
            break
        found[key] = values.split()
    return found


def _far(lines: list[str]) -> float | None:
    """The second number after the line that says over which time the significance was measured."""
    for line, following in itertools.pairwise(lines):
        if line.startswith("#significance based on the last day"):
            words = following.split()
            try:
                return float(words[1])
            except (IndexError, ValueError):
                return None
    return None


_BURST = (
    "ifos", "start_time", "start_time_ns", "duration", "strain", "peak_time", "peak_time_ns", "central_freq", "bandwidth",
    "amplitude", "mchirp", "snr", "confidence", "false_alarm_rate", "ligo_axis_ra", "ligo_axis_dec", "ligo_angle",
    "ligo_angle_sig", "single_ifo_times", "hoft", "code",
)  # fmt: skip


def read_cwb(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """cWB's trigger text, in each of its forms."""
    check_size(content, LIMITS.text_bytes)
    lines = content.decode(errors="replace").splitlines()
    if len(lines) > LIMITS.text_lines:
        raise LimitExceeded(f"it has more than {LIMITS.text_lines} lines")
    raw = _pairs(lines)
    pairs = sorted(zip(raw.get("ifo", []), raw.get("time", []), strict=False), key=lambda pair: pair[0])
    ifos = ",".join(sorted(raw.get("ifo", [])))
    start = _at(raw, "start")
    whole, _, part = (start or "").partition(".")
    likelihood = _number(_at(raw, "likelihood"))
    burst: dict[str, Any] = dict.fromkeys(_BURST) | {
        "ifos": ifos,
        "start_time": int(whole) if start else None,
        "start_time_ns": int(part.ljust(9, "0")[:9]) if start else None,
        "duration": _number(_at(raw, "duration")),
        "central_freq": _number(_at(raw, "frequency")),
        "bandwidth": _number(_at(raw, "bandwidth")),
        "amplitude": _number(_at(raw, "rho")),
        "snr": math.sqrt(likelihood) if likelihood is not None and likelihood >= 0 else 0.0,
        "ligo_axis_ra": _number(_at(raw, "phi", 2)),
        "ligo_axis_dec": _number(_at(raw, "theta", 2)),
        "single_ifo_times": ",".join(time for _, time in pairs),
        "hoft": "",
        "code": "",
    }
    return UploadedEvent(
        gpstime=_number(_at(raw, "time")), instruments=ifos, far=_far(lines), likelihood=likelihood,
        extra_attributes={"MultiBurst": burst},
    )  # fmt: skip


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = read_json(content)
    except LimitExceeded:
        raise
    except ValueError as error:
        raise UploadError(str(error)) from None
    if not isinstance(found, dict):
        raise UploadError("the file is not a JSON object")
    return found


_OLIB = {
    "bci": "BCI", "quality_mean": "quality_posterior_mean", "quality_median": "quality_posterior_median", "bsn": "BSN",
    "omicron_snr_network": "Omicron_SNR_Network", "omicron_snr_H1": "Omicron_SNR_H1", "omicron_snr_L1": "Omicron_SNR_L1",
    "omicron_snr_V1": "Omicron_SNR_V1", "hrss_mean": "hrss_posterior_mean", "hrss_median": "hrss_posterior_median",
    "frequency_mean": "frequency_posterior_mean", "frequency_median": "frequency_posterior_median",
}  # fmt: skip


def read_olib(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """oLIB's JSON."""
    data = _json(content)
    if "instruments" not in data:
        raise UploadError("'instruments'")
    return UploadedEvent(
        gpstime=_number(data.get("gpstime")), instruments=data["instruments"], nevents=int(data.get("nevents", 1)),
        far=_number(data.get("FAR")), likelihood=_number(data.get("likelihood")),
        extra_attributes={"LalInferenceBurst": {name: _number(data.get(key)) for name, key in _OLIB.items()}},
    )  # fmt: skip


#: Field of the record -> key of MLy's JSON, for numbers.
_MLY = {
    "central_freq": "central_freq", "bandwidth": "bandwidth", "duration": "duration", "central_time": "central_time",
    "detection_statistic": "detection_statistic", "SNR": "SNR", "bbh": "bbh", "sglf": "sglf", "sghf": "sghf",
    "background": "background", "glitch": "glitch", "freq_correlation": "freq_correlation",
}  # fmt: skip
_SCORES = ("coherency", "coincidence", "combined")


def read_mly(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """The JSON of the machine-learning pipelines, MLy and aframe."""
    data = _json(content)
    scores = data.get("scores")
    scores = scores if isinstance(scores, dict) else {}
    ifos = _listed(data.get("ifos"))
    channels = _listed(data.get("channels"))
    burst: dict[str, Any] = {"ifos": ifos} | {name: _number(data.get(key)) for name, key in _MLY.items()}
    burst["channels"] = channels.split(",") if channels else None
    burst["scores"] = {name: _number(scores.get(name)) for name in _SCORES}
    return UploadedEvent(
        gpstime=_number(data.get("gpstime")), instruments=ifos or "", far=_number(data.get("far")),
        extra_attributes={"MLyBurst": burst},
    )  # fmt: skip


def _listed(value: Any) -> str | None:
    """Names as a text with commas, given as such or as a list."""
    return ",".join(str(item) for item in value) if isinstance(value, list) else value
