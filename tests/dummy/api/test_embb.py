"""EMBB event logs: what follow-up groups reported before there were EM observations (API v1, which the client left behind)."""

from typing import Any

from demo.lives import new_event
from gracetape.archive import Alert


def report(client: Any, graceid: str, **more: Any) -> Any:
    told = {"group": "Test", "waveband": "em.opt", "eel_status": "FO", "obs_status": "OB", "comment": "seen"}
    return client.post(client.templates["embb-event-log-template"].format(graceid=graceid), data=told | more)


def test_a_report_is_kept_and_announced_without_a_log_entry(client: Any, announced: list[Alert]) -> None:
    graceid = new_event(client)
    logs = client.logs(graceid).json()
    lists = {"raList": "1,3", "raWidthList": "1,1", "decList": "4", "decWidthList": "2"}
    record = report(client, graceid, **lists).json()
    assert (record["ra"], record["raWidth"], record["dec"], record["decWidth"]) == (2.0, 3.0, 4.0, 2.0)
    assert (record["N"], record["eel_status"], record["obs_status"]) == (1, "FOOTPRINT", "OBSERVATION")
    assert (announced[-1].alert_type, announced[-1].n, announced[-1].data["comment"]) == (
        "embb_event_log",
        None,
        "seen",
    )
    assert client.logs(graceid).json() == logs
    listed = client.get(client.templates["embb-event-log-template"].format(graceid=graceid)).json()
    assert listed["embblog"] == [client.get(record["self"]).json()] == [record]
