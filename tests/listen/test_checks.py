"""The checks: what they say of an event's messages agrees with what really happened to it."""

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gracetape.listen import BadConfiguration, Rehearsal, read_configuration, rehearse
from gracetape.listen.checks.check import Check
from gracetape.listen.checks.plugin import check_configuration
from gracetape.listen.checks.table import CHECKS
from tests.listen.listeners import configure

SEEDS = int(os.environ.get("SEEDS", "100"))
START, TABLES, FAP, FINISH, THRESHOLD = 10.0, 30.0, 20.0, 60.0, 0.01
OPTIONS = {
    "idq": {
        "start": str(START), "tables": str(TABLES), "fap": str(FAP), "finish": str(FINISH),
        "threshold": str(THRESHOLD), "classifiers": "ovl forest",
    }
}  # fmt: skip


def log(t: float, comment: str, uid: str = "G1", filename: str = "") -> dict[str, Any]:
    return {
        "offset": t,
        "node": "cbc_gstlal",
        "payload": {"uid": uid, "alert_type": "log", "data": {"comment": comment, "filename": filename}, "object": {}},
    }


def new(t: float, uid: str = "G1", instruments: str = "H1,L1", **more: Any) -> dict[str, Any]:
    event = {"graceid": uid, "instruments": instruments, "far": 1e-9, **more}
    return {
        "offset": t,
        "node": "cbc_gstlal",
        "payload": {"uid": uid, "alert_type": "new", "data": event, "object": event},
    }


def label(t: float, name: str, uid: str = "G1", how: str = "label_added") -> dict[str, Any]:
    return {
        "offset": t,
        "node": "cbc_gstlal",
        "payload": {"uid": uid, "alert_type": how, "data": {"name": name}, "object": {}},
    }


