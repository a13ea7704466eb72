"""Faults on demand and throttling: what clients meet, over HTTP and in process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from hypothesis import given, strategies as st
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from gracetape import dummy
from gracetape.archive import Archive, UsageError
from gracetape.dummy.faults import MAINTENANCE
from gracetape.dummy.throttle import read_rates

Opens = Callable[..., Any]


@pytest.fixture(params=["served", "in process"])
def client_with(request: pytest.FixtureRequest, tape: Archive) -> Opens:
    """Makes a client that asks once only, over HTTP or in process, of a dummy with the given faults."""

    @contextmanager
    def opened(**options: Any) -> Iterator[Any]:
        if request.param == "in process":
            with dummy.GraceDb(tape, retries=0, **options) as client:
                yield client
            return
        with dummy.serve(dummy.make_app(tape, **options)) as server:
            with GraceDb(server.url, force_noauth=True) as client:
                yield client

    return opened


def comments(tape: Archive, graceid: str) -> list[str]:
    """What was written of an event since its upload, of which the server made two more files."""
    return [log["comment"] for log in tape.view(graceid).records("log")][3:]


@pytest.mark.parametrize(
    ("effect", "status", "body"),
    [
        ("503", 503, MAINTENANCE),
        ("500", 500, "<h1>Internal Server Error (500)</h1>"),
        ("403", 403, '{"detail":"Forbidden."}'),
    ],
)
def test_a_status_is_answered_and_nothing_is_done(
    client_with: Opens, tape: Archive, graceid: str, effect: str, status: int, body: str
) -> None:
    with client_with(faults=[f"POST */log/:{effect}"]) as client, pytest.raises(HTTPError) as met:
        client.write_log(graceid, "lost")
    assert (met.value.response.status_code, met.value.response.text) == (status, body)
    assert "Retry-After" not in met.value.response.headers
    assert comments(tape, graceid) == []


def test_a_status_can_come_with_retry_after(client_with: Opens, graceid: str) -> None:
    with client_with(faults=["*:503@7"]) as client, pytest.raises(HTTPError) as met:
        client.ping()
    assert met.value.response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(("effect", "kept"), [("drop", []), ("lose", ["a word"]), ("truncate", ["a word"])])
def test_a_dropped_connection_loses_the_answer_and_only_drop_the_write(
    client_with: Opens, tape: Archive, graceid: str, effect: str, kept: list[str]
) -> None:
    with client_with(faults=[f"POST */log/:{effect}"]) as client, pytest.raises(requests.exceptions.RequestException):
        client.write_log(graceid, "a word")
    assert comments(tape, graceid) == kept


def test_a_truncated_answer_ends_in_its_middle(client_with: Opens, graceid: str) -> None:
    with client_with(faults=["*/files/*:truncate"]) as client:
        whole = client.get(f"{client._service_url}events/{graceid}").content
        assert whole
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            client.get(f"{client._service_url}events/{graceid}/files/cbc-lm.xml")


def test_an_answer_that_is_late_is_whole(client_with: Opens, graceid: str) -> None:
    with client_with(faults=["GET */events/*:latency=0.01"]) as client:
        assert client.event(graceid).json()["graceid"] == graceid


def test_only_the_requests_that_a_rule_names_fail(client_with: Opens, graceid: str) -> None:
    with client_with(faults=["POST */labels/*:500", "PUT */tag/*:500"]) as client:
        assert client.write_log(graceid, "fine").status_code == 201
        assert client.write_label(graceid, "INJ").status_code == 201


def test_rules_can_be_changed_while_it_answers(client_with: Opens) -> None:
    faults = dummy.Faults(["*:503"])
    with client_with(faults=faults) as client:
        with pytest.raises(HTTPError):
            client.ping()
        faults.rules.clear()
        assert client.ping().status_code == 200


@given(st.integers(0, 1000), st.floats(0, 1))
def test_the_same_seed_throws_the_same_dice(seed: int, chance: float) -> None:
    first, second = (dummy.Faults([f"*:500:{chance:.6f}"], seed) for _ in range(2))
    met = [first.due("GET", "/api/") is not None for _ in range(200)]
    assert met == [second.due("GET", "/api/") is not None for _ in range(200)]
    assert chance >= 5e-7 or not any(met)  # below, it is written as 0


def test_in_process_a_client_asks_again_as_the_ordinary_one_does(tape: Archive, graceid: str) -> None:
    faults = dummy.Faults(["*/events/*:502:0.5", "*/events/*:drop:0.5"], seed=3)
    with dummy.GraceDb(tape, faults=faults, backoff_factor=0, retries=50) as client:
        assert [client.event(graceid).status_code for _ in range(20)] == [200] * 20


def test_in_process_a_client_gives_up_as_the_ordinary_one_does(tape: Archive) -> None:
    with dummy.GraceDb(tape, faults=["*:502"], backoff_factor=0, retries=2) as client:
        with pytest.raises(requests.exceptions.RetryError, match="too many 502"):
            client.ping()
    with dummy.GraceDb(tape, faults=["*:drop"], backoff_factor=0, retries=2) as client:
        with pytest.raises(requests.exceptions.ConnectionError, match="Max retries"):
            client.ping()


@pytest.mark.parametrize(
    "spec",
    "nonsense|*:999|*:200|*:503:2|*:503:x|*:latency|*:latency=x|*:latency=-1|*:drop=2|*:nothing|*:503:nan|"
    "GET POST */x:503|".split("|"),
)
def test_a_rule_that_cannot_be_read_is_refused_in_a_sentence(spec: str) -> None:
    with pytest.raises(UsageError, match="fault"):
        dummy.Fault.parse(spec)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_throttling_refuses_what_is_too_much_with_the_servers_words(
    client_with: Opens, tape: Archive, graceid: str
) -> None:
    clock = Clock()
    with client_with(throttle=dummy.Throttle({"annotation": "2/minute"}, clock)) as client:
        client.write_log(graceid, "one")
        clock.now += 10
        client.write_log(graceid, "two")
        with pytest.raises(HTTPError) as met:
            client.write_log(graceid, "three")
        refusal = met.value.response
        assert refusal.status_code == 429
        assert refusal.headers["Retry-After"] == "50"
        assert refusal.json() == {"detail": "Request was throttled. Expected available in 50 seconds."}
        assert client.write_label(graceid, "INJ").status_code == 201
        assert comments(tape, graceid) == ["one", "two", "Label: INJ"]
        clock.now += 50
        client.write_log(graceid, "three")
    assert comments(tape, graceid) == ["one", "two", "Label: INJ", "three"]


def test_a_throttled_client_in_process_waits_as_long_as_it_is_told(tape: Archive, graceid: str) -> None:
    with dummy.GraceDb(tape, throttle=dummy.Throttle({"annotation": "1/second"})) as client:
        for word in ("one", "two"):
            assert client.write_log(graceid, word).status_code == 201
    assert comments(tape, graceid) == ["one", "two"]


def test_rates_are_read_for_all_kinds_or_one() -> None:
    assert read_rates([]) == {"event_creation": "25/second", "annotation": "25/second"}
    assert read_rates(["5/minute"]) == {"event_creation": "5/minute", "annotation": "5/minute"}
    assert read_rates(["annotation=1/hour"]) == {"event_creation": "25/second", "annotation": "1/hour"}
    with pytest.raises(UsageError, match="rate"):
        read_rates(["labels=1/hour"])
