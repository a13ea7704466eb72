"""Strangers write logs and files: the time that reading them takes is in proportion to their length, whatever they say."""

import math
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gracetape.archive import FileEntry, History, Timeline, alerts_of
from gracetape.archive.alerts.formats import subject_of
from gracetape.archive.history import rules
from gracetape.archive.history.rules import Rule
from gracetape.times import parse_time, record_time, server_time

SIZE = 20_000
FILLINGS = (
    "a",
    "A",
    "9",
    ",",
    " ",
    "'",
    "é",
    ": ",
    " -> ",
    ", a: ",
    "a=",
    ", a=",
    "' -> '",
    "; label a removed and",
    "\n",
)


def growth(work: Callable[[str], object], text_of: Callable[[int], str]) -> float:
    """How many times as long the work takes for a text of twice the length; 0 where it is too short to be told.

    The least of some tries: what else a machine does shows in CPU time, too, now and then.
    """

    def cost(size: int) -> float:
        text = text_of(size)
        took = []
        for _ in range(3):
            start = time.thread_time()
            work(text)
            took.append(time.thread_time() - start)
            if took[0] > 1:
                break
        return min(took)

    least = math.inf
    for _ in range(5):
        twice = cost(2 * SIZE)
        least = min(least, twice / max(cost(SIZE), 1e-9) if twice > 0.03 else 0)
        if least < 3:
            break
    return least


def texts(rule: Rule) -> Iterator[Callable[[int], str]]:
    """Texts like a rule's, each field in turn filled with much of something, whole and with another end."""
    parts = re.split(r"\{(\w+)\}", rule.template)
    usual = {"n": "3", "graceid": "G1", "preferred_event": "G1", "instrument": "H1", "signoff_type": "Operator"}
    for at in range(1, len(parts), 2):
        words = [usual.get(part, "OK") if i % 2 else part for i, part in enumerate(parts)]
        before, after = "".join(words[:at]), "".join(words[at + 1 :])
        for filling in FILLINGS:
            for end in (after, after + "\0", ""):
                yield lambda size, b=before, f=filling, e=end: b + f * (size // len(f)) + e
        # The field and what follows it, again and again.
        yield lambda size, b=before, w=words[at] + after: b + w * (size // len(w))
    yield lambda size: rule.template.split("{")[0] * (size // (1 + len(rule.template.split("{")[0])))


@pytest.mark.parametrize("category", ["event", "superevent"])
def test_a_log_entry_is_read_in_proportion_to_its_length(category: str) -> None:
    def read(text: str) -> object:
        return rules.read(category, {"comment": text, "filename": text})

    for rule in rules.RULES:
        if rule.category == category:
            for text_of in texts(rule):
                assert growth(lambda text, rule=rule: rule.read({"comment": text, "filename": "x"}), text_of) < 3, (
                    rule.template, text_of(60),
                )  # fmt: skip
    for filling in FILLINGS:
        assert growth(read, lambda size, filling=filling: "Updated superevent parameters: " + filling * size) < 3


@pytest.mark.parametrize("filling", ["A", "A-", "A-1-", "9", "_", "A1"])
def test_names_of_files_messages_and_times_are_read_in_proportion_too(filling: str) -> None:
    def several(text: str) -> None:
        rules.voevent_number({"filename": text})
        rules.voevent_number({"filename": text + "-1-Initial.xml"})
        for description in (f"Label {text} removed", f"LABEL: {text} added", text):
            subject_of({"alert_type": "update", "description": description, "uid": text})
        for read in (parse_time, record_time):
            with pytest.raises(Exception, match="is not a time"):
                read(f"2022-06-09 {text}")

    assert growth(several, lambda size: filling * size) < 3


def test_what_a_text_tells_of_stays_what_it_was() -> None:
    said = "Updated superevent parameters: t_0: 1.5 -> 2, preferred_event: G1 -> G2, em_type: None -> a, b"
    act = rules.read("superevent", {"comment": said})
    assert act.params == {"changes": [("t_0", 1.5, 2.0), ("preferred_event", "G1", "G2"), ("em_type", None, "a, b")]}
    said = "Superevent created with t_start=1, em_type=x, y, t_0=2, events=G1, G2, t_end=nan"
    assert rules.read("superevent", {"comment": said}).params == {
        "t_start": 1.0, "em_type": "x, y", "t_0": 2.0, "events": ["G1", "G2"], "t_end": "nan",
    }  # fmt: skip
    assert rules.read("superevent", {"comment": "Tagged message " + "9" * 5000 + ": sky_loc."}).name == "log"


class Life:
    """A superevent's life of many entries, as a view of it."""

    def __init__(self, comments: list[str]) -> None:
        self.graceid, self.category, self.service = "S220609a", "superevent", "https://gracedb.ligo.org/api/"
        self._record = {"superevent_id": "S220609a", "created": "2022-06-09 22:18:16 UTC", "t_0": 1.0, "labels": []}
        self._record |= {"preferred_event": "G1", "gw_events": ["G1"]}
        start = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)
        self._logs = [
            {"N": n, "created": server_time(start + timedelta(seconds=n)), "comment": comment, "filename": ""}
            for n, comment in enumerate(comments, start=1)
        ]

    def record(self) -> dict[str, Any]:
        return self._record

    def records(self, kind: str) -> list[dict[str, Any]]:
        return self._logs if kind == "log" else []

    def one(self, kind: str, key: str | int) -> dict[str, Any] | None:
        return self._logs[int(key) - 1] if kind == "log" else None

    def count(self, kind: str) -> int:
        return len(self.records(kind))

    def files(self) -> list[FileEntry]:
        return []


@pytest.mark.parametrize(
    "comments",
    [
        ["Updated superevent parameters: t_0: 1 -> 2"],
        ["Added label: INJ", "Removed label: INJ"],
        ["Added event: G9", "Removed event: G9"],
        ["Tagged message 1: sky_loc.", "hello"],
        ["Exposed to LV-EM observers and the general public.", "Hidden from LV-EM observers and the general public."],
        ["Operator signoff certified status as OK for H1: 'x'; label H1OK applied"],
        ["Confirmed as a gravitational wave: ID changed from S220609a -> GW220609A"],
    ],
)
def test_a_long_life_is_replayed_in_proportion_to_its_entries(comments: list[str]) -> None:
    def alerts(size: str) -> None:
        start = "Superevent created with t_start=1, t_0=2, t_end=3, preferred_event=G1"
        life = Life([start, *(comments[i % len(comments)] for i in range(len(size)))])
        assert len(list(alerts_of(Timeline([History(life)])))) > 0

    assert growth(alerts, lambda size: "x" * (size // 16)) < 3
