"""A simulated life of each pipeline, lived in a dummy: its acts are the schedule's, and its messages too."""

from pathlib import Path

import pytest

from simulate import shipped
from simulate.acts import CreateEvent, WriteLabel, WriteLog
from tests.simulate.conftest import LiveIn, MakeLife


@pytest.mark.parametrize("name", shipped())
def test_a_life_is_lived_whole_and_announced_as_scheduled(
    name: str, a_life: MakeLife, live_in: LiveIn, tmp_path: Path
) -> None:
    schedule = a_life(name).schedule
    outcome, alerts = live_in(schedule, tmp_path / "a.tape")
    assert (outcome.done, outcome.failed) == (len(schedule), [])
    acts = [action.what for action in schedule]
    said = [alert.data for alert in alerts if alert.alert_type == "log" and alert.data.get("comment")]
    written = [act.message for act in acts if isinstance(act, WriteLog) and act.mentions is None]
    comments = [record["comment"] for record in said]
    positions = [comments.index(message) for message in dict.fromkeys(written) if message]
    assert positions == sorted(positions), "messages come in the schedule's order"
    labels = sorted(act.label for act in acts if isinstance(act, WriteLabel))
    announced = sorted(alert.data["name"] for alert in alerts if alert.alert_type == "label_added")
    assert [label for label in announced if label in labels] == labels
    assert sum(alert.alert_type == "new" for alert in alerts) >= sum(isinstance(act, CreateEvent) for act in acts)
