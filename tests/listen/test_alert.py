"""An alert shows the same things, whichever of its three forms it came in."""

import json

import pytest

from gracetape.listen import NotAnAlert
from gracetape.listen.alert import Alert, read_alert

EVENT = {"graceid": "G1", "instruments": "L1,H1", "far": 1e-9}


def alert(payload: object) -> Alert:
    return read_alert("id", "node", 0.0, json.dumps(payload))


def test_a_modern_log() -> None:
    heard = alert({"uid": "G1", "alert_type": "log", "data": {"comment": "c", "filename": "f.txt"}, "object": EVENT})
    assert (heard.graceid, heard.alert_type, heard.comment, heard.filename, heard.label) == (
        "G1",
        "log",
        "c",
        "f.txt",
        "",
    )
    assert (heard.instruments, heard.far) == (("H1", "L1"), 1e-9)


def test_an_old_log() -> None:
    heard = alert(
        {"uid": "G1", "alert_type": "update", "description": "c", "file": "f.txt,0", "object": {"comment": "c"}}
    )
    assert (heard.comment, heard.filename, heard.instruments, heard.far) == ("c", "f.txt", (), None)


def test_an_old_new_event() -> None:
    heard = alert({"uid": "G1", "alert_type": "new", "description": "", "file": "https://x/coinc.xml", "object": EVENT})
    assert (heard.comment, heard.filename, heard.instruments) == ("", "", ("H1", "L1"))


def test_labels_of_both_times() -> None:
    assert alert({"uid": "G1", "alert_type": "label", "description": "DQV"}).label == "DQV"
    assert alert({"uid": "G1", "alert_type": "label_added", "data": {"name": "DQV"}, "object": EVENT}).label == "DQV"


def test_a_superevent_shows_its_preferred_event() -> None:
    superevent = {"superevent_id": "S1", "far": 2e-9, "preferred_event_data": EVENT}
    heard = alert({"uid": "S1", "alert_type": "new", "data": superevent, "object": superevent})
    assert (heard.instruments, heard.far) == (("H1", "L1"), 2e-9)


def test_a_message_of_a_test_node() -> None:
    heard = alert({"uid": "F1", "log": {"comment": "madeUpProcess started"}})
    assert (heard.graceid, heard.comment) == ("F1", "madeUpProcess started")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '"text"',
        "3",
        "null",
        "{}",
        '{"uid": 3}',
        '{"uid": ""}',
        '{"uid": ["G1"]}',
        "[" * 10_000,
        '{"uid":' * 10_000,
        '{"uid": "' + "G" * 1000 + '"}',
        "9" * 10_000,
    ],
    ids=range(14),
)
def test_what_is_no_alert_is_refused(text: str) -> None:
    with pytest.raises(NotAnAlert):
        read_alert("id", "node", 0.0, text)


@pytest.mark.parametrize("odd", [None, 3, [], {}, "x", [[]], {"x": {}}, True, 1e400])
def test_odd_values_are_no_trouble(odd: object) -> None:
    keys = ("alert_type", "data", "object", "description", "file", "log")
    for key in keys:
        for kind in ("log", "new", "update", "label", "label_added", ""):
            heard = alert({"uid": "G1", "alert_type": kind, key: odd})
            assert isinstance(
                (heard.alert_type, heard.comment, heard.filename, heard.label, heard.instruments, heard.far), tuple
            )
            nested = alert(
                {
                    "uid": "G1",
                    "alert_type": kind,
                    "data": {"comment": odd, "name": odd, "far": odd, "instruments": odd},
                    "object": {"preferred_event_data": odd, "far": odd},
                }
            )
            assert isinstance((nested.comment, nested.label, nested.instruments, nested.far), tuple)
