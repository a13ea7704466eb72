"""Streams: gaps, FARs, duty cycles and weights are distributed as asked; lives interleave; a seed makes the same again."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from gracetape.simulate import Far, SimulateError, Stream, read_configuration
from gracetape.simulate.acts import CreateEvent
from gracetape.simulate.configuration import parse
from gracetape.simulate.streams import check, read_far
from tests.simulate.conftest import GPS, IFOS

BARE = parse("bare", '[general]\npipeline = "MLy"\n', ini=False)


def a_stream(**more: object) -> Stream:
    return Stream([BARE], IFOS, GPS, **({"rate": 0.5, "count": 2000} | more))  # type: ignore[arg-type]


def test_gaps_of_a_poisson_stream_are_exponential() -> None:
    arrivals = list(a_stream().arrivals(np.random.default_rng(1)))
    assert arrivals[0] == 0
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert stats.kstest(gaps, "expon", args=(0, 2.0)).pvalue > 0.01


def test_gaps_of_a_uniform_stream_are_equal() -> None:
    arrivals = list(a_stream(distribution="uniform", count=5).arrivals(np.random.default_rng(1)))
    assert arrivals == [0, 2, 4, 6, 8]


def test_a_duration_ends_a_stream() -> None:
    arrivals = list(a_stream(count=None, duration=100.0).arrivals(np.random.default_rng(1)))
    assert max(arrivals) < 100
    assert 20 < len(arrivals) < 90


@pytest.mark.parametrize("index", [-1.0, -0.5, -2.0, 0.0])
def test_fars_follow_their_power_law(index: float) -> None:
    low, high, rng = 1e-10, 1e-5, np.random.default_rng(2)
    fars = np.array([Far(low, high, index).draw(rng) for _ in range(3000)])

    def share(far: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        if index == -1:
            return np.log(far / low) / np.log(high / low)
        power = index + 1
        return (far**power - low**power) / (high**power - low**power)

    assert stats.kstest(fars, share).pvalue > 0.01


def test_a_fixed_far_is_that_of_every_event() -> None:
    assert {read_far("3e-9").draw(np.random.default_rng(i)) for i in range(5)} == {3e-9}


@pytest.mark.parametrize(
    "text", ["", "nan", "-1", "log-uniform:1", "log-uniform:2,1", "power-law:1,2", "flat:1,2", "0", "inf"]
)
def test_fars_that_make_no_sense_are_refused_by_name(text: str) -> None:
    with pytest.raises(SimulateError, match="--far"):
        read_far(text)


def test_detectors_listen_for_their_share_of_the_time_and_one_always_does() -> None:
    stream, rng = a_stream(duty_cycles={"H1": 0.5, "V1": 0.8}), np.random.default_rng(3)
    seen = [stream.listening(rng) for _ in range(2000)]
    counts = Counter(ifo for ifos in seen for ifo in ifos)
    assert counts["L1"] == 2000
    assert stats.binomtest(counts["H1"], 2000, 0.5).pvalue > 0.01
    assert stats.binomtest(counts["V1"], 2000, 0.8).pvalue > 0.01
    dark = a_stream(duty_cycles=dict.fromkeys(IFOS, 0.1))
    assert all(dark.listening(rng) for _ in range(200))


def test_configurations_are_taken_by_their_weights() -> None:
    other = parse("other", '[general]\npipeline = "oLIB"\n', ini=False)
    stream = Stream([BARE, other], IFOS, GPS, rate=1.0, count=1000, weights=[3, 1])
    made = Counter(
        action.what.pipeline
        for action in stream.gen_schedule(np.random.default_rng(4))
        if isinstance(action.what, CreateEvent)
    )
    assert stats.binomtest(made["MLy"], 1000, 0.75).pvalue > 0.01


def test_lives_interleave_and_each_counts_from_its_own_arrival() -> None:
    configuration = read_configuration("olib")
    stream = Stream([configuration], IFOS, GPS, rate=0.2, count=5)
    schedule = stream.gen_schedule(np.random.default_rng(5))
    times = [action.dt for action in schedule]
    assert times == sorted(times)
    created = [action for action in schedule if isinstance(action.what, CreateEvent)]
    assert [action.dt for action in created] == list(a_stream(rate=0.2, count=5).arrivals(np.random.default_rng(5)))
    assert [action.what.file.trigger.gps - GPS for action in created] == pytest.approx(
        [action.dt for action in created]
    )
    assert len({id(action.what.graceid) for action in created}) == 5
    assert created[-1].dt < schedule[-1].dt


def test_the_same_seed_makes_the_same_stream_and_another_one_another() -> None:
    def told(seed: int) -> list[tuple[float, str]]:
        stream = Stream([read_configuration("gstlal"), BARE], IFOS, GPS, rate=0.1, count=4)
        return [(action.dt, str(action)) for action in stream.gen_schedule(np.random.default_rng(seed))]

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rate": 0.0}, "--rate"),
        ({"rate": float("nan")}, "--rate"),
        ({"count": None}, "--num-events"),
        ({"count": 0}, "--num-events"),
        ({"count": None, "duration": -1.0}, "--duration"),
        ({"weights": [1.0, 2.0]}, "--weights"),
        ({"weights": [0.0]}, "--weights"),
        ({"instruments": ()}, "--instruments"),
        ({"duty_cycles": {"K1": 0.5}}, "--duty-cycle"),
        ({"duty_cycles": {"H1": 0.0}}, "--duty-cycle"),
        ({"start_gps": float("nan")}, "--start-gps"),
    ],
)
def test_a_stream_that_makes_no_sense_is_refused_by_its_option(more: dict[str, object], said: str) -> None:
    about = {"configurations": [BARE], "instruments": IFOS, "start_gps": GPS, "rate": 1.0, "count": 3} | more
    with pytest.raises(SimulateError, match=said):
        check(Stream(**about))  # type: ignore[arg-type]
