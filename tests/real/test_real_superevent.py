"""The real superevent S220609hl: its messages, rebuilt from its log."""

from collections import Counter
from collections.abc import Iterator

import pytest

from demo.real_data import SUPEREVENT, NoRealData, real_tape
from gracetape import replay
from gracetape.archive import Alert, Archive, history_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def tape() -> Iterator[Archive]:
    try:
        path = real_tape()
    except NoRealData as error:
        pytest.skip(f"the real superevent is not at hand: {error}")
    with Archive.open(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def alerts(tape: Archive) -> list[Alert]:
    return list(replay.play(tape, clock=replay.VirtualClock()))


@pytest.fixture(scope="module")
def own(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.graceid == SUPEREVENT]


def test_its_own_topic_has_the_messages_of_its_log_in_order(own: list[Alert]) -> None:
    counts = Counter(alert.alert_type for alert in own)
    assert counts == {"new": 1, "update": 6, "event_added": 5, "label_added": 5, "voevent": 2, "log": 34}
    assert all(alert.nodes == ("superevent",) for alert in own)
    numbers = [alert.n for alert in own]
    assert numbers == sorted(numbers)


def test_none_of_its_tag_entries_is_announced(tape: Archive, own: list[Alert]) -> None:
    tags = [entry for entry in history_of(tape, SUPEREVENT).entries if entry.act.name == "tagged"]
    assert len(tags) == 55
    assert not {entry.n for entry in tags} & {alert.n for alert in own}


def test_the_members_topics_have_what_the_superevents_acts_imply(alerts: list[Alert]) -> None:
    members = Counter(alert.alert_type for alert in alerts if alert.graceid != SUPEREVENT and alert.alert_type != "log")
    assert members == {"new": 6, "added_to_superevent": 5, "selected_as_preferred": 5, "removed_as_preferred": 4}


def test_each_message_shows_the_superevent_as_it_stood(own: list[Alert]) -> None:
    by_n = {alert.n: alert.object for alert in own}
    assert (by_n[1]["labels"], by_n[1]["preferred_event"], by_n[1]["gw_events"]) == ([], "G587364", ["G587364"])
    assert by_n[15]["gw_events"] == ["G587365", "G587364"]
    assert (by_n[18]["preferred_event"], by_n[18]["t_0"]) == ("G587365", 1338848303.808759)
    assert by_n[17]["labels"] == ["EM_READY"]
    assert by_n[57]["labels"] == ["EM_READY", "ADVREQ", "EM_Selected", "SKYMAP_READY"]
    assert by_n[30]["preferred_event_data"]["graceid"] == "G587367"
    assert by_n[1]["far"] != by_n[80]["far"] == 6.37609e-09


def test_the_last_message_shows_it_as_the_server_last_did(tape: Archive) -> None:
    assert history_of(tape, SUPEREVENT).as_of(n=108).record() == tape.view(SUPEREVENT).record()


def test_tags_of_an_upload_are_told_from_later_ones(own: list[Alert]) -> None:
    log = next(alert for alert in own if alert.n == 41)
    assert log.data["tag_names"] == ["sky_loc", "lvem", "public"]
    assert log.certainty == "inferred"


def test_a_cutoff_sends_nothing_beyond_it(tape: Archive) -> None:
    cut = list(replay.play(tape, cutoff=40, clock=replay.VirtualClock()))
    assert max(alert.n or 0 for alert in cut if alert.graceid == SUPEREVENT) == 40
    last = history_of(tape, SUPEREVENT).entries[39].created
    assert all(alert.created <= last for alert in cut)
