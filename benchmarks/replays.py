"""Replays at full speed against what they cannot do without, and punctuality while a dummy is being asked."""

import heapq
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.lateness import percentiles, slept
from gracetape import replay
from gracetape.archive import Alert, Archive
from gracetape.replay.rename import Names, ids_of
from gracetape.replay.retime import Retiming

_LIFE = Path(__file__).parents[1] / "tests" / "fixtures" / "short.tape"
_SPACING_S = 0.01


class _Encoded:
    """A target that makes the line of each message, as a file would get it."""

    def __init__(self) -> None:
        self.messages: list[replay.Message] = []

    def send(self, message: replay.Message) -> None:
        message.json()
        self.messages.append(message)

    def close(self) -> None:
        return None


def _night(path: Path) -> None:
    """An archive of one life 85 times over, each under its own ids and 1,000 s after the one before: 5,015 messages."""
    with Archive.open(_LIFE) as life, Archive.create(path) as night, night.transaction() as tx:
        naming = Names(["T{n}"]).copies(ids_of(life.timeline()), count=85)[0]
        for copy in range(85):
            rename, retime = naming(copy), Retiming(copy * 1000, copy * 1000)
            for graceid in life.objects():
                view = life.view(graceid)
                tx.new_object(rename.text(graceid), view.service, rename.value(retime.record(view.record())))
                for kind, key, order, _ in view.items():
                    record = retime.record(view.one(kind, key) or {})
                    tx.put(rename.text(graceid), kind, key, rename.value(record), order)


def a_night_beyond_its_encoding() -> list[Figure]:
    """From the call of play() to the last message, and again without: only the JSON of the same messages."""
    with tempfile.TemporaryDirectory() as folder:
        _night(Path(folder) / "night.tape")
        start = time.process_time()
        target = _Encoded()
        replay.play(Path(folder) / "night.tape", clock=replay.VirtualClock()).play([target])
        took = time.process_time() - start
    start = time.process_time()
    for message in target.messages:
        message.json()
    encoding = time.process_time() - start
    name = f"a night of {len(target.messages)} messages, virtual clock"
    return [Figure(name, f"{took:.2f} s CPU", f"{encoding:.2f} s, encoding alone", took / encoding, "≤ 2 s more")]


def merging_against_heapq() -> list[Figure]:
    """1,000 schedules of 1,000 actions against heapq.merge on bare tuples."""
    draw = random.Random(1)
    delays = [sorted(draw.random() for _ in range(1000)) for _ in range(1000)]
    schedules = [replay.Schedule(replay.Action(dt, None) for dt in times) for times in delays]
    tuples = [[(dt,) for dt in times] for times in delays]
    start = time.process_time()
    replay.Schedule.merged(schedules)
    ours = time.process_time() - start
    start = time.process_time()
    list(heapq.merge(*tuples))
    bare = time.process_time() - start
    return [
        Figure("merge 1,000 x 1,000 actions", f"{ours:.2f} s CPU", f"{bare:.2f} s, heapq.merge", ours / bare, "≤ 3")
    ]


def storms() -> list[Figure]:
    """One life as a thousand: renamed messages against their JSON."""
    player = replay.play(_LIFE, clock=replay.MaxClock(), names=["T{n}"], copies=1000)
    start = time.process_time()
    messages = [message for alert in islice(player, 20000) for message in player.messages(alert)]
    renaming = time.process_time() - start
    start = time.process_time()
    for message in messages:
        message.json()
    encoding = time.process_time() - start
    name = f"{len(messages)} messages of 1,000 copies"
    return [Figure(name, f"{renaming:.2f} s CPU", f"{encoding:.2f} s, their JSON", renaming / encoding, "told")]


def _spaced(recorded: list[Alert], count: int) -> list[Alert]:
    """That many of the alerts over and over, 10 ms apart."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        replace(alert, created=start + timedelta(seconds=i * _SPACING_S))
        for i, alert in enumerate(islice(cycle(recorded), count))
    ]


#: What asks: the ordinary client in a process of its own, until it is ended.
_ASKING = """
import sys
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb
client = GraceDb(sys.argv[1], force_noauth=True)
while True:
    try:
        client.event(sys.argv[2])
    except HTTPError:
        pass
    print(flush=True)
"""


@contextmanager
def _asked(player: replay.Player, graceid: str) -> Iterator[None]:
    """Another process asks the served dummy that follows a player, again and again."""
    with replay.following(player) as url:
        asking = subprocess.Popen([sys.executable, "-c", _ASKING, url, graceid], stdout=subprocess.PIPE)
        try:
            assert asking.stdout is not None
            asking.stdout.readline()
            threading.Thread(target=asking.stdout.read, daemon=True).start()
            yield
        finally:
            asking.kill()
            asking.wait()


def lateness_while_a_dummy_is_asked() -> list[Figure]:
    """p99 of lateness at speed 1 beyond a bare sleep, both while another process asks the dummy that follows the replay."""
    timeline = replay.play(_LIFE, clock=replay.MaxClock()).timeline
    assert timeline is not None
    alerts = _spaced(list(timeline.alerts()), 400)
    selection = replay.Selection(alerts, timeline=timeline, source=_LIFE)
    player = replay.Player(replay.MessageQueue([replay.Copy(selection)]), replay.RealClock())
    with _asked(player, alerts[0].object_id):
        bare = percentiles(slept(_SPACING_S, len(alerts)))[1]
        late, begun = [], None
        for i, _ in enumerate(player):
            now = time.perf_counter()
            begun = now if begun is None else begun
            late.append(now - begun - i * _SPACING_S)
    ours = percentiles(late)[1]
    against = f"{bare * 1e3:.3f} ms, bare sleep ({(ours - bare) * 1e3:+.3f} ms)"
    return [Figure("lateness p99, speed 1, dummy asked", f"{ours * 1e3:.3f} ms", against, ours / bare, "≤ 0.5 ms more")]
