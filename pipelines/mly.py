"""MLy: a machine-learning search for bursts, told of in JSON."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gracetape.pipelines.formats.texts import json_bytes, json_object, listed, moved_json, number
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent

if TYPE_CHECKING:
    from numpy.random import Generator

#: Field of the record -> key of MLy's JSON, for numbers.
_MLY = {
    "central_freq": "central_freq", "bandwidth": "bandwidth", "duration": "duration", "central_time": "central_time",
    "detection_statistic": "detection_statistic", "SNR": "SNR", "bbh": "bbh", "sglf": "sglf", "sghf": "sghf",
    "background": "background", "glitch": "glitch", "freq_correlation": "freq_correlation",
}  # fmt: skip
_SCORES = ("coherency", "coincidence", "combined")


def read_mly(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """The JSON of the machine-learning pipelines, MLy and aframe."""
    data = json_object(content)
    scores = data.get("scores")
    scores = scores if isinstance(scores, dict) else {}
    ifos = listed(data.get("ifos"))
    channels = listed(data.get("channels"))
    burst: dict[str, Any] = {"ifos": ifos} | {name: number(data.get(key)) for name, key in _MLY.items()}
    burst["channels"] = channels.split(",") if channels else None
    burst["scores"] = {name: number(scores.get(name)) for name in _SCORES}
    return UploadedEvent(
        gpstime=number(data.get("gpstime")), instruments=ifos or "", far=number(data.get("far")),
        extra_attributes={"MLyBurst": burst},
    )  # fmt: skip


#: What queries call them; what a later server's records have besides is there too.
ATTRIBUTES = Attributes(
    "MLyBurst",
    (
        "ifos", "score_coinc", "score_coher", "score_comb", *_MLY, "channels", "mass1", "mass2", "mchirp", "mtotal", "spin1z", "spin2z",
    ),
    frozenset({"ifos", "channels"}),
    ("mlyburstevent",),
)  # fmt: skip


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """The JSON of the machine-learning pipelines with its times moved."""
    return moved_json(contents, shift_s, ("gpstime", "central_time"))


def make_mly(trigger: Trigger, rng: "Generator") -> bytes:
    """MLy's JSON: times, band, and the scores of its networks."""
    coincidence, coherency = (float(score) for score in rng.uniform(0.8, 1.0, 2))
    return json_bytes({
        "gpstime": round(trigger.gps, 6), "far": trigger.far, "ifos": trigger.ifos, "central_freq": trigger.frequency,
        "central_time": round(trigger.gps, 6), "bandwidth": trigger.bandwidth, "duration": trigger.duration,
        "scores": {"coincidence": coincidence, "coherency": coherency, "combined": coincidence * coherency},
    })  # fmt: skip


PIPELINES = (
    Pipeline(
        "MLy", ("Burst", "Test"), ("AllSky", "MDC"), read=read_mly, attributes=(ATTRIBUTES,), move_times=move_times,
        make=make_mly, upload="mly", file="{stem}.json",
    ),
)  # fmt: skip
