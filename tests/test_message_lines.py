"""A message on a line: one text, whoever writes it, and one reading of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Alert, Archive
from gracetape.archive.alerts.message_file import read_messages
from gracetape.brokers import Heard
from gracetape.brokers.lines import heard_line
from gracetape.capture.sinks import FileSink
from gracetape.dummy.alert_targets import File
from gracetape.message_lines import Envelope, NotAnObject, read_line
from gracetape.replay.message import messages_of

WHEN = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_the_text_is_the_one_that_is_pinned() -> None:
    line = Envelope(WHEN, 0.0, "superevent", "S220609hl", 1, "exact").line('{"uid": "S220609hl"}')
    assert line == (
        '{"time": "2022-06-09T22:18:16Z", "offset": 0.0, "node": "superevent", "graceid": "S220609hl", "n": 1, '
        '"certainty": "exact", "payload": {"uid": "S220609hl"}}'
    )


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.text(), st.none() | st.text(), st.floats(0, 1e7))
def test_what_is_written_is_read_as_it_was(
    payload: dict[str, Any], node: str, graceid: str | None, offset: float
) -> None:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ": "))
    envelope = Envelope(WHEN, offset, node, graceid, None, "recorded")
    line = envelope.line(text)
    assert json.loads(line) == envelope.fields() | {"payload": payload}
    read = read_line(line)
    assert (read.payload, read.text, read.node, read.bare) == (payload, text, node or None, False)


@pytest.mark.parametrize("line", ["5", "[]", '"x"', "null", '{"payload": 5}', '{"payload": "[]"}'])
def test_json_that_is_no_message_is_told_apart(line: str) -> None:
    with pytest.raises(NotAnObject):
        read_line(line)


@pytest.mark.parametrize("line", [b"", b"{", b"\xff", b"[" * 5000, b'{"payload": "{"}'])
def test_what_is_no_json_is_told_of(line: bytes) -> None:
    with pytest.raises(ValueError, match=".") as error:
        read_line(line)
    assert not isinstance(error.value, NotAnObject)


def test_a_replay_a_dummy_and_a_recorder_write_the_same_line(tmp_path: Path) -> None:
    alerts: list[Alert] = []
    with Archive.create(tmp_path / "a.tape") as archive:
        with dummy.GraceDb(archive, on_alert=alerts.append, now=lambda: WHEN) as client:
            new_event(client)
    (alert,) = alerts
    messages = messages_of(alert, 0.0)
    replayed = [message.json() for message in messages]
    served, recorded = File(tmp_path / "served.jsonl"), FileSink(tmp_path / "recorded.jsonl")
    served(alert)
    served.close()
    recorded.keep([Heard(message.node, message.payload_json(), WHEN) for message in messages])
    assert (tmp_path / "served.jsonl").read_text().splitlines() == replayed
    heard = (tmp_path / "recorded.jsonl").read_text().splitlines()
    assert heard == [
        line.replace('"n": 1, "certainty": "exact"', '"n": null, "certainty": "recorded"') for line in replayed
    ]


def test_all_readers_find_the_same_message(tmp_path: Path) -> None:
    payload = '{"uid":"T1", "alert_type": "new", "data": {"x": 1.50}, "object": {}}'
    line = Envelope(WHEN + timedelta(seconds=0.25), 0.25, "test_gstlal", "T1", 3, "exact").line(payload)
    (tmp_path / "m.jsonl").write_text(line + "\n")
    heard = heard_line(line.encode(), ["other"])
    assert (heard.node, heard.payload) == ("test_gstlal", payload)
    (message,) = read_messages(tmp_path / "m.jsonl", lambda uid: uid).messages["T1"]
    assert (message.node, message.text, message.arrived) == ("test_gstlal", payload, WHEN + timedelta(seconds=0.25))
