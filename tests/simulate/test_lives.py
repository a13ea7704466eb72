"""A simulated life of each pipeline, lived in a dummy, captured and replayed: the messages are those of the schedule."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive
from gracetape.simulate import Life, shipped
from gracetape.simulate.acts import CreateEvent, WriteLabel, WriteLog
from tests.simulate.conftest import LiveIn, MakeLife


def told(alerts: Iterable[Alert]) -> dict[str, list[tuple[Any, ...]]]:
    """What was said of each object, in order."""
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for alert in alerts:
        found[alert.graceid].append((alert.created, alert.alert_type, alert.data, alert.nodes))
    return found


def scheduled(life: Life) -> tuple[list[str], list[str]]:
    """The texts that the event's log gets, in order, and the labels that anything gets."""
    acts = [action.what for action in life.schedule]
    texts = [
        act.message for act in acts if isinstance(act, WriteLog) and act.graceid is life.graceid and not act.mentions
    ]
    answers = [f"{who}{'OK' if good else 'NO'}" for who, (_, good) in life.answers.items()]
    return texts, sorted([act.label for act in acts if isinstance(act, WriteLabel)] + answers)


@pytest.mark.parametrize("name", shipped())
def test_a_life_is_announced_as_scheduled_and_replayed_as_announced(
    name: str, a_life: MakeLife, live_in: LiveIn, tmp_path: Path
) -> None:
    life = a_life(name)
    outcome, announced = live_in(life.schedule, tmp_path / "lived.tape")
    assert (outcome.done, outcome.failed) == (len(life.schedule), [])

    graceid = life.graceid.get()
    texts, labels = scheduled(life)
    logged = [alert.data["comment"] for alert in announced if alert.graceid == graceid and alert.alert_type == "log"]
    assert [text for text in logged if text in texts] == texts
    assert sorted(alert.data["name"] for alert in announced if alert.alert_type == "label_added") == labels
    created = sum(isinstance(action.what, CreateEvent) for action in life.schedule)
    news = [alert.graceid for alert in announced if alert.alert_type == "new"]
    assert len(news) == created + (life.superevent is not None)

    with Archive.open(tmp_path / "lived.tape") as lived, dummy.GraceDb(lived) as client:
        with Archive.create(tmp_path / "captured.tape") as captured:
            capture.capture(news, captured, client, with_events=False)
            replayed = list(replay.play(captured, clock=replay.VirtualClock()))
    assert told(replayed) == told(announced)


def test_a_seed_makes_the_same_archive_byte_for_byte(a_life: MakeLife, live_in: LiveIn, tmp_path: Path) -> None:
    def kept(name: str, seed: int) -> list[tuple[Any, ...]]:
        _, alerts = live_in(a_life("several", seed).schedule, tmp_path / name)
        blobs = sorted(path.name for path in (tmp_path / name / "blobs").rglob("*") if path.is_file())
        return [blobs, *told(alerts).items()]

    assert kept("a.tape", 1) == kept("b.tape", 1)
    assert kept("c.tape", 2)[0] != kept("d.tape", 1)[0]
