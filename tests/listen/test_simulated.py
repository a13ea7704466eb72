"""The iDQ check against simulated lives: its verdicts are what the simulation knows, in a rehearsal and through real processes."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gracetape.archive import Archive
from gracetape.dummy import GraceDb
from gracetape.listen import rehearse
from gracetape.listen.checks.plugin import states
from gracetape.listen.journal import Journal
from gracetape.listen.status import read_status
from gracetape.replay import Schedule, VirtualClock, run
from gracetape.simulate import life_of
from gracetape.simulate.acts import CreateEvent, WriteLog
from gracetape.simulate.configuration import parse
from gracetape.simulate.life import Life
from gracetape.times import utc_of
from tests.listen.listeners import configure, logs, running, stop
from tests.waiting import eventually

SEEDS = int(os.environ.get("SEEDS", "200"))
GPS, IFOS, THRESHOLD = 1400000000.25, ("H1", "L1", "V1"), 0.01
TIMEOUTS = {"start": 5.0, "tables": 14.0, "fap": 14.0, "finish": 40.0}
OPTIONS = {**{name: str(s) for name, s in TIMEOUTS.items()}, "threshold": str(THRESHOLD), "classifiers": "ovl forest"}

#: Of the replay; and seconds of the event's time from the beginning of one life to that of the next.
SPEED, APART = 50, 3.0

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

    def overdue(self, slack: float = 0.0) -> list[str]:
        """The steps that let one wait too long (`slack` seconds more): the next one due did not follow the last sign of life
        in time."""
        waited, last, missing = list[str](), 0.0, ["start", "tables", "fap:ovl", "fap:forest", "finish"]
        for moment, step in [*self.done, (float("inf"), "")]:
            if missing and moment - last > TIMEOUTS[missing[0].partition(":")[0]] + slack:
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
    seen = set()
    for seed in range(SEEDS):
        messages = logged(a_life(seed))
        truth = known(messages)
        heard = [record(0.0, "new", {"instruments": ",".join(IFOS)})]
        heard += [record(moment, "log", {"comment": text}) for moment, text in messages]
        done = rehearse("checks", heard, {"idq": OPTIONS})
        assert done.errors == 0, done.lines
        assert dict(done.states["T1"]) == {f"idq:{ifo}": truth[ifo].state for ifo in IFOS}, seed
        late = {key: memory["late"] for key, memory in done.memories["T1"].items()}
        assert late == {f"idq:{ifo}": truth[ifo].overdue() for ifo in IFOS}, seed
        assert not any("does not parse" in line for line in done.lines)
        seen |= {truth[ifo].state for ifo in IFOS}
    assert seen == {"ok", "failed", "late"}


def write_down(life: Life, client: GraceDb, clock: VirtualClock) -> None:
    """Let a life happen on a dummy."""
    texts = Schedule(  # the files of iDQ say nothing to the check, and pictures take long to draw
        replace(action, what=replace(action.what, file=None)) if isinstance(action.what, WriteLog) else action
        for action in life.schedule
    )
    assert not run(texts, client, clock).failed


def arrivals(text: str) -> dict[str, list[float]]:
    """When each event's messages were accepted, unix seconds, as the listener's logs have it."""
    accepted = {id: moment for moment, id in re.findall(r"^(\S+) (\S+) INFO arrived", text, re.MULTILINE)}
    moments = defaultdict[str, list[float]](list)
    for id, uid in re.findall(r"^\S+ (\S+) INFO received \S+ uid=(\S+)", text, re.MULTILINE):
        moments[uid].append(datetime.fromisoformat(accepted[id]).timestamp())
    return moments


def jitter(planned: list[float], heard: list[float]) -> float:
    """By how much the time between two messages was another than planned, at most, seconds of the event's time."""
    assert len(planned) == len(heard)
    lateness = [SPEED * moment - plan for plan, moment in zip(planned, heard, strict=True)]
    return max(lateness) - min(lateness)


@pytest.mark.slow
@pytest.mark.timeout(300 + 2 * SEEDS)
def test_so_they_are_when_lives_are_replayed_at_speed_50_to_a_real_listener(tmp_path: Path) -> None:
    """All play together, each beginning `APART` seconds after the one before.

    A stage that comes so near to its timeout that the clock's jitter decides (which the logs tell) may count as late or not.
    """
    tape, lives = tmp_path / "lives.tape", dict[str, Life]()
    clocks = [
        VirtualClock()
    ]  # the last one is that of the life that is written down; each begins `APART` after the one before
    with (
        Archive.create(tape) as archive,
        GraceDb(archive, now=lambda: utc_of(GPS) + timedelta(seconds=len(lives) * APART + clocks[-1].now())) as client,
    ):
        for seed in range(SEEDS):
            life = a_life(seed)
            clocks.append(VirtualClock())
            write_down(life, client, clocks[-1])
            lives[life.graceid.get()] = life
    child = {
        "nodes": "test_gstlal",
        "checkpoint": tmp_path / "c.sqlite",
        "general": {"process_type": "checks", "speed": SPEED},
    }
    section = "[idq]\n" + "".join(f"{name} = {value}\n" for name, value in OPTIONS.items())
    config = configure(tmp_path, {"c": child}, {"source": f"replay:{tape}?speed={SPEED}"}, section)
    messages = sum(1 + len(logged(life)) for life in lives.values())
    told = tmp_path / "logs" / "listener.status.json"
    with running(config) as process:
        eventually(told.exists, otherwise=lambda: logs(tmp_path))
        eventually(
            lambda: (done := read_status(told)["children"][0])["alerts"] == messages and not done["queue"],
            limit=120 + SEEDS,
            otherwise=told.read_text,
        )
        code, _, complaints = stop(process)
        assert (code, [line for line in complaints.splitlines() if not line.startswith("rebuilding alerts: ")]) == (
            0,
            [],
        )
    text = logs(tmp_path)
    assert "does not parse" not in text
    heard, journal = arrivals(text), Journal(tmp_path / "c.sqlite")
    seen = set()
    for uid, life in lives.items():
        truth, memory = known(logged(life)), journal.memory(uid) or {}
        assert states(memory) == {f"idq:{ifo}": truth[ifo].state for ifo in IFOS}, uid
        slack = jitter([0.0, *(moment for moment, _ in logged(life))], heard[uid])
        for ifo in IFOS:
            seen.add(truth[ifo].state)
            if truth[ifo].overdue(slack) == truth[ifo].overdue(-slack):
                assert memory[f"idq:{ifo}"]["late"] == truth[ifo].overdue(), (uid, ifo, slack)
    journal.close()
    assert seen == {"ok", "failed", "late"}
