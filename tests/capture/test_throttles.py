"""What a server says of when to come back is obeyed, by all connections together, whichever way it says it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape import capture
from gracetape.brokers.gracedb import Limits
from gracetape.capture.errors import Throttled
from gracetape.capture.pace import Pace
from gracetape.capture.service import ask
from gracetape.errors import CaptureError
from tests.capture.conftest import Source
from tests.capture.unfriendly import EVENT, redirect, unfriendly, value


class Clock:
    """Time that passes where somebody waits, for a client of whom nothing else is asked."""

    def __init__(self, **pace: Any) -> None:
        self.now, self.waits = 100.0, list[float]()
        self.limits, self.pace = Limits(), Pace(clock=lambda: self.now, **pace)
        self.watch = SimpleNamespace(stopped=SimpleNamespace(wait=self._wait))

    def _wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


def refusal(status: int, **headers: str) -> HTTPError:
    response = requests.Response()
    response.status_code, response._content = status, b"busy"
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return HTTPError(response)


def after(*refusals: HTTPError) -> Callable[[], str]:
    """A question that is answered after these."""
    left = list(refusals)

    def question() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return question


def date(seconds: float) -> str:
    return format_datetime(datetime(2026, 11, 27, 20, tzinfo=UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "120"},
        {"Retry_After": "120.0"},
        {"Retry_After": date(120), "Date": date(0)},  # whatever time it is here
    ],
    ids=["seconds", "a fraction", "a date"],
)
def test_a_server_is_left_alone_for_as_long_as_it_says(status: int, headers: dict[str, str]) -> None:
    client = Clock()
    assert ask(client, after(refusal(status, **headers)), "it") == "answer"
    assert client.now == pytest.approx(220.0)


@pytest.mark.parametrize("said", ["-5", "soon", "", "1e3", "Fri, 99 Nov 2026 99:00:00 GMT", "\xb2"])
def test_what_makes_no_sense_is_nothing_said(said: str) -> None:
    client = Clock()
    assert ask(client, after(refusal(503, Retry_After=said)), "it") == "answer"
    assert 100.1 < client.now < 101


def test_who_is_to_wait_for_longer_than_anybody_waits_gives_up_and_asks_for_nothing_else() -> None:
    client, asked = Clock(), list[str]()
    with pytest.raises(Throttled, match=r"T1: the server \(429\) wants to be left alone for 3,600 s"):
        ask(client, after(refusal(429, Retry_After="3600")), "T1")
    with pytest.raises(Throttled, match=r"T2: the server wants to be left alone for 3,600 s"):
        ask(client, lambda: asked.append("T2"), "T2")
    assert client.waits == asked == []
    client.now += 3600
    ask(client, lambda: asked.append("T2"), "T2")
    assert asked == ["T2"]


def test_a_run_ends_where_the_server_wants_to_be_left_alone_for_long(source: Source, tmp_path: Path) -> None:
    busy = ("429 Too Many Requests", {"Retry-After": "86400"}, b"slow down")
    source.faulty.faults = {"/log/": [busy] * 100}
    with capture.connect(source.url) as client, pytest.raises(CaptureError, match="left alone for 86,400 s"):
        capture.capture([source.graceid, *(f"T{i}" for i in range(2, 500))], tmp_path / "a.tape", client)
    assert len(source.faulty.asked) < 40


def test_what_a_server_bears_is_not_told_by_the_few_answers_that_came_last() -> None:
    """It throttles one question in some fifty, whatever comes when: it still gives ten answers a second."""
    client = Clock()
    pace, gaps = client.pace, list[float]()
    for number in range(400):
        before = pace.turn()
        client.now = max(client.now, before) + 0.1
        if number in (101, 103, 150, 200, 201, 250, 300):  # also just after a window begins, and just after another
            pace.rest(1.0)
            client.now += 1.0
            gaps.append(pace._learned)
        else:
            pace.answered()
    assert max(gaps) < 0.3


def test_a_redirect_takes_its_turn_too() -> None:
    turns = list[float]()
    with unfriendly() as server, capture.connect(server.root) as client:
        server.answers = {"events/T1$": redirect(f"{server.root}events/T1/"), "events/T1/$": value(EVENT)}
        client.pace = Pace()
        client.pace.wait = lambda client, most=0.0: turns.append(most)
        ask(client, lambda: client.event("T1"), "T1")
    assert (len(server.asked), len(turns)) == (3, 2)  # the first two are the root's, and the event's
