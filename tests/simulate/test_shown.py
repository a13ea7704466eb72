"""A simulation shows its alerts as a replay does, and says before a storm how much it will be."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gracetape.archive import Alert, Archive
from gracetape.clocks import MaxClock
from gracetape.dummy import GraceDb
from gracetape.replay.message import messages_of
from gracetape.schedule import run
from gracetape.simulate import living
from gracetape.simulate.configuration import read_configuration
from gracetape.simulate.storm import storm_of
from gracetape.simulate.streams import Stream
from tests.simulate.test_running import Said


def test_alerts_are_lines_where_that_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    to = str(tmp_path / "new.tape")
    said = Said(capsys, "mly", "--seed", "1", "--max", "--to", to, "--show", "line")
    assert said.code == 0, said.err
    day, first, *_ = said.out.splitlines()
    assert day == "2025-01-29 (UTC)"
    assert " new " in first
    assert said.err.endswith(f" actions done in {to}\n")


def test_what_came_of_it_is_told_where_an_archive_was_there_and_where_alerts_alone_go(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    to, alone = str(tmp_path / "new.tape"), tmp_path / "alerts.jsonl"
    there = f"in {to}, which was there: added"
    for ending in (f"in {to}", f"{there} T2, TS250129b", f"{there} T3, TS250129c"):
        assert Said(capsys, "mly", "--seed", "1", "--max", "--to", to).err.endswith(f" actions done {ending}\n")
    said = Said(capsys, "mly", "--seed", "1", "--max", "--alerts-only", str(alone))
    alerts = {line.partition('"payload"')[2] for line in alone.read_text().splitlines()}  # one may have several topics
    assert said.err.endswith(f" actions done: {len(alerts)} alerts to {alone}\n")


def test_off_a_terminal_no_line_is_shown_unasked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = Said(capsys, "mly", "--seed", "1", "--max", "--to", str(tmp_path / "a.tape"))
    assert (said.code, said.out) == (0, "")


def test_a_server_sends_its_alerts_itself(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "mly", "--max", "--to", "http://127.0.0.1:9/api/", "--show", "line")
    assert said.code == 2
    assert "--show" in said.err


def test_a_storm_is_told_beforehand(tmp_path: Path) -> None:
    stream = Stream([read_configuration("mly")], ("H1", "L1"), 1422144018.0, 0.2, 12)

    def now() -> datetime:
        return datetime(2025, 1, 29, tzinfo=UTC)

    schedule = stream.gen_schedule(np.random.default_rng(1))
    told = storm_of(schedule, now, 2.0)
    assert told is not None
    assert told.times == ("12 events", f"{len(schedule)} actions")
    assert told.duration_s == pytest.approx(max(schedule.duration_s / 2, told.making_s or 0.0))
    messages = size = 0

    def hear(alert: Alert) -> None:
        nonlocal messages, size
        for message in messages_of(alert, 0.0):
            messages, size = messages + 1, size + len(json.dumps(message.payload))

    with Archive.create(tmp_path / "a.tape") as tape, GraceDb(tape, now=now, on_alert=hear) as client:
        run(schedule, client, MaxClock())  # its ids were not taken by the sample
    assert told.messages == pytest.approx(messages, rel=0.2)
    assert told.bytes == pytest.approx(size, rel=0.5)


def test_a_few_events_are_no_storm() -> None:
    stream = Stream([read_configuration("mly")], ("H1", "L1"), 1422144018.0, 0.2, 3)
    assert storm_of(stream.gen_schedule(np.random.default_rng(1)), lambda: datetime.now(UTC), None) is None


@pytest.mark.parametrize("option", ["--to", "--alerts-only"])
def test_a_page_is_told_of_each_alert(
    option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    @contextmanager
    def page(port: int | None, what: str, archive: Any, listener: Any = None) -> Iterator[Any]:
        assert (port, archive.read_only) == (0, False)
        yield lambda line, payload: told.append(f"{line.alert_type} {payload()['uid']}")

    monkeypatch.setattr(living, "live_page", page)
    there = str(tmp_path / ("new.tape" if option == "--to" else "new.jsonl"))
    said = Said(capsys, "mly", "--seed", "1", "--max", option, there, "--page", "0", "--show", "json")
    assert said.code == 0, said.err
    payloads = [json.loads(line)["payload"] for line in said.out.splitlines()]
    heard = dict.fromkeys(f"{payload['alert_type']} {payload['uid']}" for payload in payloads)
    assert list(dict.fromkeys(told)) == list(heard)


def test_a_page_serves_what_is_simulated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = Said(capsys, "mly", "--seed", "1", "--max", "--to", str(tmp_path / "new.tape"), "--page", "0")
    assert said.code == 0, said.err
    assert said.err.startswith("it is shown at http://127.0.0.1:")
    said = Said(capsys, "mly", "--max", "--to", "http://127.0.0.1:9/api/", "--page", "0")
    assert said.code == 2
    assert "--page" in said.err
