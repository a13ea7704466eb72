"""Every public object tells on one line what it is, and a notebook gets tables in which nothing of a stranger is markup."""

import asyncio
from pathlib import Path

import pytest

import gracetape
from gracetape import Archive, Player, VirtualClock, history_of, play, run_virtual
from gracetape.archive import Alert, Snapshot, timeline_of
from gracetape.clocks import MaxClock, RealClock, ScaledClock

FIXTURE = Path(__file__).parent / "fixtures" / "long.tape"


def test_reprs_fit_a_line() -> None:
    with Archive.open(FIXTURE) as tape:
        history, timeline = history_of(tape, "TS101020a"), timeline_of(tape)
        player: Player = play(tape, clock=MaxClock())
        alerts = list(player)
        with gracetape.GraceDb(tape, as_of="TS101020a:20") as client:
            things = [
                tape, history, timeline, player, client, *alerts, *player.messages(alerts[3]), *history.entries,
                history.at(3), VirtualClock(), MaxClock(), RealClock(), ScaledClock(3), gracetape.Faults(["*:latency=1"]),
                gracetape.Throttle(), *tape.view("T1").files(), gracetape.parse_ref("T1:2"),
            ]  # fmt: skip
            for thing in things:
                assert " at 0x" not in repr(thing)
                assert len(repr(thing)) < 250, repr(thing)
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
