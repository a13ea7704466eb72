"""Every public object tells on one line what it is, and a notebook gets tables in which nothing of a stranger is markup."""

import asyncio
import importlib
import inspect
from pathlib import Path

import pytest

import gracetape
from gracetape import Archive, Player, VirtualClock, history_of, play, run_virtual
from gracetape.archive import Alert, Recorded, Snapshot, timeline_of
from gracetape.brokers import Heard, Recent
from gracetape.clocks import MaxClock, RealClock, ScaledClock
from gracetape.listen import PlugIn, Queue, Rehearsal
from gracetape.listen.configuration import read_configuration
from gracetape.simulate.configuration import read_configuration as read_simulated
from gracetape.simulate.stages import stages
from gracetape.simulate.streams import Stream
from gracetape.testing import Replay, TapeSession

FIXTURE = Path(__file__).parent / "fixtures" / "long.tape"


#: Characters of a line.
LONGEST = 120
#: The rooms whose public names are looked at, and the package itself.
ROOMS = (
    "", ".archive", ".brokers", ".capture", ".dummy", ".listen", ".pipelines", ".replay", ".simulate", ".testing", ".view",
)  # fmt: skip
#: Public classes whose text another library gives: an extension of syrupy, a mix-in of unittest's cases.
OTHERS = {"AlertsExtension", "TapeMixin"}


def test_no_public_class_tells_an_address() -> None:
    seen = 0
    for room in ROOMS:
        module = importlib.import_module(f"gracetape{room}")
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if inspect.isclass(thing) and not getattr(thing, "_is_protocol", False) and name not in OTHERS:
                seen += 1
                assert thing.__repr__ is not object.__repr__, f"{module.__name__}.{name}"
    assert seen > 60


def test_what_is_configured_fits_a_line(tmp_path: Path) -> None:
    mine = read_simulated("gstlal")
    (tmp_path / "main.ini").write_text("[a]\nnodes = superevent\nchildConfig = a.ini\n")
    (tmp_path / "a.ini").write_text(f"[general]\nprocess_type = test\nlog_directory = {tmp_path}\n")
    things = [mine, Stream([mine], ("H1",), 1422144018.0), *mine.sections.values(), *stages().values(), PlugIn(print),
              read_configuration(tmp_path / "main.ini"), Rehearsal(lines=["x" * 999])]  # fmt: skip
    for thing in things:
        assert len(repr(thing)) <= LONGEST, repr(thing)
        assert "\n" not in repr(thing)


def test_reprs_fit_a_line() -> None:
    with Archive.open(FIXTURE) as tape:
        history, timeline = history_of(tape, "TS101020a"), timeline_of(tape)
        player: Player = play(tape, clock=MaxClock())
        alerts = list(player)
        with gracetape.GraceDb(tape, as_of="TS101020a:20") as client:
            things = [
                tape, history, timeline, player, client, *alerts, *player.messages(alerts[3]), *history.entries,
                history.at(3), VirtualClock(), MaxClock(), RealClock(), ScaledClock(3), gracetape.Faults(["*:latency=1"]),
                gracetape.Throttle(), *tape.view("T1").files(), gracetape.parse_ref("T1:2"), tape.view("T1"),
                player.queue, player.queue.copies[0], player.queue.copies[0].selection, Recent(3), Queue(), Recorded(
                    alerts[0].created, "superevent", {"uid": "T1", "text": "x" * 999}, "x" * 999
                ), *tape.captures(), Heard("superevent", "x" * 999, alerts[0].created), Replay(player), TapeSession(tape),
            ]  # fmt: skip
            for thing in things:
                assert " at 0x" not in repr(thing)
                assert len(repr(thing)) <= LONGEST, repr(thing)
                assert "\n" not in repr(thing)
    assert isinstance(history.at(3), Snapshot)
    assert repr(alerts[1]).startswith("<Alert T1 label_added PASTRO_READY, log 2, 2026-03-01 12:00:00 UTC")


def test_notebooks_get_tables() -> None:
    with Archive.open(FIXTURE) as tape:
        alert: Alert = next(iter(play(tape, clock=MaxClock())))
        for thing in (tape, history_of(tape, "TS101020a"), alert):
            html = thing._repr_html_()
            assert html.startswith("<table><tr>")
            assert html.count("<tr>") == html.count("</tr>")
            assert "<a " not in html


def test_a_misspelt_argument_is_told_of_the_function_that_was_called() -> None:
    with pytest.raises(TypeError, match=r"play\(\) got an unexpected keyword argument 'sped'"):
        play(FIXTURE, sped=3)  # type: ignore[call-arg]


def test_virtual_time_runs_inside_a_loop_that_runs() -> None:
    clock = VirtualClock()

    async def cell() -> float:
        async def later() -> float:
            await asyncio.sleep(3600)
            return clock.now()

        return run_virtual(later(), clock)

    assert asyncio.run(cell()) == 3600
