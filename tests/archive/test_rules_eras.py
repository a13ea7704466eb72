"""Texts of every era: which entry of an old or odd log was announced, as what, and in which state."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive.history.rules import RULES, read, rule_of, text
from gracetape.times import record_time
from tests.archive.lives import BORN, announced, event, keep, log, told

UPLOAD = log(1, "Original Data", 0, "coinc.xml")


@pytest.mark.parametrize(
    ("comment", "file", "act"),
    [
        ("Label: EM_READY", "", "label_added"),
        ("applying label : EM_READY", "", "label_added"),
        ("Event created with label: INJ", "", "label_added"),
        ("Deleted label: EM_READY", "", "label_removed"),
        ("Tagged message 1: psd ", "", "tagged"),
        ("Tagged message 1: psd.", "", "tagged"),
        ("Removed tag psd for message 1. ", "", "untagged"),
        ("New VOEvent", "G298048-1-Initial.xml", "voevent"),
        ("", "G298048-1-Initial.xml", "voevent"),
        ("", "bayestar.fits", "log"),
        ("New VOEvent", "", "log"),
        ("operator signoff certified status as OK for H1: fine", "", "signoff_created"),
        ("Operator signoff certified status as NO for L1", "", "signoff_created"),
        ("advocate signoff certified status as OK", "", "signoff_created"),
        ("updated advocate signoff status as NO: it is noise", "", "signoff_updated"),
        ("deleted operator signoff status for V1", "", "signoff_deleted"),
        ("Advocate signoff certified status as OK: 'go'; label ADVREQ removed and label ADVOK applied", "", "signoff_created"),
        ("Set as preferred event for superevent: S190425z", "", "selected_as_preferred"),
        ("Removed as preferred event for superevent: S190425z", "", "removed_as_preferred"),
        ("Added to superevent: S190425z", "", "added_to_superevent"),
        ("Removed from superevent: S190425z", "", "removed_from_superevent"),
        ("Label: two words", "", "log"),
        ("I would say: Label: EM_READY", "", "log"),
    ],
)  # fmt: skip
def test_an_events_entry_tells_of_its_act(comment: str, file: str, act: str) -> None:
    assert read("event", log(2, comment, 1, file)).name == act


@pytest.mark.parametrize(
    ("comment", "act", "params"),
    [
        (
            "Superevent created with t_start=1.0, t_0=2.0, t_end=3.0, preferred_event=G1, events=G2, G3",
            "created", {"t_0": 2.0, "preferred_event": "G1", "events": ["G2", "G3"]},
        ),
        (
            "Superevent created with t_start=1.0, t_0=2.0, t_end=3.0, preferred_event=G1, em_type=E7, events=G2",
            "created", {"t_0": 2.0, "preferred_event": "G1", "em_type": "E7", "events": ["G2"]},
        ),
        (
            "Updated superevent parameters: em_type: None -> E7, time_coinc_far: None -> 1e-09",
            "updated", {"changes": [("em_type", None, "E7"), ("time_coinc_far", None, 1e-09)]},
        ),
        (
            "Confirmed as a gravitational wave: ID changed from S190425z -> GW190425A",
            "confirmed", {"old": "S190425z", "new": "GW190425A"},
        ),
        ("Superevent created with love", "log", {}),
    ],
)  # fmt: skip
def test_a_superevents_entry_tells_of_its_act(comment: str, act: str, params: dict[str, Any]) -> None:
    found = read("superevent", log(1, comment, 0))
    assert found.name == act
    assert {name: found.params[name] for name in params} == params


def test_what_a_rule_writes_it_reads() -> None:
    words = {"n": 3, "t_start": 1.0, "t_0": 2.0, "t_end": 3.0, "graceid": "G1", "preferred_event": "G1", "events": "G2"}
    words |= {"signoff_type": "Operator", "instrument": "H1", "status": "OK", "old_status": "OK", "new_status": "NO"}
    words |= {"rest": "t_start=1.0", "changes": "t_0: 1.0 -> 2.0"}
    for rule in RULES:
        fields = {name: words.get(name, "WORD") for name in rule.pattern.groupindex}
        record = log(5, rule.template.format(**fields), 0, "G1-1-Initial.xml")
        assert rule.read(record), rule.template


def test_todays_texts_are_those_that_are_written() -> None:
    assert text("event", "label_added", label="DQV") == "Label: DQV"
    assert text("superevent", "label_added", label="DQV") == "Added label: DQV"
    assert text("event", "tagged", n=1, tag="psd") == "Tagged message 1: psd "
    said = text("event", "signoff_created", signoff_type="Advocate", status="OK", comment="go", applied="ADVOK")
    assert said == "Advocate signoff certified status as OK: 'go'; label ADVOK applied"
    assert rule_of("event", "voevent").template == "New VOEvent"


def test_a_life_of_2017_is_announced_in_its_own_form(tmp_path: Path) -> None:
    issuer = {"username": "gracedb.processor", "display_name": " GraceDB Processor"}
    voevent = {
        "N": 1, "voevent_type": "IN", "filename": "G298048-1-Initial.xml", "file_version": 0, "text": "<xml/>",
        "created": "2017-08-17T13:08:45+00:00", "issuer": issuer, "ivorn": "ivo://gwnet/gcn_sender#G298048-1-Initial",
    }  # fmt: skip
    logs = [
        UPLOAD,
        log(2, "Log File Created", 0, "event.log"),
        log(3, "it is a loud one", 10, created="2017-08-17T13:08:25+00:00", issuer=issuer),
        log(4, "a map", 20, "bayestar.fits.gz"),
        log(5, "Label: EM_READY", 25, issuer=issuer),
        log(6, "", 30, "G298048-1-Initial.xml", created="2017-08-17T13:08:45+00:00", issuer=issuer),
        log(7, "Tagged message 6: em_follow ", 30),
        log(8, "Label: ADVREQ", 40),
        log(9, "Label: ADVOK", 50),
        log(10, "advocate signoff certified status as OK: go", 50),
        log(11, "Deleted label: EM_READY", 60),
    ]
    labels = {name: f"https://gracedb.ligo.org/api/events/G298048/labels/{name}" for name in ("ADVOK",)}
    path = keep(tmp_path, event(labels=labels), logs, voevent={"1": voevent})
    sent = [alert.payload("legacy") for alert in announced(path, "legacy")]
    assert [(m["alert_type"], m["description"], m["file"], m["labels"]) for m in sent if m] == [
        ("new", "", "https://gracedb.ligo.org/events/G298048/files/coinc.xml", []),
        ("update", "LOG: it is a loud one", "", []),
        ("update", "UPLOAD: 'bayestar.fits.gz' a map", "bayestar.fits.gz", []),
        ("label", "EM_READY", "", ["EM_READY"]),
        ("update", "VOEVENT: G298048-1-Initial.xml", "G298048-1-Initial.xml", ["EM_READY"]),
        ("label", "ADVREQ", "", ["EM_READY", "ADVREQ"]),
        ("signoff", "OK", "", ["EM_READY", "ADVOK"]),
        ("label", "Label EM_READY removed", "", ["ADVOK"]),
    ]
    by_type = {m["description"]: m for m in sent if m}
    assert by_type["VOEVENT: G298048-1-Initial.xml"]["object"] == voevent
    assert by_type["LOG: it is a loud one"]["object"]["issuer"] == issuer
    assert "object" not in by_type["EM_READY"]
    assert by_type["OK"]["object"]["status"] == "OK"
    assert by_type[""]["object"]["labels"] == {}


def test_the_same_life_in_todays_form_names_the_creator_of_a_label(tmp_path: Path) -> None:
    issuer = {"username": "gracedb.processor", "display_name": " GraceDB Processor"}
    path = keep(tmp_path, event(labels={"DQV": "address"}), [UPLOAD, log(2, "Label: DQV", 1, issuer=issuer)])
    (label,) = [alert for alert in announced(path) if alert.alert_type == "label_added"]
    assert label.data["creator"] == "gracedb.processor"
    assert label.object["labels"] == {"DQV": "address"}


def test_times_without_an_offset_are_those_of_the_servers_zone() -> None:
    assert record_time("2015-06-17T17:10:43.381117") == datetime(2015, 6, 17, 22, 10, 43, 381117, tzinfo=UTC)
    assert record_time("2015-01-17T17:10:43") == datetime(2015, 1, 17, 23, 10, 43, tzinfo=UTC)
    assert record_time("2017-08-17T13:08:15+00:00") == record_time("2017-08-17 13:08:15 UTC") == BORN


def test_a_superevent_of_mid_2018_is_announced_in_the_form_between(tmp_path: Path) -> None:
    record = {
        "superevent_id": "S180616h", "created": "2018-06-16 17:35:13 UTC", "submitter": "emfollow", "labels": ["DQV"],
        "preferred_event": "M4634", "t_start": 1.0, "t_0": 2.0, "t_end": 3.0, "gw_events": ["M4634"], "em_events": [],
    }  # fmt: skip
    logs = [
        log(1, "Superevent created with t_start=1.0, t_0=2.0, t_end=3.0, preferred_event=M4634", 0),
        log(2, "Added label: DQV", 1),
        log(3, "a plot", 2, "plot.png"),
        log(4, "Added label: INJ", 3),
        log(5, "Removed label: INJ", 4),
        log(6, "New EMBB observation record for Swift", 5),
        log(7, "Added event: M4635", 6),
    ]
    path = keep(tmp_path, record, logs, emobservation={"1": {"N": 1, "group": "Swift", "created": "x"}})
    alerts = announced(path, "between")
    assert {alert.nodes for alert in alerts} == {("superevent",)}
    sent = [alert.payload("between") for alert in alerts]
    assert [(m["alert_type"], m["description"], m["file"], m["labels"]) for m in sent if m] == [
        ("new", "NEW: superevent S180616h", "", []),
        ("label", "LABEL: DQV added", "", ["DQV"]),
        ("update", "UPLOAD: 'plot.png' a plot", "plot.png", ["DQV"]),
        ("label", "LABEL: INJ added", "", ["DQV", "INJ"]),
        ("update", "UPDATE: INJ removed", "", ["DQV"]),
        ("update", "New EMBB observation record for Swift", "", ["DQV"]),
    ]
    assert [sorted(m) for m in sent if m][1] == ["alert_type", "description", "file", "labels", "uid"]
    assert told(path, "legacy") == []


@pytest.mark.parametrize(
    ("graceid", "node"), [("TS180616h", "test_superevent"), ("MS180616h", "mdc_superevent"), ("S180616h", "superevent")]
)
def test_a_superevent_without_a_category_is_placed_by_its_id(tmp_path: Path, graceid: str, node: str) -> None:
    record = {"superevent_id": graceid, "created": "2018-06-16 17:35:13 UTC", "labels": [], "preferred_event": "M1"}
    (alert,) = announced(keep(tmp_path, record, []))
    assert (alert.alert_type, alert.nodes) == ("new", (node,))


def test_a_lone_event_tells_of_the_superevent_that_it_was_in(tmp_path: Path) -> None:
    logs = [
        UPLOAD,
        log(2, "Set as preferred event for superevent: S190425z", 1),
        log(3, "Added to superevent: S190425z", 2),
        log(4, "Removed as preferred event for superevent: S190425z", 3),
        log(5, "Removed from superevent: S190425z", 4),
    ]
    path = keep(tmp_path, event(superevent=None), logs)
    assert told(path) == [
        (1, "new"), (2, "selected_as_preferred"), (3, "added_to_superevent"),
        (4, "removed_as_preferred"), (5, "removed_from_superevent"),
    ]  # fmt: skip
    assert [alert.object["superevent"] for alert in announced(path)] == [None, *["S190425z"] * 3, None]


def test_an_observation_whose_record_is_lacking_is_announced_and_said_to_be_guessed(tmp_path: Path) -> None:
    path = keep(tmp_path, event(), [UPLOAD, log(2, "New EMBB observation record for Swift", 1)])
    new, observation = announced(path)
    assert (new.certainty, observation.certainty) == ("exact", "guessed")
    assert observation.data["group"] == "Swift"
    assert "own record is not in the archive" in observation.reason


def test_the_first_file_may_be_logged_after_other_entries(tmp_path: Path) -> None:
    path = keep(
        tmp_path, event(), [log(1, "Event created with label: INJ", 0), log(2, "Original Data", 0, "coinc.xml")]
    )
    assert told(path) == [(None, "new"), (1, "label_added")]
