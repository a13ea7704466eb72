"""A recorded life written again on an empty GraceDB gives, captured and replayed, the messages of the original."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from demo.real_data import SUPEREVENT, NoRealData, real_tape
from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive
from gracetape.replay.reenact.perform import Reenactment, reenact
from gracetape.replay.reenact.server import open_server

FIXTURES = Path(__file__).parents[2] / "fixtures"


class Done(NamedTuple):
    """A write, without how it is done."""

    graceid: str
    n: int | None
    act: str


_ID = re.compile(r"\b(?:[GTMEH]\d+|[TM]?S\d{6}[a-z]+|[TM]?GW\d{6}[A-Z]+)\b")


class Again:
    """What came of a re-enactment on an empty dummy, captured again: its plan, what was done, the captured archive."""

    def __init__(self, tape: Archive, folder: Path, **asked: Any) -> None:
        self.plan: Reenactment = reenact(tape, **asked)
        clock = replay.VirtualClock()
        zero = self.plan.zero or datetime(2026, 1, 1, tzinfo=UTC)
        with Archive.create(folder / "written.tape") as written:
            with dummy.GraceDb(written, now=lambda: zero + timedelta(seconds=clock.now())) as client:
                self.outcome = self.plan.perform(client, clock, on_error="go-on")
                self.captured = Archive.create(folder / "captured.tape")
                capture.capture(written.objects(), self.captured, client)

    @property
    def alerts(self) -> list[Alert]:
        return list(replay.play(self.captured, clock=replay.VirtualClock()))


def told(alerts: list[Alert], ids: dict[str, str], leave: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """What was announced, in order, per object by its recorded id: type, entry, texts, labels, preferred event, members."""
    old = {new: graceid for graceid, new in ids.items()}

    def named(value: Any) -> Any:
        if isinstance(value, str):
            return _ID.sub(lambda match: old.get(match[0], match[0]), value)
        if isinstance(value, list):
            return [named(item) for item in value]
        return value

    found: dict[str, list[tuple[Any, ...]]] = {}
    for alert in alerts:
        shown: dict[str, Any] = {}
        if isinstance(alert.data, dict):
            fields = (
                "comment",
                "filename",
                "file_version",
                "tag_names",
                "name",
                "status",
                "instrument",
                "voevent_type",
            )
            shown = {f"data.{name}": alert.data[name] for name in fields if name in alert.data}
        fields = ("labels", "preferred_event", "gw_events", "superevent", "far", "pipeline", "instruments")
        shown |= {f"object.{name}": alert.object[name] for name in fields if name in alert.object}
        rows = tuple(sorted((name, named(value)) for name, value in shown.items() if name not in leave))
        found.setdefault(old.get(alert.object_id, alert.object_id), []).append((alert.alert_type, rows))
    return found


@contextmanager
def fixture(name: str) -> Iterator[Archive]:
    with Archive.open(FIXTURES / f"{name}.tape") as tape:
        yield tape


def written(plan: Reenactment) -> list[Any]:
    """What is done again, in order."""
    return [Done(action.what.graceid, action.what.n, action.what.act) for action in plan.schedule]


@pytest.mark.parametrize("name", ["short", "long"])
def test_a_written_life_gives_the_messages_of_the_original(name: str, tmp_path: Path) -> None:
    with fixture(name) as tape:
        again = Again(tape, tmp_path)
        assert again.plan.left_out == []
        assert again.outcome.failures == []
        original = list(replay.play(tape, clock=replay.VirtualClock()))
        with again.captured:
            assert told(again.alerts, again.outcome.ids) == told(original, {})
            assert [alert.created for alert in again.alerts] == [alert.created for alert in original]


@pytest.mark.real
def test_the_real_superevent_gives_the_messages_of_the_original(tmp_path: Path) -> None:
    try:
        path = real_tape()
    except NoRealData as error:
        pytest.skip(f"the real superevent is not at hand: {error}")
    with Archive.open(path) as tape:
        again = Again(tape, tmp_path, placeholders=True)
        assert again.outcome.failures == []
        assert again.plan.left_out == []
        original = list(replay.play(tape, clock=replay.VirtualClock()))
        # The cache has neither the labels of members with their times, nor what later stood in the first uploads.
        leave = ("object.labels", "data.tag_names", "object.far", "object.instruments")
        with again.captured:
            ours, theirs = told(again.alerts, again.outcome.ids, leave), told(original, {}, leave)
            assert ours.keys() == theirs.keys()
            for graceid in theirs:
                assert ours[graceid] == theirs[graceid], graceid
            own = [alert for alert in again.alerts if alert.category == "superevent"]
            assert [a.object["labels"] for a in own] == [
                a.object["labels"] for a in original if a.object_id == SUPEREVENT
            ]


def test_a_cutoff_leaves_out_what_came_later(tmp_path: Path) -> None:
    with fixture("long") as tape:
        superevent = tape.objects()[0]
        again = Again(tape, tmp_path, cutoff=30)
        with again.captured:
            history = again.captured.history(again.outcome.ids[superevent])
            assert history.last_n == 30
            ours = [entry.act.name for entry in history.entries]
        assert ours == [entry.act.name for entry in tape.history(superevent).entries[:30]]


@pytest.mark.parametrize("cutoffs", [{"T1": 2, "T2": 3}, {"T2": 1, "T1": 8}, {"T1": 20, "T2": 1}])
def test_each_object_has_a_cutoff_of_its_own_as_in_play(cutoffs: dict[str, int]) -> None:
    refs = [f"{graceid}:{n}" for graceid, n in cutoffs.items()]
    with fixture("short") as tape:
        wanted = {(w.graceid, w.n) for w in written(reenact(tape)) if (w.n or 0) <= cutoffs.get(w.graceid, 0)}
        ours = {(w.graceid, w.n) for w in written(reenact(tape, *refs)) if w.graceid in cutoffs}
        assert ours == wanted
        assert {graceid for graceid, _ in ours} == cutoffs.keys()
        announced = {(a.object_id, a.n) for a in replay.play(tape, *refs, clock=replay.MaxClock())}
        assert {pair for pair in ours if pair[1] != 1} <= announced


def test_a_superevents_cutoff_is_that_of_what_comes_along_with_it() -> None:
    with fixture("short") as tape:
        superevent = tape.objects()[0]
        assert written(reenact(tape, f"{superevent}:3")) == written(reenact(tape, cutoff=3))
        own = {w.graceid: w.n for w in written(reenact(tape, f"{superevent}:3", "T2:3"))}
        assert (own[superevent], own["T2"]) == (3, 1)


@pytest.mark.parametrize("ref", ["T1:-5", "T1:0", "T1:21"])
def test_a_cutoff_that_is_no_log_entry_is_refused_as_in_play(ref: str) -> None:
    sentence = f"T1 has no log entry {ref[3:]}: its log goes from 1 to 20"
    with fixture("short") as tape:
        for ask in (reenact, replay.play):
            with pytest.raises(replay.BadRequest) as caught:
                ask(tape, ref)
            assert str(caught.value) == sentence


def test_times_move_together_also_inside_files(tmp_path: Path) -> None:
    moment = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
    with fixture("short") as tape:
        superevent, *events = tape.objects()
        again = Again(tape, tmp_path, retime=moment)
        shift = again.plan.context.shift_s
        assert shift > 1e8
        with again.captured as captured:
            for event in events:
                before, now = tape.view(event).record(), captured.view(again.outcome.ids[event]).record()
                assert now["gpstime"] == pytest.approx(before["gpstime"] + shift, abs=1e-6)
                (was,), (single,) = (
                    {row["end_time"] for row in r["extra_attributes"]["SingleInspiral"]} for r in (before, now)
                )
                assert abs(single - was - shift) <= 1
            now = captured.view(again.outcome.ids[superevent]).record()
            assert now["t_0"] == pytest.approx(tape.view(superevent).record()["t_0"] + shift, abs=1e-5)


def test_it_goes_over_http_to_a_served_dummy_too(tmp_path: Path) -> None:
    with fixture("short") as tape, Archive.create(tmp_path / "w.tape") as written:
        with dummy.serve(dummy.make_app(written)) as server:
            plan = reenact(tape)
            with open_server(f"gracedb+{server.url}") as client:
                outcome = plan.perform(client, replay.MaxClock())
            assert outcome.done == len(plan.schedule)
            assert sorted(outcome.ids.values()) == sorted(written.objects())


def test_what_the_recording_lacks_is_left_out_and_said(tmp_path: Path) -> None:
    with fixture("short") as tape, Archive.create(tmp_path / "a.tape") as bare:
        with dummy.GraceDb(tape, as_of=None) as client:
            capture.capture([tape.objects()[0]], bare, client, with_events=False)
        plan = reenact(bare)
        assert len(plan.schedule) == 0
        reasons = {left.reason for left in plan.left_out}
        assert any("is not in the archive" in reason for reason in reasons)
        assert "the object itself could not be made again" in reasons


@pytest.mark.parametrize(
    ("asked", "group", "search", "category"),
    [
        ({}, "Test", "AllSky", "test"),
        ({"group": "CBC"}, "CBC", "MDC", "mdc"),
        ({"group": "CBC", "search": "BBH"}, "CBC", "BBH", "production"),
        ({"group": None, "search": ""}, "Test", "AllSky", "test"),
    ],
)
def test_events_are_put_where_they_do_no_harm_unless_asked(
    asked: dict[str, Any], group: str, search: str, category: str
) -> None:
    with fixture("short") as tape:
        context = reenact(tape, **asked).context
        event = tape.objects()[1]
        placement = context.placement_of(context.histories[event].final)
        assert (placement.group, placement.search, context.category_of(event)) == (group, search, category)


def test_a_failure_stops_or_is_kept_as_asked(tmp_path: Path) -> None:
    with fixture("short") as tape, Archive.create(tmp_path / "w.tape") as written:
        plan = reenact(tape, group="Nonsense")
        with dummy.GraceDb(written) as client:
            with pytest.raises(replay.ReplayError, match=r"stopped after 0 writes: uploaded of T1 .*bad group"):
                plan.perform(client, replay.MaxClock())
            outcome = plan.perform(client, replay.MaxClock(), on_error="go-on")
            assert outcome.done == 0
            assert len(outcome.failures) == len(plan.schedule)


@pytest.mark.parametrize(
    "url", ["gracedb+https://gracedb.ligo.org/api/", "dummy:", "gracedb+https:", "gracedb+ftp://a/"]
)
def test_servers_that_cannot_or_should_not_be_written_to_are_refused(url: str) -> None:
    with pytest.raises(replay.BadRequest):
        open_server(url)
