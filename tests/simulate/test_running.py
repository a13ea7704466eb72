"""Runs: every action at its moment; one that fails stops the run or is told of; real servers get group Test alone."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.destinations import check_writes, is_dummy
from gracetape.errors import ActionFailed, BadRequest, SimulateError
from gracetape.pipelines.trigger import draw
from gracetape.replay import Action, GraceID, Schedule, VirtualClock, run
from gracetape.simulate import StageRow, cli, stages as table, timed
from gracetape.simulate.acts import (
    AddEvent,
    CreateEvent,
    CreateSuperevent,
    RemoveEvent,
    RemoveLabel,
    ReplaceEvent,
    Signoff,
    UpdateSuperevent,
    WriteLabel,
    WriteLog,
)
from gracetape.simulate.configuration import parse
from gracetape.simulate.files import File, check_installed
from gracetape.simulate.life import Life, actions
from gracetape.simulate.lives import life_of
from gracetape.simulate.options import Options
from tests.simulate.conftest import GPS, IFOS


class Said:
    """What a command printed and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()


def an_event(graceid: GraceID, seed: int = 1) -> CreateEvent:
    trigger = draw(np.random.default_rng(seed), "gstlal", "Test", "AllSky", GPS, 1e-9, IFOS)
    return CreateEvent(graceid, "Test", "gstlal", File("coinc.xml", "coinc", trigger), "AllSky")


def test_actions_are_done_at_their_moments() -> None:
    clock, times = VirtualClock(), list[float]()
    schedule = Schedule([Action(dt, lambda client: times.append(clock.now())) for dt in (5.0, 1.5, 3.25)])
    assert run(schedule, None, clock).done == 3
    assert times == [1.5, 3.25, 5.0]


def test_a_failure_stops_the_run_and_says_which_action_it_was(tmp_path: Path) -> None:
    done: list[int] = []
    graceid = GraceID()
    schedule = Schedule(
        [
            Action(0, an_event(graceid)),
            Action(1.5, WriteLabel(graceid, "NO_SUCH_LABEL")),
            Action(2, lambda client: done.append(1)),
        ]
    )
    with dummy.GraceDb(Archive.create(tmp_path / "a.tape")) as client:
        with pytest.raises(ActionFailed, match=r"at 1\.500 s, label: NO_SUCH_LABEL: .*NO_SUCH_LABEL"):
            run(schedule, client, VirtualClock())
        assert done == []
        other = GraceID()
        again = Schedule([Action(0, an_event(other)), Action(1, WriteLabel(other, "NOPE")), *schedule[2:]])
        outcome = run(again, client, VirtualClock(), go_on=True)
    assert (outcome.done, [str(action) for action, _ in outcome.failed], done) == (2, ["label: NOPE"], [1])


def test_what_follows_an_event_that_was_not_made_fails_with_a_reason() -> None:
    outcome = run(Schedule([Action(0, WriteLog(GraceID(), "hello"))]), None, VirtualClock(), go_on=True)
    assert "not set yet" in outcome.failed[0][1]


def test_every_kind_of_act_on_events_and_superevents_is_done(tmp_path: Path) -> None:
    first, second, superevent = GraceID(), GraceID(), GraceID()
    acts = [
        an_event(first), an_event(second, 2), ReplaceEvent(first, an_event(first, 3).file),
        CreateSuperevent(superevent, first, GPS - 1, GPS, GPS + 1), AddEvent(superevent, second),
        UpdateSuperevent(superevent, second, (("t_0", GPS + 0.1),)), RemoveEvent(superevent, first),
        WriteLabel(superevent, "H1OPS"), Signoff(superevent, "OP", "OK", "good", "H1"),
        Signoff(superevent, "OP", "NO", "bad", "H1", verb="update"), Signoff(superevent, "OP", instrument="H1", verb="delete"),
        WriteLabel(first, "INJ"), RemoveLabel(first, "INJ"),
    ]  # fmt: skip
    with dummy.GraceDb(Archive.create(tmp_path / "a.tape")) as client:
        outcome = run(Schedule(Action(i, act) for i, act in enumerate(acts)), client, VirtualClock())
        assert outcome.done == len(acts)
        record = client.superevent(superevent.get()).json()
    assert record["preferred_event"] == second.get()
    assert record["labels"] == ["H1OPS"]


