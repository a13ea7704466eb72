"""What a dummy announced while it was written is what a replay of its capture announces: the same, in the same order."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings

import capture
import dummy
import replay
from archive import Alert, Archive
from tests.roundtrip.lives import Life, Ticking, acts

#: What no record keeps: the event as it was before a replacement (docs/fidelity.md).
FROM_THE_FILE = {"far", "gpstime", "instruments", "nevents", "likelihood", "extra_attributes", "reporting_latency"}


def messages(alerts: list[Alert], replaced: bool) -> list[tuple[Any, ...]]:
    """What was sent, one per node; without what a replacement overwrote, where there was one."""
    found = []
    for alert in alerts:
        payload = alert.payload()
        for node in alert.nodes:
            found.append((alert.created, node, _known(payload) if replaced else payload))
    return found


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _known(v) for k, v in value.items() if k not in FROM_THE_FILE}
    return [_known(v) for v in value] if isinstance(value, list) else value


def lived(folder: Path, steps: list[Any]) -> tuple[Life, list[Alert], Path]:
    """Live a life on an empty dummy and capture it through the client: (what came of it, what it announced, the tape)."""
    clock, announced = Ticking(), []
    with Archive.create(folder / "written.tape") as written:
        with dummy.GraceDb(written, now=clock, on_alert=announced.append) as client:
            life = Life(client, clock)
            life.live(steps)
            with Archive.create(folder / "captured.tape") as captured:
                capture.capture([*life.superevents, *life.events], captured, client, with_events=False)
    return life, announced, folder / "captured.tape"


@settings(max_examples=int(os.environ.get("LIVES", "200")), deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
def test_a_replay_of_the_capture_announces_what_was_announced_live(steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        life, announced, tape = lived(Path(folder), steps)
        with Archive.open(tape) as captured:
            rebuilt = list(replay.play(captured, speed=1, clock=replay.VirtualClock()))
        replaced = "replace" in life.done
        assert messages(rebuilt, replaced) == messages(announced, replaced)
