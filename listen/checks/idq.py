"""The iDQ check: per instrument started, glitch tables, a false alarm probability of each classifier, finished."""

import re
from collections.abc import Sequence

from gracetape.listen.alert import Alert
from gracetape.listen.checks.check import FAILED, Check, Options, Seen, Stage

_IFO = r"(?P<ifo>[A-Z]\d)"
_WITHIN = r"within \[ ?(?P<start>-?[\d.]+), ?(?P<stop>-?[\d.]+) ?\]"

#: Stage → the text of its message. The FAP's classifier is part of its stage's name.
_STAGES = {
    "start": re.compile(rf"Started Searching for iDQ information {_WITHIN} at {_IFO}\b", re.IGNORECASE),
    "tables": re.compile(rf"iDQ glitch tables {_IFO}\b"),
    "fap": re.compile(
        rf"minimum glitch-FAP for (?P<classifier>\S+) at {_IFO} {_WITHIN} is (?P<fap>[-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*$"
    ),
    "finish": re.compile(rf"Finished searching for iDQ information {_WITHIN} at {_IFO}\b", re.IGNORECASE),
}
#: Other messages of iDQ: they show that it is at work. `timesereis` is the text that was sent.
_LIFE = re.compile(
    rf"iDQ (?:fap time(?:sereis|series)|glitch-rank frame|fap and glitch-rank timeseries plot|\(possible\) active channels"
    rf"|channel strip chart|calibration sanity check(?: figure)?|local ROC (?:curves|figure)"
    rf"|local (?:calibration|training) vital statistics) for \S+ at (?:{_IFO}\b|%s)"
)
_OURS = re.compile(r"\biDQ\b|glitch-FAP")


def begins(alert: Alert) -> Sequence[str]:
    """Every instrument of a new event."""
    return [ifo for ifo in alert.instruments if re.fullmatch(r"[A-Z]\d", ifo)] if alert.alert_type == "new" else ()


def stages(options: Options) -> tuple[Stage, ...]:
    """Without `classifiers`, the FAP of any one will do."""
    names = options.get("classifiers", "").replace(",", " ").split()
    faps = [Stage(f"fap:{name}", 60.0) for name in names] or [Stage("fap", 60.0)]
    return (Stage("start", 30.0), Stage("tables", 60.0), *faps, Stage("finish", 300.0))


def read(alert: Alert, options: Options) -> Sequence[Seen]:
    """One message is about one stage of one instrument."""
    for name, pattern in _STAGES.items():
        if match := pattern.match(alert.comment):
            return [_fap(match, options)] if name == "fap" else [Seen(match["ifo"], name)]
    if (match := _LIFE.match(alert.comment)) and match["ifo"]:
        return [Seen(match["ifo"])]
    return ()


def _fap(match: re.Match[str], options: Options) -> Seen:
    classifier, threshold = match["classifier"], float(options["threshold"])
    stage = f"fap:{classifier}" if options.get("classifiers", "").strip() else "fap"
    try:
        fap = float(match["fap"])
    except ValueError:
        return Seen(match["ifo"], note=f"the FAP {match['fap']!r} is no number")
    below = fap <= threshold
    sign = "<=" if below else ">"
    return Seen(match["ifo"], stage, FAILED if below else None, f"FAP of {classifier} is {fap:g} {sign} {threshold:g}")


def strays(alert: Alert) -> bool:
    """A text of iDQ's that none of the patterns knows."""
    text = alert.comment
    return bool(_OURS.search(text)) and not _LIFE.match(text) and not any(p.match(text) for p in _STAGES.values())


IDQ = Check(
    "iDQ per instrument: started, tables, FAP of each classifier, finished; failed if a FAP is at or below the threshold",
    begins,
    stages,
    read,
    {"threshold": "0.01", "classifiers": ""},
    strays,
)
