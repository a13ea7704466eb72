"""A write starts from its act: no text of a log entry is read to find out what is announced."""

from pathlib import Path
from typing import Any

import pytest

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Alert, Archive
from gracetape.archive.history.rule import Rule
from tests.roundtrip.lives import ACTS, Life, Ticking

#: A life in which every act is done once or more.
STEPS = [
    ("event", 0, 0, 0), ("event_labelled", 1, 1, 0), ("event_unread", 0, 0, 0), ("event_unread", 1, 0, 0), ("superevent", 0, 0, 1),
    ("log", 0, 1, 0), ("log_file", 0, 1, 0), ("log_tags", 0, 1, 2), ("label", 0, 3, 0), ("unlabel", 0, 0, 0),
    ("tag", 0, 0, 1), ("untag", 0, 0, 0), ("add_event", 0, 1, 0), ("remove_event", 0, 0, 0), ("prefer", 0, 1, 0),
    ("shift", 0, 0, 1), ("request", 0, 0, 0), ("request", 0, 3, 0), ("signoff", 0, 0, 0), ("signoff_update", 0, 0, 1),
    ("signoff_delete", 0, 0, 0), ("observe", 0, 0, 0), ("voevent", 0, 0, 0), ("replace", 0, 0, 0), ("expose", 0, 0, 0),
    ("expose", 0, 1, 0), ("confirm", 0, 0, 0), ("label", 5, 4, 0),
]  # fmt: skip


def test_no_text_is_read_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(rule: Rule, record: Any) -> None:
        raise AssertionError(f"the text {record.get('comment')!r} is read")

    monkeypatch.setattr(Rule, "read", read)
    heard: list[Alert] = []
    clock = Ticking()
    with (
        Archive.create(tmp_path / "lived.tape") as archive,
        dummy.GraceDb(archive, now=clock, on_alert=heard.append) as client,
    ):
        life = Life(client, clock)
        life.live(STEPS)
    assert set(life.done) == set(ACTS)
    assert {
        "new", "log", "label_added", "label_removed", "update", "event_added", "event_removed", "selected_as_preferred",
        "removed_as_preferred", "added_to_superevent", "removed_from_superevent", "signoff_created", "signoff_updated",
        "signoff_deleted", "emobservation", "voevent", "exposed", "hidden", "confirmed_as_gw",
    } == {alert.alert_type for alert in heard}  # fmt: skip


@pytest.mark.parametrize(
    "words", ["Label: EM_READY", "Original Data", "New VOEvent", "Could not read data (x)", "Tagged message 1: x ", "Deleted label: INJ"]
)  # fmt: skip
def test_a_user_s_words_are_announced_as_nothing_else(client: Any, announced: list[Alert], words: str) -> None:
    graceid = new_event(client)
    client.write_log(graceid, words, filename="G1-1-Initial.xml", filecontents=b"x")
    assert [(alert.alert_type, alert.n) for alert in announced] == [("new", 1), ("log", 2)]
    assert announced[-1].data["comment"] == words