class Plain:
    """A stage of another package's."""

    def __init__(self, life: Life, options: Options) -> None:
        self.life, self.options = life, options

    def gen_schedule(self) -> Schedule:
        return actions([(self.options.timing().draw(self.life.rng), WriteLog(self.life.graceid, "from elsewhere"))])


ROW = StageRow("elsewhere", "a stage of another package", Plain, timed("", 7, 0, "it writes"))


def test_other_packages_add_stages_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("elsewhere", f"{__name__}:ROW", table.ENTRY_POINTS)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(table, "entry_points", lambda group: [entry] if group == table.ENTRY_POINTS else [])
    table.stages.cache_clear()
    try:
        configuration = parse("x", "[general]\npipeline = 'MLy'\n[elsewhere]\ndelay = 3", ini=False)
        life = life_of(configuration, np.random.default_rng(1), GPS, 1e-9, IFOS)
    finally:
        table.stages.cache_clear()
    assert [(action.dt, str(action)) for action in life.schedule][1:] == [(3.0, "log: from elsewhere")]


@pytest.mark.parametrize(
    ("place", "safe"),
    [
        ("a.tape", True), ("http://127.0.0.1:8000/api/", True), ("http://localhost/api/", True), ("http://[::1]:80/api/", True),
        ("https://gracedb-test.ligo.org/api/", False), ("gracedb+https://gracedb.ligo.org/api/", False),
        ("http://gracedb.ligo.org/api/", False), ("https://localhost/api/", False), ("http://127.0.0.1.example.org/api/", False),
    ],
)  # fmt: skip
def test_only_dummies_take_other_groups_than_test(place: str, safe: bool) -> None:
    really = ["gracedb.ligo.org"]
    assert is_dummy(place) is safe
    check_writes(place, really, {"Test"})
    check_writes(place, really, {"CBC"}, unsafe=True)
    if not safe:
        with pytest.raises(BadRequest, match="--unsafe"):
            check_writes(place, really, {"Test", "CBC"})


@pytest.mark.parametrize(
    "place", ["https://gracedb.ligo.org/api/", "gracedb+https://GraceDB.ligo.org./api/", "https://gracedb.igwn.org"]
)
def test_a_production_server_is_written_to_only_if_it_is_named_again(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadRequest, match="--yes-really-send-to gracedb"):
        check_writes(place, [], {"Test"}, unsafe=True)
    said = Said(capsys, "gstlal", "--to", place)
    assert (said.code, "--yes-really-send-to" in said.err) == (2, True)


def test_a_real_server_is_not_even_asked_for_another_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cbc.toml").write_text("[general]\ngroup = 'CBC'\npipeline = 'gstlal'\n")
    said = Said(capsys, str(tmp_path / "cbc.toml"), "--to", "https://gracedb.invalid/api/")
    assert (said.code, "--unsafe" in said.err) == (2, True)


def test_a_dry_run_shows_the_schedule_and_does_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = Said(capsys, "gstlal", "--seed", "1", "--dry-run")
    assert said.code == 0
    assert "minimum glitch-FAP for ovl at H1" in said.out
    rows = json.loads(Said(capsys, "gstlal", "--seed", "1", "--dry-run", "--json").out)
    assert rows[0] == {"dt": 0.0, "object": 1, "action": "create event: Test gstlal AllSky (coinc.xml)"}
    assert list(tmp_path.iterdir()) == []


