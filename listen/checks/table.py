"""The table of checks: one more is one row."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence

from gracetape.listen.alert import Alert
from gracetape.listen.checks.check import FAILED, OK, Check, Options, Seen, Stage
from gracetape.listen.checks.idq import IDQ


def _of_a_new_event(alert: Alert) -> Sequence[str]:
    return ("",) if alert.alert_type == "new" else ()


def _steps(stages: Mapping[str, float]) -> Callable[[Options], tuple[Stage, ...]]:
    rows = tuple(Stage(name, timeout) for name, timeout in stages.items())
    return lambda options: rows


def _texts(stages: Mapping[str, str]) -> Callable[[Alert, Options], Sequence[Seen]]:
    """A stage is reached when a log message has its text (a regular expression)."""
    patterns = {name: re.compile(text) for name, text in stages.items()}
    return lambda alert, options: [
        Seen("", name) for name, pattern in patterns.items() if pattern.search(alert.comment)
    ]


def _files(stage: str, *names: str, text: str = r"(?!)") -> Callable[[Alert, Options], Sequence[Seen]]:
    """A stage is reached when a file with such a name is uploaded, or a log message has the text."""
    said = re.compile(text)
    return lambda alert, options: (
        [Seen("", stage)]
        if any(fnmatch.fnmatchcase(alert.filename, name) for name in names) or said.search(alert.comment)
        else ()
    )


def _bayestar(alert: Alert, options: Options) -> Sequence[Seen]:
    said = {
        "start": r"INFO:BAYESTAR:starting sky localization",
        "finish": r"INFO:BAYESTAR:sky localization complete",
        "upload": r"INFO:BAYESTAR:uploaded sky map",
    }
    return _texts(said)(alert, options) or _files("upload", "bayestar*.fits", "bayestar*.fits.gz")(alert, options)


def _far(alert: Alert, options: Options) -> Sequence[Seen]:
    threshold = float(options["threshold"])
    if alert.far is None or alert.alert_type not in ("new", "update"):
        return ()
    low = alert.far <= threshold
    return [Seen("", "", OK if low else FAILED, f"FAR is {alert.far:g} Hz {'<=' if low else '>'} {threshold:g} Hz")]


def _labels(alert: Alert, options: Options) -> Sequence[Seen]:
    bad = options["labels"].replace(",", " ").split()
    if alert.alert_type != "new" and alert.label not in bad:
        return ()
    removed = alert.alert_type == "label_removed"
    shown = alert.event.get("labels")  # all that are there now; old messages do not tell
    held = [alert.label] if alert.label and not removed else []
    held = [label for label in (shown if isinstance(shown, list | dict) else held) if label in bad]
    if alert.label:
        note = f"{alert.label} {'removed' if removed else 'applied'}" + (
            f", {' '.join(held)} there" if removed and held else ""
        )
    else:
        note = f"{' '.join(held)} there from the beginning" if held else ""
    return [Seen("", "", FAILED if held else OK, note)]


_ANSWER = re.compile(r"(?P<who>ADV|[A-Z]\d)(?P<status>OK|NO)")


def _requested(alert: Alert) -> Sequence[str]:
    if alert.alert_type == "label_removed":
        return ()
    match = re.fullmatch(r"([A-Z]\d)OPS", alert.label)
    return (match[1],) if match else ()


def _advocate_asked(alert: Alert) -> Sequence[str]:
    return ("",) if alert.label == "ADVREQ" and alert.alert_type != "label_removed" else ()


def _signoff(advocate: bool) -> Callable[[Alert, Options], Sequence[Seen]]:
    """The answer comes as a label (`H1OK`, `ADVNO`), and from modern servers as a signoff besides."""

    def read(alert: Alert, options: Options) -> Sequence[Seen]:
        match = _ANSWER.fullmatch(alert.label)
        who, status = (match["who"], match["status"]) if match and alert.alert_type != "label_removed" else ("", "")
        if alert.alert_type in ("signoff_created", "signoff_updated"):
            kind = "ADV" if alert.data.get("signoff_type") == "ADV" else str(alert.data.get("instrument", ""))
            who, status = kind, str(alert.data.get("status", ""))
        if status not in ("OK", "NO") or (who == "ADV") != advocate or not re.fullmatch(r"ADV|[A-Z]\d", who):
            return ()
        return [Seen("" if advocate else who, "answer", OK if status == "OK" else FAILED, f"{who} says {status}")]

    return read


CHECKS: dict[str, Check] = {
    "idq": IDQ,
    "segments": Check(
        "segments: the search has begun and finished",
        _of_a_new_event,
        _steps({"start": 60.0, "finish": 300.0}),
        _texts({"start": r"^began searching for segments in :", "finish": r"^finished searching for segments in :"}),
    ),
    "psd": Check(
        "a power spectral density is uploaded",
        _of_a_new_event,
        _steps({"upload": 60.0}),
        _files("upload", "psd.xml", "psd.xml.gz", text=r"strain spectral densities|^PSDs$|PyCBC PSD estimate"),
    ),
    "skymap": Check(
        "BAYESTAR has started, finished and uploaded a sky map",
        _of_a_new_event,
        _steps({"start": 120.0, "finish": 300.0, "upload": 60.0}),
        _bayestar,
    ),
    "far": Check(
        "the false alarm rate is at or below a threshold (Hz)",
        lambda alert: (),
        _steps({}),
        _far,
        {"threshold": "1e-6"},
    ),
    "labels": Check("none of some labels is there", lambda alert: (), _steps({}), _labels, {"labels": "INJ DQV"}),
    "operator": Check(
        "operators answer requests for their signoff", _requested, _steps({"answer": 600.0}), _signoff(advocate=False)
    ),
    "advocate": Check(
        "advocates answer requests for their signoff",
        _advocate_asked,
        _steps({"answer": 600.0}),
        _signoff(advocate=True),
    ),
    "p_astro": Check(
        "the source's classification is uploaded",
        _of_a_new_event,
        _steps({"upload": 300.0}),
        _files("upload", "p_astro.json", "*.p_astro.json", "pastro.json"),
    ),
    "em_bright": Check(
        "the source's properties are uploaded",
        _of_a_new_event,
        _steps({"upload": 300.0}),
        _files("upload", "em_bright.json", "*.em_bright.json", "embright.json"),
    ),
}
