"""cWB: unmodelled bursts, told of in a text of `key: value` lines."""

import itertools
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gracetape.pipelines.formats.texts import moved_numbers, number
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError
from gracetape.reading_limits import LIMITS, LimitExceeded, check_size

if TYPE_CHECKING:
    from numpy.random import Generator

_DAY = 86400
_TIMES = re.compile(rb"^(?:time|start|stop|event_time|segment|left_time|right_time):.*$", re.MULTILINE)


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
    likelihood = number(_at(raw, "likelihood"))
    burst: dict[str, Any] = dict.fromkeys(_BURST) | {
        "ifos": ifos,
        "start_time": int(whole) if start else None,
        "start_time_ns": int(part.ljust(9, "0")[:9]) if start else None,
        "duration": number(_at(raw, "duration")),
        "central_freq": number(_at(raw, "frequency")),
        "bandwidth": number(_at(raw, "bandwidth")),
        "amplitude": number(_at(raw, "rho")),
        "snr": math.sqrt(likelihood) if likelihood is not None and likelihood >= 0 else 0.0,
        "ligo_axis_ra": number(_at(raw, "phi", 2)),
        "ligo_axis_dec": number(_at(raw, "theta", 2)),
        "single_ifo_times": ",".join(time for _, time in pairs),
        "hoft": "",
        "code": "",
    }
    return UploadedEvent(
        gpstime=number(_at(raw, "time")), instruments=ifos, far=_far(lines), likelihood=likelihood,
        extra_attributes={"MultiBurst": burst},
    )  # fmt: skip


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """cWB's trigger text with the times of its lines moved."""
    if not _TIMES.search(contents[:4096].lstrip()) or b"ifo:" not in contents:
        return None
    return _TIMES.sub(lambda line: moved_numbers(line[0], shift_s), contents)


def make_cwb(trigger: Trigger, rng: "Generator") -> bytes:
    """cWB's trigger: `key: value` lines, then how often louder ones came within the last day."""
    sky = (0.0, 0.0, trigger.ra)
    theta = (0.0, 0.0, 90.0 - trigger.dec)
    count = len(trigger.instruments)
    start = trigger.gps - trigger.duration / 2
    rows: list[tuple[str, str]] = [
        ("nevent", "1"),
        ("ndim", str(count)),
        ("run", "1"),
        ("rho", f"{trigger.network_snr / 2**0.5:.6f}"),
        ("netCC", f"{rng.uniform(0.7, 1.0):.6f}"),
        ("likelihood", f"{trigger.network_snr**2:.6e}"),
        ("ifo", " ".join(trigger.instruments)),
        ("eventID", "1 0"),
        ("phi", " ".join(f"{angle:.6f}" for angle in sky)),
        ("theta", " ".join(f"{angle:.6f}" for angle in theta)),
        ("hrss", " ".join(f"{hrss:.6e}" for hrss in rng.normal(1e-22, 1e-23, count))),
        ("start", " ".join([f"{start:.4f}"] * count)),
        ("time", " ".join([f"{trigger.gps:.4f}"] * count)),
        ("stop", " ".join([f"{start + trigger.duration:.4f}"] * count)),
        ("duration", f"{trigger.duration:.6f}"),
        ("frequency", f"{trigger.frequency:.6f}"),
        ("low", f"{trigger.frequency - trigger.bandwidth / 2:.6f}"),
        ("high", f"{trigger.frequency + trigger.bandwidth / 2:.6f}"),
        ("bandwidth", f"{trigger.bandwidth:.6f}"),
        ("snr", " ".join(f"{snr**2:.6e}" for snr in trigger.snrs)),
    ]
    begin, end = int(trigger.gps - _DAY), int(trigger.gps)
    lines = [f"{key + ':':<12}{value}" for key, value in rows] + [
        "",
        "## number of events with rho>= rho of the event | corresponding rate | start time of the analyzed segment list"
        " | end time of the analyzed segment list | duration of the analyzed segment list",
        "#significance based on the last day",
        f"{int(trigger.far * _DAY)} {trigger.far:.9g} {begin} {end} {_DAY}",
    ]
    return ("\n".join(lines) + "\n").encode()


_ATTRIBUTES = Attributes(
    "MultiBurst", _BURST, frozenset({"ifos", "single_ifo_times", "hoft", "code"}), ("multiburstevent",)
)


def _row(name: str, *, made: bool) -> Pipeline:
    searches = ("AllSky", "BBH", "IMBH", "AllSkyLong", "BurstLF", "BurstHF", "MDC")
    return Pipeline(
        name, ("Burst", "Test"), searches, read=read_cwb, attributes=(_ATTRIBUTES,), move_times=move_times,
        make=make_cwb if made else None, upload="cwb" if made else "",
    )  # fmt: skip


PIPELINES = (_row("CWB", made=True), _row("CWB2G", made=False))
