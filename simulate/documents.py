"""Texts and JSON that accompany an event: its log, source properties, posterior samples, reports."""

import json
from typing import TYPE_CHECKING, Any

from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator

_HEAVIEST_STAR = 3.0  # solar masses; heavier is a black hole
#: em_bright's names, and those of a VOEvent's request.
HAS = {"HasNS": "ProbHasNS", "HasRemnant": "ProbHasRemnant"}


def classes(trigger: Trigger) -> dict[str, float]:
    """p_astro: the chance of each class; they add up to 1, and what is louder is less terrestrial."""
    stars = (trigger.mass1 < _HEAVIEST_STAR) + (trigger.mass2 < _HEAVIEST_STAR)
    terrestrial = round(min(0.99, 1e5 * trigger.far / (1.0 + 1e5 * trigger.far)), 6)
    kind = ("BBH", "NSBH", "BNS")[stars]
    return {name: round(1.0 - terrestrial, 6) if name == kind else 0.0 for name in ("BNS", "NSBH", "BBH")} | {
        "Terrestrial": terrestrial
    }


def matter(trigger: Trigger) -> dict[str, float]:
    """em_bright: whether there is a neutron star, and whether matter stays outside."""
    light = trigger.mass2 < _HEAVIEST_STAR
    return {"HasNS": 1.0 if light else 0.0, "HasRemnant": 1.0 if light and trigger.mass1 < 5.0 else 0.0}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def p_astro(trigger: Trigger, rng: "Generator") -> bytes:
    """p_astro.json."""
    return _json(classes(trigger))


def em_bright(trigger: Trigger, rng: "Generator") -> bytes:
    """em_bright.json."""
    return _json(matter(trigger))


def event_log(trigger: Trigger, rng: "Generator") -> bytes:
    """event.log of CBC pipelines: `key : value` lines that agree with coinc.xml."""
    rows = {
        "Pipeline": trigger.pipeline, "Search": trigger.search, "MChirp": f"{trigger.mchirp:.6f}",
        "MTot": f"{trigger.mass1 + trigger.mass2:.6f}", "End Time": f"{trigger.gps:.9f}",
        "SNR": f"{trigger.network_snr:.6f}", "IFOs": trigger.ifos, "FAR": f"{trigger.far:.6e}",
    }  # fmt: skip
    return "".join(f"{key} : {value}\n" for key, value in rows.items()).encode()


def posterior(trigger: Trigger, rng: "Generator", name: str, count: int = 200) -> bytes:
    """Posterior samples around the true parameters: a table with a header line, or JSON by its name's ending."""
    columns = {
        "ra": (trigger.ra, 2.0), "dec": (trigger.dec, 2.0), "distance": (trigger.distance, 0.2 * trigger.distance),
        "mc": (trigger.mchirp, 0.001), "mass1": (trigger.mass1, 0.05), "mass2": (trigger.mass2, 0.05),
        "frequency": (trigger.frequency, 10.0), "time": (trigger.gps, 0.001),
    }  # fmt: skip
    table = rng.normal(
        [mean for mean, _ in columns.values()], [width for _, width in columns.values()], (count, len(columns))
    )
    if name.endswith(".json"):
        return _json({"posterior": {"content": {key: table[:, i].tolist() for i, key in enumerate(columns)}}})
    lines = ["\t".join(columns), *("\t".join(f"{value:.9g}" for value in row) for row in table)]
    return ("\n".join(lines) + "\n").encode()


def skyviewer(trigger: Trigger, rng: "Generator", name: str, width: float) -> bytes:
    """The skyviewer's JSON of a sky map: its name, its peak and the radius of its 90% region, in degrees."""
    return _json({"skymap": name, "ra": trigger.ra, "dec": trigger.dec, "radius": 2.146 * width, "gps": trigger.gps})


def idq(
    trigger: Trigger, rng: "Generator", what: str, ifo: str, classifier: str, begin: int, end: int, fap: float
) -> bytes:
    """iDQ's JSON: the FAP of the interval, active channels, calibration, ROC points or statistics."""
    about = {"ifo": ifo, "classifier": classifier, "start": begin, "end": end}
    efficiency = sorted(rng.random(10).tolist())
    contents: dict[str, dict[str, Any]] = {
        "fap": {"fap": fap},
        "channels": {"channels": [f"{ifo}:AUX-CHANNEL_{i:02d}_DQ" for i in rng.choice(50, 3, replace=False)]},
        "calibration": {"deadtime": efficiency, "expected": [i / 10 for i in range(1, 11)]},
        "roc": {"fap": [i / 10 for i in range(1, 11)], "efficiency": efficiency},
        "statistics": {"glitches": int(rng.integers(10, 1000)), "clean": int(rng.integers(1000, 10000))},
    }
    return _json(about | contents[what])


def dqr(trigger: Trigger, rng: "Generator", state: str) -> bytes:
    """The report of a check of detector states, in the form that the data-quality report reads."""
    return _json({
        "state": "pass" if state == "good" else "fail", "process_name": "simulate.detchar", "process_version": "1",
        "librarian": "gracetape", "summary": f"Detector state for active instruments is {state}.",
        "figures": [], "tables": [], "links": [], "extra": [],
    })  # fmt: skip
