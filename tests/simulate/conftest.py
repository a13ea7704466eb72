"""Lives and dummies for the tests of simulate."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gracetape.archive import Alert, Archive
from gracetape.dummy import GraceDb
from gracetape.replay import Schedule, VirtualClock
from gracetape.schedule import Outcome, run
from gracetape.simulate import read_configuration
from gracetape.simulate.life import Life
from gracetape.simulate.lives import life_of
from gracetape.times import utc_of

GPS = 1400000000.25
IFOS = ("H1", "L1", "V1")

MakeLife = Callable[..., Life]
LiveIn = Callable[[Schedule, Path], tuple[Outcome, list[Alert]]]


@pytest.fixture
def a_life() -> MakeLife:
    """A life out of a configuration's name (or a configuration), by its seed."""

    def made(name: Any, seed: int = 1, instruments: tuple[str, ...] = IFOS) -> Life:
        configuration = read_configuration(name) if isinstance(name, str) else name
        return life_of(configuration, np.random.default_rng(seed), GPS, 1e-9, instruments)

    return made


@pytest.fixture
def live_in() -> LiveIn:
    """Runs a schedule in a new dummy archive under a virtual clock: what came of it, and the alerts."""

    def lived(schedule: Schedule, path: Path) -> tuple[Outcome, list[Alert]]:
        clock, alerts = VirtualClock(), list[Alert]()
        now = lambda: utc_of(GPS) + timedelta(seconds=clock.now())  # noqa: E731
        with Archive.create(path) as archive, GraceDb(archive, now=now, on_alert=alerts.append) as client:
            return run(schedule, client, clock), alerts

    return lived
