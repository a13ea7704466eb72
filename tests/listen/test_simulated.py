"""The iDQ check against simulated lives: its verdicts are what the simulation knows, in a rehearsal and through real processes."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive import Archive
from dummy import GraceDb
from dummy.dateids import utc_of
from listen import rehearse
from replay import Schedule, VirtualClock
from simulate import life_of
from simulate.acts import CreateEvent, WriteLog
from simulate.configuration import parse
from simulate.life import Life
from simulate.running import run
from tests.listen.listeners import configure, eventually, logs, running, status, stop

SEEDS = int(os.environ.get("SEEDS", "40"))
GPS, IFOS, THRESHOLD = 1400000000.25, ("H1", "L1", "V1"), 0.01
TIMEOUTS = {"start": 5.0, "tables": 14.0, "fap": 14.0, "finish": 40.0}

#: A gstlal life whose iDQ fails now and then, at each of its steps, and is late now and then.
SIMULATED = """
[general]
group = "Test"
pipeline = "gstlal"
[uploads]
log_prob = 0
coinc_prob = 0
psd_prob = 0
ranking_prob = 0
[idq]
classifiers = "ovl forest"
start_prob = 0.95
tables_prob = 0.95
tables_jitter = 3
fap_prob = 0.95
fap_jitter = 6
calib_prob = 0.95
calib_jitter = 15
"""


def a_life(seed: int) -> Life:
    configuration = parse("simulated", SIMULATED, ini=False)
    return life_of(configuration, np.random.default_rng(seed), GPS, 1e-9, IFOS)


def logged(life: Life) -> list[tuple[float, str]]:
    """Seconds after the creation, and text, of each log message that the simulation has planned."""
    (created,) = [action.dt for action in life.schedule if isinstance(action.what, CreateEvent)]
    return [(action.dt - created, action.what.message) for action in life.schedule if isinstance(action.what, WriteLog)]


@dataclass
class Known:
    """What the simulation knows of one detector: what was done when, and the false alarm probabilities."""

    done: list[tuple[float, str]] = field(default_factory=list)
    faps: list[float] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return any(step == "finish" for _, step in self.done)

    @property
    def failed(self) -> bool:
        return any(fap <= THRESHOLD for fap in self.faps)

    @property
    def state(self) -> str:
        return "failed" if self.failed else "ok" if self.finished else "late"

    def overdue(self) -> list[str]:
        """The steps that let one wait too long: after the last sign of life, the next one due did not follow in time."""
        waited, last, missing = list[str](), 0.0, ["start", "tables", "fap:ovl", "fap:forest", "finish"]
        for moment, step in [*self.done, (float("inf"), "")]:
            if missing and moment - last > TIMEOUTS[missing[0].partition(":")[0]]:
                waited.append(missing[0])
            last = moment
            missing = [name for name in missing if name != step]
        return waited


def known(messages: list[tuple[float, str]]) -> dict[str, Known]:
    """The truth about each detector, from the simulation's plan."""
    truth: dict[str, Known] = defaultdict(Known)
    for ifo in IFOS:
        for moment, text in messages:
            if "iDQ" in text + "iDQ" * text.startswith("minimum") and re.search(rf"\b{ifo}\b", text):
                words = text.split()
                fap = text.startswith("minimum glitch-FAP")
                step = (
                    "start"
                    if words[0] == "Started"
                    else "finish"
                    if words[0] == "Finished"
                    else f"fap:{words[3]}"
                    if fap
                    else ""
                )
                truth[ifo].done.append((moment, "tables" if text.startswith("iDQ glitch tables") else step))
                truth[ifo].faps += [float(words[-1])] if fap else []
        truth[ifo].done.sort(key=lambda pair: pair[0])
    return truth


def record(offset: float, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "offset": offset,
        "node": "test_gstlal",
        "payload": {"uid": "T1", "alert_type": kind, "data": data, "object": {}},
    }


def test_the_verdicts_of_idq_are_what_the_simulation_knows() -> None:
    options = {
        "idq": {
            **{name: str(s) for name, s in TIMEOUTS.items()},
            "threshold": str(THRESHOLD),
            "classifiers": "ovl forest",
        }
    }
    seen = set()
    for seed in range(SEEDS):
        messages = logged(a_life(seed))
        truth = known(messages)
        heard = [record(0.0, "new", {"instruments": ",".join(IFOS)})]
        heard += [record(moment, "log", {"comment": text}) for moment, text in messages]
        done = rehearse("checks", heard, options)
        assert done.errors == 0, done.lines
        assert dict(done.states["T1"]) == {f"idq:{ifo}": truth[ifo].state for ifo in IFOS}, seed
        late = {key: memory["late"] for key, memory in done.memories["T1"].items()}
        assert late == {f"idq:{ifo}": truth[ifo].overdue() for ifo in IFOS}, seed
        assert not any("does not parse" in line for line in done.lines)
        seen |= {truth[ifo].state for ifo in IFOS}
    assert seen == {"ok", "failed", "late"}


@pytest.mark.slow
def test_so_they_are_when_an_archive_is_replayed_at_speed_50_to_a_real_listener(tmp_path: Path) -> None:
    tape, truths = tmp_path / "lives.tape", dict[str, dict[str, Known]]()
    with Archive.create(tape) as archive:
        for seed in range(5):
            life, clock = a_life(seed), VirtualClock()
            now = lambda clock=clock: utc_of(GPS) + timedelta(seconds=clock.now())  # noqa: E731
            texts = Schedule(  # the files of iDQ say nothing to the check, and pictures take long to draw
                replace(action, what=replace(action.what, file=None)) if isinstance(action.what, WriteLog) else action
                for action in life.schedule
            )
            with GraceDb(archive, now=now) as client:
                assert not run(texts, client, clock).failed
            truths[life.graceid.get()] = known(logged(life))
    wait = 400
    sections = f"[idq]\nthreshold = {THRESHOLD}\nclassifiers = ovl forest\n" + "".join(
        f"{name} = {wait}\n" for name in TIMEOUTS
    )
    child = {"nodes": "test_gstlal", "general": {"process_type": "checks", "speed": 50}}
    config = configure(tmp_path, {"c": child}, {"source": f"replay:{tape}?speed=50"}, sections)
    expected = {uid: {f"idq:{ifo}": truth[ifo].state for ifo in IFOS} for uid, truth in truths.items()}
    with running(config) as process:
        eventually(lambda: (tmp_path / "logs" / "listener.status.json").exists(), otherwise=lambda: logs(tmp_path))
        eventually(lambda: status(config)["children"][0]["states"] == expected, otherwise=lambda: str(status(config)))
        assert stop(process)[0] == 0
