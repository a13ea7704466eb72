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
from gracetape.capture.file_sink import FileSink
from gracetape.dummy.alert_targets import File
from gracetape.errors import UsageError
from gracetape.message_lines import Envelope, NotAnObject, holds_messages, read_line, text_of
from gracetape.replay.message import messages_of
from gracetape.testing import assert_same_alerts

WHEN = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
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


@pytest.mark.parametrize("number", [-(2**63) - 1, 2**64, 10**30])
def test_an_integer_of_any_length_is_handed_on_as_it_stood(number: int) -> None:
    payload = {"uid": "G1", "number": number}
    for line in (
        Envelope(WHEN, 0.0, "superevent", "G1", None, "recorded").line(json.dumps(payload)),
        json.dumps({"payload": payload, "node": "superevent"}),
        json.dumps({"payload": json.dumps(payload), "node": "superevent"}),
        json.dumps(payload),
    ):
        assert json.loads(read_line(line).text) == payload


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


@pytest.mark.parametrize("begin", ["\ufeff", "\n", "\ufeff\r\n \n", "\n\ufeff"])
def test_a_file_may_begin_with_a_mark_or_blank_lines(begin: str, tmp_path: Path) -> None:
    lines = [Envelope(WHEN, 0.0, "superevent", "S220609hl", n, "exact").line(_message(n)) for n in (1, 2)]
    path = tmp_path / "alerts.jsonl"
    path.write_text(begin + "".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    assert holds_messages(path)
    assert [json.loads(found.text)["data"]["N"] for found in read_messages(path, str).messages["S220609hl"]] == [1, 2]
    assert_same_alerts(path, lines)
    FileSink(path).keep([Heard("superevent", _message(3), WHEN)])
    assert [json.loads(line.strip("\ufeff"))["n"] for line in path.read_text().splitlines() if text_of(line)] == [
        1,
        2,
        None,
    ]
    assert heard_line(begin.encode().splitlines()[-1] + lines[0].encode(), ["other"]).node == "superevent"


def _message(n: int) -> str:
    return json.dumps({"uid": "S220609hl", "alert_type": "log", "data": {"N": n}, "object": {}})


def test_a_file_of_blank_lines_holds_no_messages_and_nothing_else_either(tmp_path: Path) -> None:
    (tmp_path / "blank").write_text("\ufeff\n\n", encoding="utf-8")
    assert not holds_messages(tmp_path / "blank")
    (tmp_path / "other").write_text("\n#!/bin/sh\n")
    with pytest.raises(UsageError, match="no file of messages"):
        holds_messages(tmp_path / "other")