@dataclass
class Life:
    """What iDQ does about one event, drawn at random: stages fail, come late, or find a glitch."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    late: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def draw(cls, seed: int, uid: str = "G1") -> "Life":
        life, dice = cls([new(0.0, uid)]), random.Random(seed)
        for ifo in ("H1", "L1"):
            life._instrument(ifo, dice, uid)
        life.messages.sort(key=lambda message: message["offset"])
        return life

    def _instrument(self, ifo: str, dice: random.Random, uid: str) -> None:
        within = "within [1000, 1010]"
        chain: list[tuple[str, float, str]] = [
            ("start", START, f"Started Searching for iDQ information {within} at {ifo}"),
            ("tables", TABLES, f"iDQ glitch tables {ifo}:"),
        ]
        faps = {name: 10 ** dice.uniform(-4, 0) for name in ("ovl", "forest")}
        for name, fap in faps.items():
            chain.append((f"fap:{name}", FAP, f"minimum glitch-FAP for {name} at {ifo} {within} is {fap:.6f}"))
            chain.append(("", FAP, f"iDQ fap timesereis for {name} at {ifo} {within} :"))
        chain.append(("finish", FINISH, f"Finished searching for iDQ information {within} at {ifo}"))
        t, failed, late = 0.0, False, []
        state = "ok"
        for place, (stage, timeout, text) in enumerate(chain):
            if dice.random() < 0.05:
                late.append(_next_stage(chain, place))
                state = "late"
                break
            limit = next(timeout for name, timeout, _ in chain[place:] if name == _next_stage(chain, place))
            delay = limit * (dice.uniform(1.1, 1.5) if dice.random() < 0.1 else dice.uniform(0.1, 0.9))
            t += delay
            if delay > limit:
                late.append(_next_stage(chain, place))
            self.messages.append(log(t, text, uid))
            if stage.startswith("fap:") and round(faps[stage.removeprefix("fap:")], 6) <= THRESHOLD:
                failed = True
        self.states[f"idq:{ifo}"] = "failed" if failed else state
        self.late[f"idq:{ifo}"] = late


def _next_stage(chain: list[tuple[str, float, str]], place: int) -> str:
    return next(name for name, _, _ in chain[place:] if name)


def test_the_verdicts_of_idq_equal_what_happened() -> None:
    for seed in range(SEEDS):
        life = Life.draw(seed)
        done = rehearse("checks", life.messages, OPTIONS)
        assert done.errors == 0, done.lines
        assert dict(done.states["G1"]) == life.states, seed
        assert {key: record["late"] for key, record in done.memories["G1"].items()} == life.late, seed


def test_interleaved_lives_are_told_apart() -> None:
    lives = {f"G{seed}": Life.draw(seed, f"G{seed}") for seed in range(40)}
    messages = sorted((m for life in lives.values() for m in life.messages), key=lambda m: m["offset"])
    done = rehearse("checks", messages, OPTIONS)
    assert {uid: dict(states) for uid, states in done.states.items()} == {
        uid: life.states for uid, life in lives.items()
    }


def checked(section: str, messages: list[dict[str, Any]], until: float | None = None, **options: str) -> Rehearsal:
    done = rehearse("checks", messages, {section: options}, until=until)
    assert done.errors == 0, done.lines
    return done


UPLOADED = log(40, "INFO:BAYESTAR:uploaded sky map", filename="bayestar.fits.gz")
SKYMAP = [
    log(5, "INFO:BAYESTAR:starting sky localization"),
    log(30, "INFO:BAYESTAR:sky localization complete"),
    UPLOADED,
]
SIGNOFF = {"signoff_type": "OP", "instrument": "H1", "status": "NO"}
OLD = {
    "uid": "G1",
    "alert_type": "update",
    "description": "strain spectral densities",
    "file": "psd.xml.gz",
    "object": {},
}
LEFT = {
    "uid": "G1",
    "alert_type": "label_removed",
    "data": {"name": "INJ"},
    "object": {"graceid": "G1", "labels": ["DQV"]},
}
TWO_VETOES = [new(0), label(1, "INJ"), label(2, "DQV"), {"offset": 3, "node": "n", "payload": LEFT}]
OLD_LABEL = {"uid": "G1", "alert_type": "label", "description": "DQV", "file": "", "labels": []}

#: What, the check's section, messages, until when, the states.
TABLE = [
    ("a PSD in time", "psd", [new(0), log(10, "strain spectral densities", filename="psd.xml.gz")], None, {"psd": "ok"}),
    ("a PSD of pycbc", "psd", [new(0), log(10, "PyCBC PSD estimate from the time of event")], None, {"psd": "ok"}),
    ("an old message of a PSD", "psd", [new(0), {"offset": 1, "node": "n", "payload": OLD}], None, {"psd": "ok"}),
    ("no PSD yet", "psd", [new(0)], 30, {"psd": "pending"}),
    ("no PSD in time", "psd", [new(0)], None, {"psd": "late"}),
    ("a PSD too late", "psd", [new(0), log(100, "PSDs")], None, {"psd": "ok"}),
    ("a sky map", "skymap", [new(0), *SKYMAP], None, {"skymap": "ok"}),
    ("a sky map that never ends", "skymap", [new(0), *SKYMAP[:1]], None, {"skymap": "late"}),
    ("a FAR below", "far", [new(0, far=1e-8)], None, {"far": "ok"}),
    ("a FAR above", "far", [new(0, far=1e-3)], None, {"far": "failed"}),
    ("no veto", "labels", [new(0), label(1, "EM_READY")], None, {"labels": "ok"}),
    ("a veto", "labels", [new(0), label(1, "DQV")], None, {"labels": "failed"}),
    ("a veto from the beginning", "labels", [new(0, labels=["INJ"])], None, {"labels": "failed"}),
    ("one veto of two taken back", "labels", TWO_VETOES, None, {"labels": "failed"}),
    ("an old veto", "labels", [new(0), {"offset": 1, "node": "n", "payload": OLD_LABEL}], None, {"labels": "failed"}),
    ("a veto taken back", "labels", [new(0), label(1, "INJ"), label(2, "INJ", how="label_removed")], None, {"labels": "ok"}),
    ("an operator's OK", "operator", [label(0, "H1OPS"), label(9, "H1OK")], None, {"operator:H1": "ok"}),
    ("an operator's NO", "operator", [label(0, "L1OPS"), label(9, "L1NO")], None, {"operator:L1": "failed"}),
    (
        "an operator's NO as a signoff",
        "operator",
        [label(0, "H1OPS"), {"offset": 9, "node": "n", "payload": {"uid": "G1", "alert_type": "signoff_created", "data": SIGNOFF}}],
        None,
        {"operator:H1": "failed"},
    ),
    ("an operator who sleeps", "operator", [label(0, "V1OPS")], None, {"operator:V1": "late"}),
    ("an advocate's OK", "advocate", [label(0, "ADVREQ"), label(9, "ADVOK")], None, {"advocate": "ok"}),
    ("an advocate asked", "advocate", [label(0, "ADVREQ")], 30, {"advocate": "pending"}),
    ("a p_astro", "p_astro", [new(0), log(9, "classified", filename="gstlal.p_astro.json")], None, {"p_astro": "ok"}),
    ("an em_bright", "em_bright", [new(0), log(9, "properties", filename="em_bright.json")], None, {"em_bright": "ok"}),
    (
        "segments",
        "segments",
        [new(0), log(1, "began searching for segments in : O4"), log(9, "finished searching for segments in : O4")],
        None,
        {"segments": "ok"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("section", "messages", "until", "states"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_check_says(
    section: str, messages: list[dict[str, Any]], until: float | None, states: dict[str, str]
) -> None:
    assert dict(checked(section, messages, until).states["G1"]) == states


def test_a_detector_that_never_reports_is_named() -> None:
    done = checked("idq", [new(0), log(1, "Started Searching for iDQ information within [1, 2] at H1")], until=31)
    assert any("idq:L1: G1: L1 never reported" in line for line in done.lines)
    assert not any("H1 never" in line for line in done.lines)


def test_a_line_that_does_not_parse_is_told_and_mailed() -> None:
    done = checked("idq", [new(0), log(1, "minimum glitch-FAP for ovl at H1 is unknown")])
    assert any("does not parse" in line for line in done.lines)
    assert any("does not parse" in subject for subject, _ in done.mails)


def test_a_glitch_is_labelled_once_on_the_gracedb_that_is_named() -> None:
    class Client:
        written: list[tuple[str, str]] = []

        def writeLabel(self, graceid: str, name: str) -> None:
            self.written.append((graceid, name))

    text = "minimum glitch-FAP for {} at {} within [1, 2] is 0.000100"
    messages = [new(0), *(log(t, text.format("ovl", ifo)) for t, ifo in enumerate(("H1", "H1", "L1"), 1))]
    options = {"general": {"gracedb": "dummy:x.tape"}, "idq": {"action": "label"}}
    done = rehearse("checks", messages, options, gracedb=Client())
    assert done.errors == 0, done.lines
    assert Client.written == [("G1", "DQV")]
    assert any("FAP of ovl is 0.0001 <= 0.01" in line for line in done.lines)


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ("[idqq]\n", "there is no check [idqq]"),
        ("", "no check is asked for"),
        ("[idq]\nthreshold = low\n", "threshold must be a number"),
        ("[idq]\nstrat = 3\n", "there is no option 'strat'"),
        ("[psd]\naction = shout\n", "action must be log or label"),
        ("[psd]\naction = label\n", "needs a GraceDB"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, sections: str, says: str) -> None:
    config = configure(tmp_path, {"c": {"general": {"process_type": "checks"}}}, sections=sections)
    with pytest.raises(BadConfiguration) as refused:
        read_configuration(config)
    assert says in str(refused.value)
    assert "c.child.ini" in str(refused.value)


def test_a_check_that_is_added_has_its_numbers_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Check(
        "no more events than a number", lambda alert: (), lambda options: (), lambda alert, options: (), {"most": "3"}
    )
    monkeypatch.setitem(CHECKS, "count", row)
    check_configuration({"count": {"most": "5"}})
    with pytest.raises(ValueError, match="most must be a number"):
        check_configuration({"count": {"most": "five"}})


def test_memories_are_json() -> None:
    json.dumps(rehearse("checks", Life.draw(1).messages, OPTIONS).memories)
