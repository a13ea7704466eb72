"""Simulated lives tell the public: each notice holds the map of the life, valid and in order; samples come as they are asked for."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive
from gracetape.simulate import samples, shipped
from gracetape.simulate.places import Public
from tests.archive.notices.superevents import heard, validator
from tests.simulate.conftest import LiveIn, MakeLife
from tests.test_words import run

#: What may follow what.
ORDER = ("EARLYWARNING", "PRELIMINARY", "INITIAL", "UPDATE", "RETRACTION")


def simulate(*words: object) -> None:
    done = run(["gracetape", "simulate", *map(str, words)])
    assert done.returncode == 0, done.stderr


def payloads(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["payload"] for line in file.read_text().splitlines()]


@pytest.mark.parametrize("name", [name for name in shipped() if name in ("cwb", "mock")])
def test_each_notice_of_a_life_is_valid_and_holds_its_map(
    name: str, a_life: MakeLife, live_in: LiveIn, tmp_path: Path
) -> None:
    life = a_life(name, 3)
    live_in(life.schedule, tmp_path / "lived.tape")
    found = [alert.payload() for alert in heard(tmp_path / "lived.tape")]
    assert found
    places = [ORDER.index(notice["alert_type"]) for notice in found]
    assert places == sorted(places)
    maps = {file.content() for _, file in life.skymaps}
    for notice in found:
        validator()(notice)
        if notice["event"] is not None and notice["event"]["skymap"] is not None:
            assert base64.b64decode(notice["event"]["skymap"]) in maps


def test_what_is_told_at_once_is_what_the_archive_tells_later(tmp_path: Path) -> None:
    tape, file = tmp_path / "lived.tape", tmp_path / "public.jsonl"
    simulate("mock", "--seed", 1, "--max", "--to", tape, "--public-alerts", file, "--quiet")
    assert payloads(file) == [alert.payload() for alert in heard(tape)]
    with Archive.open(tape) as archive:
        assert [name[:2] for name in archive.objects() if "S" in name] == ["MS"]


def test_samples_come_at_their_rate_with_ids_of_mock_events(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    simulate("sample-alerts", "-N", 2, "--every", 600, "--seed", 4, "--max", "--quiet", "--to", file)
    found = payloads(file)
    names = list(dict.fromkeys(notice["superevent_id"] for notice in found))
    assert [name[:2] for name in names] == ["MS"] * 2
    for name in names:
        kinds = [notice["alert_type"] for notice in found if notice["superevent_id"] == name]
        assert kinds[:3] == ["EARLYWARNING", "PRELIMINARY", "PRELIMINARY"]
        assert kinds[3:] in (["RETRACTION"], ["INITIAL"], ["INITIAL", "UPDATE"])
    times = [notice["event"]["time"] for notice in found if notice["alert_type"] == "EARLYWARNING"]
    assert [time[11:16] for time in times] == ["00:00", "00:10"]


def test_samples_without_end_are_told_of_as_such_before_the_first() -> None:
    told = samples.storm_of(60.0, None, Public("-", "voevent"), 1422144018.0, 2.0)
    assert told is not None
    assert 3 <= told.messages <= 5
    assert re.fullmatch(
        r"endless mock events: about \d messages, about .* each event, in 30 s from .* \(speed 2\)", str(told)
    )
    assert samples.storm_of(60.0, 3, Public("-"), 1422144018.0, None) is None


def test_samples_without_end_are_not_sent_at_once() -> None:
    done = run(["gracetape", "simulate", "sample-alerts", "--max"])
    assert (done.returncode, "--num-events" in done.stderr) in ((1, True), (2, True))


@pytest.mark.parametrize(
    "words", ["mock --seed 4 -N 200 --rate 0.005 --public-alerts -", "sample-alerts --seed 4 -N 500 --to -"]
)
def test_what_tells_the_public_alone_ends_when_its_reader_has_gone(words: str) -> None:
    command = [sys.executable, "-m", "gracetape", "simulate", *words.split(), "--max", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["payload"]["alert_type"] == "EARLYWARNING"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 0
