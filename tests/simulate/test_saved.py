"""Schedules in files: what is loaded is what was saved; what cannot be saved or loaded is told of."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from gracetape.replay import Action, GraceID, Schedule
from gracetape.simulate import SimulateError, Stream, read_configuration
from gracetape.simulate.acts import (
    ACTS,
    ConfirmAsGW,
    Expose,
    RemoveEvent,
    ReplaceEvent,
    Signoff,
    WriteEMObservation,
    WriteLog,
)
from gracetape.simulate.files import File, given as given_file
from gracetape.simulate.saved import load, save
from tests.simulate.conftest import GPS, IFOS


def told(schedule: Schedule) -> list[tuple[float, str, bytes]]:
    def content(action: Action) -> bytes:
        file = getattr(action.what, "file", None)
        return file.content() if isinstance(file, File) and not file.name.endswith(".png") else b""

    return [(action.dt, str(action), content(action)) for action in schedule]


def test_a_loaded_schedule_is_the_saved_one_files_included(tmp_path: Path) -> None:
    stream = Stream([read_configuration("several"), read_configuration("cwb")], IFOS, GPS, rate=0.1, count=3)
    schedule = stream.gen_schedule(np.random.default_rng(1))
    save(schedule, tmp_path / "s.json", GPS)
    loaded, start = load(tmp_path / "s.json")
    assert start == GPS
    assert told(loaded) == told(schedule)

    def sharing(s: Schedule) -> list[int]:
        numbers: dict[int, int] = {}
        return [
            numbers.setdefault(id(graceid), len(numbers))
            for action in s
            for name in ("graceid", "superevent", "preferred", "mentions")
            if (graceid := getattr(action.what, name, None)) is not None
        ]

    assert sharing(loaded) == sharing(schedule)


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.text(max_size=30), st.binary(max_size=30), st.booleans()), max_size=8)
)
def test_any_logs_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str, bytes, bool]]
) -> None:
    ids = [GraceID(), GraceID()]
    schedule = Schedule(
        Action(dt, WriteLog(ids[which], text, given_file("f.txt", content), ("psd",)))
        for dt, text, content, which in rows
    )
    path = tmp_path_factory.mktemp("saved") / "s.json"
    save(schedule, path)
    assert told(load(path)[0]) == told(schedule)


def test_every_kind_of_act_can_be_saved(tmp_path: Path) -> None:
    graceid, file = GraceID(), given_file("a", b"1")
    acts = [
        ReplaceEvent(graceid, file),
        Signoff(graceid, "OP", instrument="H1", verb="delete"),
        RemoveEvent(graceid, GraceID()),
        WriteEMObservation(graceid, "Test", (1.0,), (2.0,), (3.0,), (4.0,), ("2020-01-01T00:00:00",), (5.0,)),
        ConfirmAsGW(graceid),
        Expose(graceid),
    ]
    schedule = Schedule(Action(float(i), act) for i, act in enumerate(acts))
    save(schedule, tmp_path / "s.json")
    assert told(load(tmp_path / "s.json")[0]) == told(schedule)
    assert {type(act).__name__ for act in acts} <= set(ACTS)


def test_a_callable_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="can be saved"):
        save(Schedule([Action(1, print)]), tmp_path / "s.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"format": "gracetape schedule 1"}',
        "[" * 100_000,
        '{"format": "gracetape schedule 1", "triggers": [], "actions": [{"dt": 1, "act": "Nope"}]}',
    ],
)
def test_what_is_no_schedule_is_told_of(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(SimulateError, match="no saved schedule"):
        load(tmp_path / "s.json")
