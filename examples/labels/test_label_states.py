"""The handler asks for the labels as they were at each message; the countdown runs on the clock of the replay."""

import label_states
from label_states import Handler, state_of


def test_the_states_are_those_of_the_labels_at_each_message(replay, gracedb):
    handler = Handler(gracedb, replay.clock.call_later)
    replay.to(handler)
    assert handler.states == ["waiting", "ready", "held", "ready", "approved", "held"]


def test_a_notice_goes_out_when_nobody_objected_for_long_enough(replay, gracedb, alerts):
    replay.to(Handler(gracedb, replay.clock.call_later))
    (sent,) = alerts.of("label_added")
    assert (sent.data["name"], sent.data["created"]) == ("GCN_PRELIM_SENT", "2026-03-01 12:00:31 UTC")


def test_an_objection_within_the_countdown_calls_it_off(replay, gracedb, alerts, monkeypatch):
    monkeypatch.setattr(label_states, "COUNTDOWN_S", 3600)
    replay.to(Handler(gracedb, replay.clock.call_later))
    assert alerts.of("label_added") == []


def test_what_labels_mean():
    assert [state_of(labels) for labels in ({"EM_READY"}, {"ADVOK", "H1NO"})] == ["waiting", "held"]
