"""Structured queries of v2, as a parameter and as a body."""

import json
from typing import Any

import pytest
from falcon.testing import TestClient

from tests.dummy.query.conftest import asked, get, ids


@pytest.mark.parametrize(
    ("category", "query", "wanted"),
    [
        ("event", {"field": "far", "op": ">", "value": 1e-7}, "G2 E6"),
        ("event", {"and": [{"field": "ifos", "op": "contains", "value": "v1"}]}, "G3"),
        (
            "event",
            {"or": [{"field": "id", "op": "=", "value": "T4"}, {"field": "label", "op": "has", "value": "DQV"}]},
            "T4 H7",
        ),
        ("event", {"not": {"field": "group", "op": "in", "value": ["cbc", "TEST"]}}, "G3 E6 G8"),
        ("event", {"field": "si.snr", "op": "between", "value": [5, 7]}, "G9"),
        ("event", {"field": "search", "op": "is_null", "value": True}, "H7"),
        ("event", {"field": "superevent", "op": "=", "value": "GW150914"}, "G2"),
        ("event", {"field": "in_superevent", "op": "=", "value": True}, "G1 G2"),
        ("event", {"field": "created", "op": ">", "value": "2019-03-30T11:00:00Z"}, "G2"),
        ("superevent", {"field": "id", "op": "startswith", "value": "s1903"}, "S190330a S190330b"),
        ("superevent", {"field": "id", "op": "in", "value": ["GW150914", "TS190330a"]}, "S190330b TS190330a"),
        ("superevent", {"field": "category", "op": "!=", "value": "Production"}, "TS190330a MS190330ab"),
        ("superevent", {"field": "preferred_event.far", "op": "<", "value": 1e-7}, "S190330a"),
        ("superevent", {"field": "preferred_event.label", "op": "has", "value": "ADVOK"}, "S190330b"),
        ("superevent", {"field": "events", "op": "=", "value": "e6"}, "S190330b"),
        ("superevent", {"field": "is_public", "op": "=", "value": True}, "S190330a"),
        ("superevent", {"field": "is_gw", "op": "=", "value": False}, "S190330a"),
        ("superevent", {"field": "runid", "op": "=", "value": "ER8"}, "S190330b"),
    ],
)
def test_what_structured_queries_match(app: TestClient, category: str, query: Any, wanted: str) -> None:
    answered = asked(app, category, {"object_type": category, "query": query})
    assert answered.status_code == 200, answered.text
    assert sorted(ids(answered.json)) == sorted(wanted.split())
    assert ids(get(app, f"v2/{category}s/", query=json.dumps(query))) == ids(answered.json)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ([1], None), ({"field": "nonsense", "op": "=", "value": 1}, []), ({"and": []}, ["and"]), ({"field": "far", "op": "has", "value": 1}, []),
        ({"and": [{"field": "far", "op": "<", "value": "x"}]}, ["and", 0]), ({"object_type": "superevent"}, "object_type"),
        ({"not": {"field": "label", "op": "not_has", "value": "INJ"}}, ["not"]), ({"field": "far", "op": "between", "value": [2, 1]}, []),
        ({"field": "created", "op": "=", "value": "yesterday"}, []), ({"field": "far", "op": "<"}, []), ({}, []),
        ({"field": {}, "op": [], "value": 1}, []),
    ],
)  # fmt: skip
def test_a_structured_query_that_is_not_valid_is_refused(app: TestClient, query: Any, path: Any) -> None:
    answered = asked(app, "event", query)
    assert answered.status_code == 400
    assert answered.json["error"] == "invalid_query"
    assert answered.json["version"] == "2"
    assert answered.json["path"] == path


def test_v2_takes_queries_in_words_too(app: TestClient) -> None:
    assert ids(get(app, "v2/events/", query="G1 G2")) == ids(get(app, "events/", query="G1 G2")) == ["G2", "G1"]


YAML = """\
object_type: event
query:
  and:
    - {field: far, op: ">", value: 1.0e-7}
    - field: id
      op: in
      value: [G2, E6]
"""


@pytest.mark.parametrize("kind", ["application/yaml", "application/x-yaml; charset=utf-8", "text/yaml"])
def test_a_query_may_be_yaml(app: TestClient, kind: str) -> None:
    answered = app.simulate_post("/api/v2/events/search/", body=YAML, headers={"Content-Type": kind})
    assert answered.status_code == 200, answered.text
    assert sorted(ids(answered.json)) == ["E6", "G2"]
    listed = app.simulate_get("/api/v2/events/", body=YAML, headers={"Content-Type": kind})
    assert ids(listed.json) == ids(answered.json)
    unmarked = app.simulate_post("/api/v2/events/search/", body=YAML, headers={"Content-Type": "application/json"})
    assert (unmarked.status_code, unmarked.json["error"], unmarked.json["path"]) == (400, "invalid_query", None)
    assert unmarked.json["message"].startswith("Could not parse query body: ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (": invalid: yaml: [unclosed", "Could not parse query body: "),
        ("- 1\n- 2", "Query body must be a JSON/YAML object."),
        ("&a {field: far, op: '<', value: 1, more: *a}", "Could not parse query body: "),
        ("[" * 5000, "Could not parse query body: "),
        ("{a: " * 300 + "1" + "}" * 300, "Could not parse query body: "),
        ("!!python/object/apply:os.system [ls]", "Could not parse query body: "),
        ("!!timestamp abc", "Could not parse query body: "),
        ("!!bool abc", "Could not parse query body: "),
        ("{field: created, op: '>', value: 2019-03-30}", "Expected a string, got date"),
        ("{field: far, op: '<', value: 1e-7}", "Expected a number, got str"),
        ("{1: 2}", "Node must have 'field' (leaf), 'and', 'or', or 'not' key. Got: [1]"),
        ("{field: far, op: '<', value: 1, 5: 6}", "Leaf node has unexpected keys: {'5'}"),
        ("{and: [], or: []}", "'and' node must not have extra keys: {'or'}"),
    ],
)
def test_yaml_that_is_no_query_is_refused(app: TestClient, body: str, said: str) -> None:
    headers = {"Content-Type": "application/yaml"}
    for category in ("event", "superevent"):
        answered = app.simulate_post(f"/api/v2/{category}s/search/", body=body, headers=headers)
        assert answered.status_code == 400
        assert set(answered.json) == {"error", "message", "path", "version"}
        assert (answered.json["error"], answered.json["version"]) == ("invalid_query", "2")
        if "far" not in body or category == "event":
            assert answered.json["message"].startswith(said)


def test_words_that_v2_cannot_read_are_an_invalid_query(app: TestClient) -> None:
    for category in ("events", "superevents"):
        answered = app.simulate_get(f"/api/v2/{category}/", params={"query": "((("})
        assert answered.status_code == 400
        wanted = {"error": "invalid_query", "path": None, "version": "2"}
        assert answered.json == wanted | {"message": answered.json["message"]}
        assert answered.json["message"].startswith("Could not parse query body: ")
    assert app.simulate_get("/api/events/", params={"query": "((("}).text == '{"error":"Invalid query"}'
