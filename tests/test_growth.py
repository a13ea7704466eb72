"""Four times the text takes about four times the time, in whatever reads strangers' texts: queries, dates, names, alerts, files."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from gracetape.bounded_json import read_json
from gracetape.brokers import read_json as read_message
from gracetape.dummy import forms, replay_ids
from gracetape.dummy.problems import Problem
from gracetape.dummy.query import dates, structured, superevents
from gracetape.dummy.query.events import query as meaning
from gracetape.dummy.query.meaning import superevent_id, without_labels
from gracetape.dummy.query.search import Words
from gracetape.dummy.query.syntax import LONGEST, parse
from gracetape.dummy.query.tree import QueryError
from gracetape.dummy.server_settings import LABELS
from gracetape.errors import UsageError
from gracetape.ids import parse_date_id, parse_ref
from gracetape.listen.alert import read_alert
from gracetape.listen.checks.table import CHECKS
from gracetape.listen.logs import _CONTROL
from gracetape.pipelines import read_upload, retimed
from gracetape.replay.rename import Renaming
from gracetape.replay.retime import Retiming
from gracetape.unpacking import unpacked

NOW = datetime(2019, 3, 31, tzinfo=UTC)
WORDS = Words({name.lower(): [name] for name in LABELS}, {"test": ["Test"]}, {"cwb": ["CWB"]}, {})
RETIMING = Retiming(10, 10)
TABLE = """<LIGO_LW><Table Name="a:table"><Column Name="a" Type="lstring"/>
<Stream Name="a:table" Type="Local" Delimiter=",">"""
HEAD = '<?xml version="1.0"?><LIGO_LW><Comment>'


def upload(pipeline: str, before: str = "", after: str = "") -> Callable[[str], object]:
    return lambda text: read_upload(pipeline, "Burst", None, "file.xml", (before + text + after).encode(), {})


def query(text: str) -> None:
    meaning(parse(text, NOW), text, WORDS)


def checks(text: str) -> None:
    said = {"uid": "G1", "alert_type": "log", "data": {"comment": text, "filename": text}, "object": {}}
    alert = read_alert("1", "node", 0.0, json.dumps(said))
    for check in CHECKS.values():
        check.read(alert, check.options)
        check.strays(alert)


#: What reads a text -> how long the longer text is (characters), and the function.
READERS: dict[str, tuple[int, Callable[[str], Any]]] = {
    "query": (4000, query),
    "query after a label": (4000, lambda text: query(f"INJ{text}?")),
    "labels": (LONGEST, lambda text: without_labels(text, WORDS)),
    "complaint": (LONGEST, lambda text: superevents.complaint(text, QueryError("no"), WORDS)),
    "structured query": (90_000, lambda text: structured.read("event", json.dumps({"field": text, "op": "=", "value": text}))),
    "structured date": (90_000, lambda text: structured.read("event", json.dumps({"field": "created", "op": "<", "value": text}))),
    "date": (100_000, dates.date),
    "superevent id": (100_000, superevent_id),
    "id": (100_000, parse_ref),
    "dated id": (200_000, lambda text: parse_date_id(f"S190101{text}")),
    "file name": (100_000, forms.file_name),
    "replay id": (100_000, replay_ids.checked),
    "JSON": (100_000, read_json),
    "message": (100_000, read_message),
    "checks": (50_000, lambda text: checks(f"iDQ glitch tables {text}!")),
    "checks of a time": (30_000, lambda text: checks(f"minimum glitch-FAP for {text} at H1 within [1, 2] is {text} ")),
    "log line": (100_000, lambda text: _CONTROL.sub("", text)),
    "cWB": (100_000, upload("CWB")),
    "cWB's values": (100_000, upload("CWB", "time: ")),
    "coinc": (400_000, upload("gstlal", HEAD, "</Comment></LIGO_LW>")),
    "coinc's cells": (40_000, upload("gstlal", TABLE, "</Stream></Table></LIGO_LW>")),
    "VOEvent": (400_000, upload("Fermi", "<v><What>", "</What></v>")),
    "MLy": (100_000, upload("MLy")),
    "retimed VOEvent": (100_000, lambda text: retimed(f"<VOEvent><Date>{text}".encode(), 5.0)),
    "retimed cWB": (100_000, lambda text: retimed(f"ifo: H1\ntime: {text}".encode(), 5.0)),
    "retimed text": (100_000, lambda text: RETIMING._text(text, [1.2e9])),
    "renamed text": (100_000, lambda text: Renaming({"G1": "G2"}).text(text)),
    "gzip": (100_000, lambda text: unpacked(b"\x1f\x8b" + text.encode())),
}  # fmt: skip
FILLINGS = (
    " ", "\n", "\t", "a", "A", "1", "9.", "1e", ".", ",", "-", "~", "&", "|", "*", '"', "'", "\\", "(", "[", "<", "<a>", "<!--", "&amp;", "&amp;\n",
    "]]>", "INJ", "INJ ", "INJ,", "INJ ~", "INJ  ", "label:", "label: ", "in a couple of ", "1 day before ", "H1,", "G1", "S190101", "a1", "a.b",
    "far<1 ", "far < 1 | ", "2019-01-01 ", "2019-01-01T00:00:00 ", "replay_id: ", "iDQ ", "iDQ fap timeseries for ",
    "minimum glitch-FAP for x at H1 ",
    "time: 1 ",
    "<Date>", "<a:", "1234567890", "1234567890.", "\x1f\x8b", "\0", "é", "{}", "{},", '"a":', "../", "; ",
)  # fmt: skip


def cost(read: Callable[[str], Any], text: str) -> float:
    """CPU seconds of the best of some runs."""
    found = []
    for _ in range(3):
        before = time.thread_time()
        with suppress(ValueError, QueryError, Problem, UsageError):
            read(text)
        found.append(time.thread_time() - before)
        if found[-1] < 0.05:
            break
    return min(found)


def grows_as_a_square(read: Callable[[str], Any], filling: str, longer: int) -> str:
    """What was measured, if the whole text takes far more than four times what a quarter takes, each time that it is tried; else nothing.

    What else a machine does shows in CPU time, too, now and then; a square shows always.
    """
    said = ""
    for _ in range(5):
        took = cost(read, filling * (longer // len(filling)))
        if took <= 0.15:  # what is a square takes 0.3 s and more at this length
            return ""
        quarter = cost(read, filling * (longer // len(filling) // 4))
        if took < 8 * quarter + 0.15:
            return ""
        said = f"{filling!r}: {took:.2f} s, a quarter of it {quarter:.2f} s"
    return said


@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_length_and_not_with_its_square(name: str) -> None:
    longer, read = READERS[name]
    assert [said for filling in FILLINGS if (said := grows_as_a_square(read, filling, longer))] == []


def test_what_is_a_square_is_found_and_one_slow_moment_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([1.0, 0.01, 0.2, 0.05])  # seconds: the whole, a quarter, and both once more
    monkeypatch.setattr(f"{__name__}.cost", lambda read, text: next(took))
    assert not grows_as_a_square(len, "ab", 6000)
    monkeypatch.setattr(f"{__name__}.cost", lambda read, text: len(text) ** 2 / 1e7)
    assert grows_as_a_square(len, "ab", 6000) == "'ab': 3.60 s, a quarter of it 0.23 s"
