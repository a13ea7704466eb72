"""What holds of a dummy after any sequence of calls: what the server's database keeps, and what its log tells."""

import os
import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings

from gracetape import dummy
from gracetape.archive import Alert, Archive, alerts_of, timeline_of
from tests.roundtrip.lives import Life, Ticking, acts
from tests.roundtrip.test_round_trip import messages

#: Texts that tell of labels put on and taken off, as (added, removed).
_TOLD = (
    (r"Label: (\S+)|Added label: (\S+)", r"Deleted label: (\S+)|Removed label: (\S+)"),
    (r".* signoff .*; label \S+ removed and label (\S+) applied", r".* signoff .*; label (\S+) removed and .*"),
    (r".* signoff .*updated: .*label (\S+) applied.*", r".* signoff .*updated: .*label (\S+) removed.*"),
    (r".* signoff .*deleted: \S+ removed and (\S+) reapplied", r".* signoff .*deleted: (\S+) removed and .*"),
)


def labels_told(logs: list[dict[str, Any]]) -> Counter[str]:
    """The labels that a log leaves on, each with how often it was put on more than taken off."""
    found: Counter[str] = Counter()
    for log in logs:
        for added, removed in _TOLD:
            for pattern, step in ((added, 1), (removed, -1)):
                if match := re.fullmatch(pattern, log["comment"], re.DOTALL):
                    found[next(group for group in match.groups() if group)] += step
    return +found


def check_object(client: Any, graceid: str, record: dict[str, Any]) -> None:
    logs = client.logs(graceid).json()["log"]
    assert [log["N"] for log in logs] == list(range(1, len(logs) + 1))
    versions: dict[str, list[int]] = {}
    for log in logs:
        if log["filename"]:
            versions.setdefault(log["filename"], []).append(log["file_version"])
    assert all(found == list(range(len(found))) for found in versions.values()), versions
    listed = set(client.files(graceid).json())
    assert listed == set(versions) | {f"{name},{v}" for name, found in versions.items() for v in found}
    held = Counter(label["name"] for label in client.labels(graceid).json()["labels"])
    assert held == Counter(record["labels"]) == labels_told(logs)


def check_membership(client: Any, events: list[str], superevents: list[str]) -> None:
    records = {sid: client.superevent(sid).json() for sid in superevents}
    members = {sid: {*record["gw_events"], *record["em_events"]} for sid, record in records.items()}
    for sid, record in records.items():
        assert record["preferred_event"] in members[sid]
        chosen = record["pipeline_preferred_events"]
        assert {event["graceid"] for event in chosen.values()} <= members[sid]
    shown = {sid: record["gw_id"] or sid for sid, record in records.items()}
    for graceid in events:
        said = client.event(graceid).json()["superevent"]
        assert [shown[sid] for sid in superevents if graceid in members[sid]] == ([said] if said else [])


def without_neighbours(value: Any) -> Any:
    """Messages without what an event's record says of superevents near it, which is made when it is asked for."""
    if isinstance(value, dict):
        return {name: without_neighbours(v) for name, v in value.items() if name != "superevent_neighbours"}
    return [without_neighbours(v) for v in value] if isinstance(value, list | tuple) else value


@settings(max_examples=int(os.environ.get("LIVES", "40")), deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
def test_any_sequence_of_calls_keeps_what_the_server_keeps(steps: list[Any]) -> None:
    announced: list[Alert] = []
    clock = Ticking()
    with TemporaryDirectory() as folder, Archive.create(Path(folder) / "lived.tape") as archive:
        with dummy.GraceDb(archive, now=clock, on_alert=announced.append) as client:
            life = Life(client, clock)
            life.live(steps)
            for graceid in life.events:
                check_object(client, graceid, client.event(graceid).json())
            for sid in life.superevents:
                check_object(client, sid, client.superevent(sid).json())
            check_membership(client, life.events, life.superevents)
        rebuilt = messages(list(alerts_of(timeline_of(archive))), "modern")
        assert without_neighbours(rebuilt) == without_neighbours(messages(announced, "modern"))
