"""Which heard message is which rebuilt one, and in what order both are replayed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings, strategies as st

from gracetape.archive import Alert, Archive, Recorded, rebuilt_alerts, timeline_of
from gracetape.archive.alerts.merge_recorded import bare_node, merged, pairs

FIXTURES = Path(__file__).parents[1] / "fixtures"
with Archive.open(FIXTURES / "long.tape") as _tape:
    SUPEREVENT = _tape.objects()[0]
    ALERTS = list(rebuilt_alerts(timeline_of(_tape)))
OWN = [alert for alert in ALERTS if alert.object_id == SUPEREVENT][:60]


def heard(alert: Alert, late_s: float = 0.4) -> Recorded:
    payload = alert.payload()
    assert payload is not None
    return Recorded(alert.created + timedelta(seconds=late_s), f"gracedb.{alert.nodes[0]}", payload)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.sets(st.integers(0, len(OWN) - 1)), st.floats(0, 0.9))
def test_what_was_not_heard_is_all_that_is_left_over(lost: set[int], late_s: float) -> None:
    found = pairs(OWN, [heard(alert, late_s) for i, alert in enumerate(OWN) if i not in lost])
    assert [pair.rebuilt for pair in found if pair.heard is None] == [OWN[i] for i in sorted(lost)]
    for pair in found:
        assert pair.rebuilt is not None
        assert pair.heard is None or pair.heard.payload == pair.rebuilt.payload()


@settings(deadline=None)  # other work on the machine is no failure
@given(st.sets(st.integers(0, len(OWN) - 1)), st.lists(st.floats(0, 2), min_size=len(OWN), max_size=len(OWN)))
def test_every_message_is_replayed_once_and_heard_ones_by_arrival(lost: set[int], late_s: list[float]) -> None:
    messages = [heard(alert, late_s[i]) for i, alert in enumerate(OWN) if i not in lost]
    messages.sort(key=lambda message: message.arrived)
    played = list(merged(OWN, {SUPEREVENT: messages}))
    assert sorted(id(a.payload()) if a.heard else a.n or 0 for a in played) == sorted(
        [id(m.payload) for m in messages] + [OWN[i].n or 0 for i in lost]
    )
    assert [a.created for a in played if a.heard] == [m.arrived for m in messages]
    assert [a.n for a in played if not a.heard] == [OWN[i].n for i in sorted(lost)]
    assert all(a.position is not None for a in played)


def test_when_a_message_was_sent_tells_nothing_of_which_it_is() -> None:
    alerts = [alert for alert in OWN if alert.alert_type == "update"][:4]
    messages = [heard(alert) for alert in alerts]
    sent = [
        replace(one, payload={**one.payload, "dispatched": "2026-11-25 03:00:00 UTC"}) for one in reversed(messages)
    ]
    assert [pair.rebuilt for pair in pairs(alerts, sent)] == alerts[::-1]


def test_without_a_recording_nothing_changes() -> None:
    assert list(merged(ALERTS, {SUPEREVENT: []})) == ALERTS
    assert (bare_node("gracedb-playground.cbc_gstlal"), bare_node("superevent")) == ("cbc_gstlal", "superevent")
