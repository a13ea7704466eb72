"""Queries that grew out of all measure: nested, long, many. Each is answered, or refused with a sentence that names the limit."""

import json
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from falcon.testing import TestClient

#: Category -> conditions that it knows.
CONDITIONS = {
    "event": ("si.snr > 1", "si.mass1 < 3", "far < 1e-3", "INJ", "label: DQV", "nevents: 2", "ci.snr > 2", "mb.ifos: \"H1\""),
    "superevent": ("far < 1e-3", "INJ", "DQV", "label: EM_READY"),
}  # fmt: skip


def ask(app: TestClient, category: str, query: str) -> tuple[int, str]:
    answered = app.simulate_get(f"/api/{category}s/", query_string=urlencode({"query": query}))
    said = answered.json
    return answered.status_code, str(said.get("error") or said.get("detail"))


def nested(depth: int, *joined: str) -> str:
    """`((a & b) | c) …`: each pair of parentheses holds all before."""
    return "(" * depth + "si.snr > 1" + "".join(f" {joined[i % len(joined)]})" for i in range(depth))


@pytest.mark.parametrize("depth", [1, 10, 24, 50])
@pytest.mark.parametrize("joint", ["&", "|"])
def test_parentheses_of_one_kind_are_dissolved(app: TestClient, depth: int, joint: str) -> None:
    assert ask(app, "event", nested(depth, f"{joint} si.snr > 2"))[0] == 200
    assert ask(app, "event", nested(depth, f"{joint} INJ").replace("si.snr > 1", "DQV"))[0] == 200
    assert ask(app, "superevent", nested(depth, f"{joint} INJ").replace("si.snr > 1", "DQV"))[0] == 200


@pytest.mark.parametrize("depth", [2, 6, 12, 25, 50])
@pytest.mark.parametrize("other", ["si.mass1 > 3", "si.snr > 3", "~si.snr > 3"])
def test_parentheses_of_both_kinds_are_answered_or_refused_by_name(app: TestClient, depth: int, other: str) -> None:
    status, said = ask(app, "event", nested(depth, "& si.snr > 2", f"| {other}"))
    assert status == 200 or (status == 400 and "too deep" in said), said
    assert status == 200 or depth > 8


@pytest.mark.parametrize("category", CONDITIONS)
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("far < 1 " * 2000, "more than 100 conditions"),
        ("far < 1 | " * 1900 + "far < 1", "more than 100 conditions"),
        ("(" * 51 + "far < 1" + ")" * 51, "at most 20000 characters and 50 parentheses"),
        (" " * 20_001, "at most 20000 characters and 50 parentheses"),
        (f'submitter: "{"a" * 300}"', "more than 256 characters"),
    ],
)
def test_a_query_beyond_a_limit_is_refused_by_name(app: TestClient, category: str, query: str, said: str) -> None:
    status, told = ask(app, category, query)
    assert status == 400
    assert said in told


@pytest.mark.parametrize("category", CONDITIONS)
def test_what_grew_by_chance_is_answered_or_refused(app: TestClient, category: str) -> None:
    dice = Random(18)

    def grown(budget: int) -> str:
        if budget <= 1:
            return dice.choice(CONDITIONS[category])
        left = dice.randint(1, budget - 1)
        joint = dice.choice([" & ", " | ", " ", ", ", " & ~", "   &   "])
        inner = f"{grown(left)}{joint}{grown(budget - left)}"
        return f"({inner})" if dice.random() < 0.6 else f"~({inner})" if dice.random() < 0.3 else inner

    statuses = []
    for _ in range(120):
        query = grown(dice.choice([2, 5, 20, 90, 150]))
        if dice.random() < 0.2:
            at = dice.randrange(len(query))
            query = query[:at] + dice.choice(["(", ")", '"', "&&", "%", "\0", "..", " " * 5000]) + query[at:]
        status, said = ask(app, category, query)
        assert status in (200, 400), (query, said)
        statuses.append(status)
    assert statuses.count(200) > 20


@pytest.mark.parametrize("category", ["event", "superevent"])
def test_structured_queries_that_grew_are_answered_or_refused(app: TestClient, category: str) -> None:
    dice = Random(19)
    fields = (
        ("si.snr", "far", "mb.snr") if category == "event" else ("t_0", "preferred_event.far", "preferred_event.si.snr")
    )

    def grown(depth: int) -> Any:
        if depth == 0:
            return {"field": dice.choice(fields), "op": "<", "value": dice.random()}
        inner = grown(depth - 1)
        kind = dice.choice(["and", "or", "not"])
        return {"not": inner} if kind == "not" else {kind: [inner, grown(0)]}

    statuses = set()
    for depth in (1, 3, 5, 10, 20, 30, 40, 49, 60, 99):
        for _ in range(3):
            answered = app.simulate_post(f"/api/v2/{category}s/search/", body=json.dumps(grown(depth)))
            statuses.add(answered.status_code)
            assert answered.status_code in (200, 400), answered.text
            assert answered.status_code == 200 or "nested" in answered.text or "too deep" in answered.text, (
                answered.text
            )
    assert statuses == {200, 400}


def test_a_list_has_so_many_columns_and_no_more(app: TestClient) -> None:
    def status(count: int) -> int:
        asked = urlencode({"format": "tsv", "columns": ",".join(["far"] * count)})
        return app.simulate_get("/api/events/", query_string=asked).status_code

    assert (status(500), status(501)) == (200, 400)
