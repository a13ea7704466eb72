"""The preferred events by pipeline: an event that an update makes the preferred one is that of its pipeline too."""

from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import sample
from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive
from gracetape.replay.reenact.perform import reenact


@pytest.fixture
def members(client: Any) -> list[str]:
    """Three events: two of gstlal, one of CWB."""
    rows = (("gstlal", "cbc-lm.xml"), ("gstlal", "cbc-lm2.xml"), ("CWB", "upload.data"))
    uploads = [(pipeline, *sample(name)) for pipeline, name in rows]
    made = [client.create_event("Test", p, name, filecontents=contents) for p, name, contents in uploads]
    return [answer.json()["graceid"] for answer in made]


def chosen(record: Any) -> dict[str, str]:
    return {pipeline: event["graceid"] for pipeline, event in record["pipeline_preferred_events"].items()}


def test_they_follow_the_preferred_event_live_and_in_a_replay(
    client: Any, announced: list[Alert], members: list[str], tmp_path: Path
) -> None:
    first, second, burst = members
    superevent = client.create_superevent(1, 2, 3, first, events=[second, burst], category="test").json()
    graceid = superevent["superevent_id"]
    assert chosen(superevent) == {}
    for preferred, pipeline in ((second, "gstlal"), (burst, "CWB")):
        record = client.update_superevent(graceid, preferred_event=preferred).json()
        assert chosen(record) == {pipeline: preferred}
        with pytest.raises(HTTPError) as refused:
            client.remove_pipeline_preferred_event(graceid, preferred)
        assert "because it is the preferred event" in refused.value.response.text
    client.add_pipeline_preferred_event(graceid, first)
    record = client.superevent(graceid).json()
    assert chosen(record) == {"CWB": burst, "gstlal": first}
    assert "extra_attributes" in record["pipeline_preferred_events"]["CWB"]
    client.remove_pipeline_preferred_event(graceid, first)
    with Archive.create(tmp_path / "captured.tape") as captured:
        capture.capture([graceid], captured, client)
    live = [alert.payload() for alert in announced]
    rebuilt = list(replay.play(tmp_path / "captured.tape", clock=replay.VirtualClock()))
    assert [chosen(alert.object) for alert in rebuilt if alert.category == "superevent"] == [
        {}, {"gstlal": second}, {"CWB": burst},
    ]  # fmt: skip
    mine = [payload for payload in live if payload and payload["uid"] == graceid]
    assert [alert.payload() for alert in rebuilt if alert.category == "superevent"] == mine


def test_the_preferred_event_can_be_that_of_its_pipeline_as_gwcelery_asks(client: Any, members: list[str]) -> None:
    first, second, burst = members
    graceid = client.create_superevent(1, 2, 3, first, events=[second, burst], category="test").json()["superevent_id"]
    with pytest.raises(HTTPError) as refused:
        client.add_pipeline_preferred_event(graceid, second)
    assert f"would remove {first} as the preferred event" in refused.value.response.text
    for event in (first, burst):
        client.add_pipeline_preferred_event(graceid, event)
    assert chosen(client.superevent(graceid).json()) == {"gstlal": first, "CWB": burst}


def test_choices_by_hand_leave_entries_that_histories_tell_of(
    client: Any, announced: list[Alert], members: list[str], tape: Archive, tmp_path: Path
) -> None:
    first, second, burst = members
    graceid = client.create_superevent(1, 2, 3, burst, events=[first, second], category="T").json()["superevent_id"]
    told = len(announced)
    client.add_pipeline_preferred_event(graceid, first)
    client.add_pipeline_preferred_event(graceid, second)
    client.remove_pipeline_preferred_event(graceid, second)
    assert announced[told:] == []

    def comments(of: str) -> list[str]:
        return [log["comment"] for log in client.logs(of).json()["log"]][-3:]

    assert comments(graceid) == [
        f"Added {first} as gstlal pipeline-preferred event",
        f"Removed {first} and added {second} as gstlal pipeline-preferred event",
        f"Removed {second} as gstlal pipeline-preferred event",
    ]
    for event in (first, second):
        assert comments(event) == [
            f"Added to superevent: {graceid}",
            f"Added as gstlal pipeline-preferred event for {graceid}",
            f"Removed as gstlal pipeline-preferred event for {graceid}",
        ]
    then = []
    for n in range(1, 5):
        with dummy.GraceDb(tape, {graceid: n}) as past:
            then.append(chosen(past.superevent(graceid).json()))
    assert then == [{}, {"gstlal": first}, {"gstlal": second}, {}]
    with Archive.create(tmp_path / "again.tape") as again, dummy.GraceDb(again) as target:
        outcome = reenact(tape).perform(target, replay.VirtualClock())
        written = target.logs(outcome.ids[graceid]).json()["log"]
        assert [log["comment"].split()[0] for log in written] == ["Superevent", "Added", "Removed", "Removed"]


def test_a_choice_ends_where_the_preferred_event_takes_its_place(
    client: Any, members: list[str], tape: Archive
) -> None:
    first, second, burst = members
    graceid = client.create_superevent(1, 2, 3, burst, events=[first, second], category="T").json()["superevent_id"]
    client.add_pipeline_preferred_event(graceid, first)
    live = []
    for preferred in (second, burst):
        live.append(chosen(client.update_superevent(graceid, preferred_event=preferred).json()))
    client.add_pipeline_preferred_event(graceid, first)
    live.append(chosen(client.superevent(graceid).json()))
    assert live == [{"gstlal": second}, {"CWB": burst}, {"CWB": burst, "gstlal": first}]
    then = []
    for n in range(2, 6):
        with dummy.GraceDb(tape, {graceid: n}) as past:
            then.append(chosen(past.superevent(graceid).json()))
    assert then == [{"gstlal": first}, *live]
