"""Faults touch as many messages as they are told to, the same ones under one seed, and tell of each."""

import json
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from gracetape.replay import BadRequest, Faults, Message, Player, Touched, VirtualClock, parse_distribution
from tests.replay.conftest import make_alerts_at


class Heard:
    """A target that notes the log entry and moment of each message."""

    def __init__(self, player: Player) -> None:
        self.player, self.messages = player, list[tuple[int, float]]()
        self.texts: list[str] = []

    def send(self, message: Message) -> None:
        self.messages.append((message.line["n"], self.player.clock.now()))
        self.texts.append(message.payload_json())

    def close(self) -> None:
        return None


def _heard(faults: Faults, count: int = 200) -> Heard:
    player = Player(make_alerts_at(*range(count)), VirtualClock())
    heard = Heard(player)
    player.play([heard], faults=faults)
    return heard


shares = st.floats(0, 1)


@given(shares, shares, shares, st.integers(0, 6), st.integers(0, 99))
def test_every_message_is_heard_or_told_of(
    drop: float, duplicate: float, corrupt: float, reorder: int, seed: int
) -> None:
    def run() -> tuple[Heard, list[Touched], Faults]:
        touched: list[Touched] = []
        faults = Faults(drop, duplicate, corrupt, reorder=reorder, seed=seed, on_touch=touched.append)
        return _heard(faults, 40), touched, faults

    heard, touched, faults = run()
    again, _, _ = run()
    assert heard.messages == again.messages
    assert heard.texts == again.texts
    by_fault = {
        name: [t.message.line["n"] for t in touched if t.fault == name] for name in ("drop", "duplicate", "corrupt")
    }
    expected = Counter(dict.fromkeys(range(1, 41), 1))
    expected.subtract(by_fault["drop"])
    expected.update(by_fault["duplicate"])
    assert Counter(n for n, _ in heard.messages) == +expected
    wrong = {n for (n, _), text in zip(heard.messages, heard.texts, strict=True) if text != _sent(n)}
    assert wrong == set(by_fault["corrupt"]) & {n for n, _ in heard.messages}
    assert faults.counts.total() == len(touched)


def _sent(n: int) -> str:
    return json.dumps({"uid": "G1", "alert_type": "log", "data": {"N": n}, "object": {"graceid": "G1"}})


@given(st.integers(1, 8), st.integers(0, 99))
def test_no_message_is_overtaken_by_more_than_was_allowed(most: int, seed: int) -> None:
    touched: list[Touched] = []
    order = [n for n, _ in _heard(Faults(reorder=most, seed=seed, on_touch=touched.append), 60).messages]
    assert {touch.detail for touch in touched} <= {f"overtaken by {lag}" for lag in range(1, most + 1)}
    assert sorted(order) == list(range(1, 61))
    for place, n in enumerate(order):
        assert sum(other > n for other in order[:place]) <= most


def test_a_late_message_comes_later_by_what_is_told_and_may_be_overtaken() -> None:
    touched: list[Touched] = []
    heard = _heard(Faults(delay=parse_distribution("uniform(0, 5)"), seed=1, on_touch=touched.append))
    late = {t.message.line["n"]: float(t.detail.split()[0]) for t in touched}
    assert len(heard.messages) == 200
    assert heard.messages == sorted(heard.messages, key=lambda item: item[1])
    for n, moment in heard.messages:
        assert moment == pytest.approx(n - 1 + late.get(n, 0), abs=1e-3)
    assert [n for n, _ in heard.messages] != sorted(n for n, _ in heard.messages)


def test_what_was_touched_is_told_as_a_sentence_and_as_json() -> None:
    touched: list[Touched] = []
    _heard(Faults(drop=1, on_touch=touched.append), 1)
    assert str(touched[0]) == "drop: G1 log (log 1) for cbc_gstlal: not sent"
    assert touched[0].record() == {
        "fault": "drop", "detail": "not sent", "alert_type": "log", "time": "2022-06-09T22:18:00Z", "offset": 0.0,
        "node": "cbc_gstlal", "graceid": "G1", "n": 1,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["2", " 0.5 ", "uniform(0, 5)", "normal(3,1)", "lognormal(-1, 0.5)", "exponential(2)"])
def test_delays_are_never_negative(text: str) -> None:
    import random

    rng, delay = random.Random(1), parse_distribution(text)
    drawn = [delay.draw(rng) for _ in range(200)]
    assert min(drawn) >= 0
    assert max(drawn) > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "uniform(1)",
        "uniform(1,2,3)",
        "gauss(1,2)",
        "-2",
        "nan",
        "lognormal(0,inf)",
        "__import__('os')",
        "normal(1,-2)",
    ],
)
def test_what_is_no_delay_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="is no delay"):
        parse_distribution(text)


@pytest.mark.parametrize("options", [{"drop": -0.1}, {"duplicate": 2}, {"corrupt": float("nan")}, {"reorder": -1}])
def test_impossible_shares_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(BadRequest):
        Faults(**options)  # type: ignore[arg-type]
