"""The preferred events by pipeline: an event that an update makes the preferred one is that of its pipeline too."""

from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import sample
from gracetape import capture, replay
from gracetape.archive import Alert, Archive


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