def test_a_saved_schedule_runs_to_the_same_messages_as_the_stream_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, direct, later = tmp_path / "s.json", tmp_path / "direct.jsonl", tmp_path / "later.jsonl"
    asked = ("olib", "fermi", "-N", "2", "--rate", "0.5", "--seed", "4", "--max", "--quiet")
    assert Said(capsys, *asked, "--save", str(file), "--alerts-only", str(direct)).code == 0
    assert Said(capsys, "run", str(file), "--alerts-only", str(later), "--max", "--quiet").code == 0
    assert direct.read_bytes() == later.read_bytes()
    lines = [json.loads(line) for line in direct.read_text().splitlines()]
    assert lines[0]["payload"]["alert_type"] == "new"
    assert {"node", "payload", "time", "offset"} <= set(lines[0])
    assert lines[-1]["offset"] > 10


def test_a_stream_goes_to_a_served_dummy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with Archive.create(tmp_path / "served.tape") as archive, dummy.serve(dummy.make_app(archive)) as server:
        said = Said(capsys, "mly", "swift", "-N", "2", "--seed", "1", "--max", "--to", server.url)
        assert said.code == 0, said.err
        assert len(archive.objects()) >= 2
    words = said.err.split()
    assert words[0] == words[2]


def test_a_server_that_is_not_there_is_a_failure_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "fermi", "--seed", "1", "--max", "--quiet", "--to", "http://127.0.0.1:9/api/")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "create event" in said.err


def test_an_archive_is_added_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert Said(capsys, "fermi", "--seed", seed, "--max", "--to", str(tmp_path / "a.tape")).code == 0
    with Archive.open(tmp_path / "a.tape") as archive:
        assert len(archive.objects()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope", "--dry-run"], "no configuration 'nope'"),
        (["gstlal"], "say where"),
        (["gstlal", "--to", "a", "--alerts-only", "-"], "exclude each other"),
        (["gstlal", "--to", "a", "--speed", "0"], "positive"),
        (["gstlal", "--to", "a", "--speed", "2", "--max"], "exclude each other"),
        (["gstlal", "--far", "loud", "--dry-run"], "--far loud"),
        (["gstlal", "--rate", "-1", "--dry-run"], "--rate -1"),
        (["gstlal", "--weights", "1,2", "--dry-run"], "--weights"),
        (["gstlal", "--duty-cycle", "H1", "--dry-run"], "--duty-cycle H1"),
        (["gstlal", "--instruments", ",", "--dry-run"], "--instruments"),
        (["run", "/nowhere.json", "--dry-run"], "/nowhere.json"),
        (["fermi", "--alerts-only", "https://hook.invalid/"], "--yes-really-send-to hook.invalid"),
        (
            [
                "fermi",
                "--max",
                "--quiet",
                "--alerts-only",
                "kafka://kafka.invalid/gracedb",
                "--yes-really-send-to",
                "kafka.invalid",
            ],
            "production GraceDB's own group",
        ),
        (["stages", "nope"], "there is no stage 'nope'"),
        (["configurations", "nope"], "no configuration 'nope'"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = Said(capsys, *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_the_stages_are_printed_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    printed = Said(capsys, "stages").out
    assert all(f"[{row.section}]" in printed for row in table.STAGES)
    rows: list[dict[str, Any]] = json.loads(Said(capsys, "stages", "bayestar", "--json").out)
    assert {"name": "finish delay", "default": 40.0}.items() <= next(
        o for o in rows[0]["options"] if o["name"] == "finish delay"
    ).items()


def test_what_configurations_print_can_be_begun_from(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(Said(capsys, "configurations", "cwb").out)
    assert Said(capsys, str(tmp_path / "own.toml"), "--dry-run").code == 0
    assert "MBTA" in Said(capsys, "configurations").out


def test_help_and_the_table_of_stages_load_no_pictures() -> None:
    code = "import sys, gracetape.simulate.cli, gracetape.simulate.stages; print([m for m in ('matplotlib', 'astropy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"


def test_what_is_not_installed_is_told_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it is not installed
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for name in [name for name in sys.modules if name.startswith("gracetape.simulate.pictures")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SimulateError, match=r"'skymap png' need the package matplotlib.*: pip install .*\[simulate\]'"):
        check_installed([File("p_astro.json", "p_astro"), File("map.png", "skymap png")])
    check_installed([File("p_astro.json", "p_astro")])
