"""What a dummy announced while it was written is what a replay of its capture announces: the same, in the same order."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings

from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive
from gracetape.archive.alerts.formats import FORMATS
from tests.roundtrip.lives import Life, Ticking, acts


def messages(alerts: list[Alert], format: str) -> list[tuple[Any, ...]]:
    """What was sent in a form, one per node."""
    sent = [(alert, alert.payload(format)) for alert in alerts]
    return [(alert.created, node, payload) for alert, payload in sent if payload for node in alert.nodes]


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
        _, announced, tape = lived(Path(folder), steps)
        with Archive.open(tape) as captured:
            rebuilt = list(replay.play(captured, speed=1, clock=replay.VirtualClock()))
        for format in FORMATS:
            assert messages(rebuilt, format) == messages(announced, format)
        assert {alert.certainty for alert in rebuilt} <= {"exact", "inferred"}
