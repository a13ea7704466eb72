"""aframe: a machine-learning search for compact binaries; its JSON is read as MLy's is."""

from typing import TYPE_CHECKING

from gracetape.pipelines.formats.texts import json_bytes
from gracetape.pipelines.mly import ATTRIBUTES, move_times, read_mly
from gracetape.pipelines.pipeline import Pipeline
from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator


def make_aframe(trigger: Trigger, rng: "Generator") -> bytes:
    """aframe's JSON: time, far, detectors, and its detection statistic."""
    return json_bytes({
        "gpstime": round(trigger.gps, 6), "far": trigger.far, "ifos": list(trigger.instruments),
        "detection_statistic": trigger.network_snr / 2,
    })  # fmt: skip


PIPELINES = (
    Pipeline(
        "aframe", ("CBC", "Test"), ("AllSky", "BBH", "MDC"), read=read_mly, attributes=(ATTRIBUTES,), move_times=move_times,
        make=make_aframe, upload="aframe", file="{stem}.json",
    ),
)  # fmt: skip
