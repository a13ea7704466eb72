"""oLIB: unmodelled bursts, told of in JSON."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gracetape.pipelines.formats.texts import json_bytes, json_object, moved_json, number
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError

if TYPE_CHECKING:
    from numpy.random import Generator

_OLIB = {
    "bci": "BCI", "quality_mean": "quality_posterior_mean", "quality_median": "quality_posterior_median", "bsn": "BSN",
    "omicron_snr_network": "Omicron_SNR_Network", "omicron_snr_H1": "Omicron_SNR_H1", "omicron_snr_L1": "Omicron_SNR_L1",
    "omicron_snr_V1": "Omicron_SNR_V1", "hrss_mean": "hrss_posterior_mean", "hrss_median": "hrss_posterior_median",
    "frequency_mean": "frequency_posterior_mean", "frequency_median": "frequency_posterior_median",
}  # fmt: skip


def read_olib(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """oLIB's JSON."""
    data = json_object(content)
    if "instruments" not in data:
        raise UploadError("'instruments'")
    return UploadedEvent(
        gpstime=number(data.get("gpstime")), instruments=data["instruments"], nevents=int(data.get("nevents", 1)),
        far=number(data.get("FAR")), likelihood=number(data.get("likelihood")),
        extra_attributes={"LalInferenceBurst": {name: number(data.get(key)) for name, key in _OLIB.items()}},
    )  # fmt: skip


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """oLIB's JSON with its time moved."""
    return moved_json(contents, shift_s, ("gpstime",))


def make_olib(trigger: Trigger, rng: "Generator") -> bytes:
    """oLIB's JSON: Bayes factors, posterior means and medians, Omicron's SNR per detector."""
    about: dict[str, Any] = {
        "gpstime": round(trigger.gps, 6), "FAR": trigger.far, "nevents": 1, "likelihood": None, "instruments": trigger.ifos,
        "BCI": max(0.0, float(rng.normal(10, 3))), "BSN": max(0.0, float(rng.normal(50, 10))),
    }  # fmt: skip
    for name, mean, spread, least in (
        ("frequency", trigger.frequency, 5, 32),
        ("quality", 8, 1, 2),
        ("hrss", 1e-22, 1e-23, 1e-25),
    ):
        for of in ("mean", "median"):
            about[f"{name}_posterior_{of}"] = max(least, float(rng.normal(mean, spread)))
    about["Omicron_SNR_Network"] = trigger.network_snr
    for ifo, snr in zip(trigger.instruments, trigger.snrs, strict=True):
        about[f"Omicron_SNR_{ifo}"] = snr
    return json_bytes(about)


PIPELINES = (
    Pipeline(
        "oLIB", ("Burst", "Test"), ("AllSky", "MDC"), also=("lib",), read=read_olib,
        attributes=(Attributes("LalInferenceBurst", tuple(_OLIB), also=("lalinferenceburstevent",)),),
        move_times=move_times, make=make_olib, upload="olib", file="{stem}.json",
    ),
)  # fmt: skip
