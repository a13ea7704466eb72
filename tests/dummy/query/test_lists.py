"""Lists over the API: pages and their links, orders, other forms, structured queries, and what hostile queries get."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from igwn_ligolw import ligolw

import dummy
from archive import Archive
from archive.verify import verify
from demo.lives import sample
from dummy.app import make_app
from dummy.uploads.ligolw_files import document
from tests.dummy.query.conftest import NOW

TSV = {"Accept": "text/tab-separated-values"}


@pytest.fixture(scope="module")
def app(searched: Archive) -> TestClient:
    return TestClient(make_app(searched, now=lambda: NOW))


def get(app: TestClient, path: str, **params: Any) -> Any:
    answered = app.simulate_get(f"/api/{path}", params=params)
    assert answered.status_code == 200, answered.text
    return answered.json


def ids(page: dict[str, Any]) -> list[str]:
    return [record.get("graceid") or record["superevent_id"] for record in page.get("events", page.get("superevents"))]


def test_a_list_has_pages_that_lead_to_each_other(app: TestClient) -> None:
    whole = ids(get(app, "events/", count=100))
    assert len(whole) == 10
    page, seen = get(app, "events/", count=3, query="", sort="created"), []
    while True:
        assert page["numRows"] == 10
        assert set(page["links"]) - {"next"} == {"self", "first", "last"}
        seen += ids(page)
        if "next" not in page["links"]:
            break
        page = get(app, page["links"]["next"].split("/api/")[1])
    assert sorted(seen) == sorted(whole)
    assert ids(get(app, page["links"]["last"].split("/api/")[1])) == seen[-1:]
    assert ids(get(app, page["links"]["first"].split("/api/")[1])) == seen[:3]


def test_superevents_have_pages_too(app: TestClient) -> None:
    first = get(app, "superevents/", count=3)
    assert first["links"]["previous"] is None
    second = get(app, first["links"]["next"].split("/api/")[1])
    assert second["links"]["next"] is None
    assert ids(get(app, second["links"]["previous"].split("/api/")[1])) == ids(first)
    assert len({*ids(first), *ids(second)}) == 4 == first["numRows"]


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("far", "G9", "G3"), ("-far", "G3", "G9"), ("gpstime", "G1", "G9"), ("id", "G1", "G9"), ("-id", "G9", "G1"), ("-created", "G2", "G9"),
        ("created", "G9", "G2"), ("pipeline", "G3", "G9"), ("-nevents", "G3", "G9"), ("group__name", "G3", "E6"), ("-submitter", "G2", "E6"),
    ],
)  # fmt: skip
def test_events_come_in_the_order_asked_for(app: TestClient, sort: str, first: str, last: str) -> None:
    found = ids(get(app, "events/", query="G1 .. G9", sort=sort))
    assert found[0] == first
    assert found[-1] == last


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("superevent_id", "S190330a TS190330a MS190330ab S190330b"), ("-id", "S190330b MS190330ab TS190330a S190330a"),
        ("category,-superevent_id", "MS190330ab S190330b S190330a TS190330a"), ("nonsense", "MS190330ab TS190330a S190330b S190330a"),
        ("-t_start,superevent_id", "S190330b S190330a TS190330a MS190330ab"), ("preferred_event", "S190330a S190330b TS190330a MS190330ab"),
        ("", "MS190330ab TS190330a S190330b S190330a"),
    ],
)  # fmt: skip
def test_superevents_come_in_the_order_asked_for(app: TestClient, sort: str, wanted: str) -> None:
    assert ids(get(app, "superevents/", sort=sort)) == wanted.split()


def test_events_cannot_be_sorted_by_what_they_do_not_have(app: TestClient) -> None:
    answered = app.simulate_get("/api/events/", params={"sort": "-nonsense"})
    assert answered.status_code == 400
    assert answered.json["error"].startswith("Cannot resolve keyword 'nonsense' into field. Choices are: created, ")


@pytest.mark.parametrize("odd", ["-1", "x", "1.5", "9" * 40, "\u0663"])
def test_an_odd_start_or_count_is_not_taken_into_account(app: TestClient, odd: str) -> None:
    assert ids(get(app, "events/", start=odd, count=odd)) == ids(get(app, "events/"))


def test_a_page_past_the_end_is_empty(app: TestClient) -> None:
    page = get(app, "events/", start=1000)
    assert page["events"] == []
    assert page["numRows"] == 10


# -- other forms


def test_events_as_tab_separated_values(app: TestClient) -> None:
    columns = "graceid,labels,far,extra_attributes.GRB.ra,nonsense,dataurl"
    params = {"query": "E6 INJ G1 E6 H7", "columns": columns}
    lines = app.simulate_get("/api/events/", params=params | {"query": "G1 .. G7 INJ"}, headers=TSV).text.split("\n")
    assert lines[0] == "#graceid\tlabels\tfar\textra_attributes.GRB.ra\tnonsense\tdataurl"
    assert lines[1].split("\t")[:3] == ["H7", "INJ,DQV", "1e-08"]
    assert lines[2] == "G1\tINJ\t1e-08\t\t\thttp://falconframework.org/api/events/G1/files/"
    external = app.simulate_get("/api/events/", params={"query": "E6", "columns": columns, "format": "tsv"}).text
    assert external.split("\n")[1].split("\t")[3] == "200.5"
    plain = app.simulate_get("/api/events/", params={"query": "G3", "format": "tsv"}).text
    assert plain.split("\n")[0] == "#graceid\tlabels\tgroup\tpipeline\tsearch\tfar\tgpstime\tcreated\tdataurl"
    assert "None" in plain.split("\n")[1]


def test_a_wrong_query_is_told_of_in_plain_text_where_no_json_was_asked_for(app: TestClient) -> None:
    answered = app.simulate_get("/api/events/", params={"query": "foo"}, headers=TSV)
    assert (answered.status_code, answered.text) == (400, "Invalid query")


def test_superevents_come_as_json_only(app: TestClient) -> None:
    assert app.simulate_get("/api/superevents/", headers=TSV).status_code == 406
    assert app.simulate_get("/api/superevents/", params={"format": "tsv"}).status_code == 404


def test_coinc_files_are_merged_into_one_document(tmp_path: Path, app: TestClient) -> None:
    _, contents = sample("cbc-lm.xml")
    with dummy.GraceDb(Archive.create(tmp_path / "coincs.tape")) as client:
        for _ in range(3):
            client.create_event("CBC", "gstlal", "coinc.xml", filecontents=contents)
        client.create_event("Test", "gstlal", "other.xml", filecontents=contents)
        answered = client.get(client.links["events"] + "?query=CBC&format=xml")
        none = TestClient(client.app).simulate_get("/api/events/", params={"query": "Test", "format": "xml"})
    assert (none.status_code, none.text) == (400, "'Event list contained event(s) for which no coinc exists.'")
    assert answered.headers["Content-Disposition"] == "attachment; filename=gracedb-query.xml"
    merged, single = (document(content) for content in (answered.content, contents))
    for name in ("coinc_inspiral", "sngl_inspiral", "coinc_event_map"):
        table = ligolw.Table.get_table(merged, name)
        assert len(table) == 3 * len(ligolw.Table.get_table(single, name))
    events = ligolw.Table.get_table(merged, "coinc_event")
    known = {str(row.coinc_event_id) for row in events}
    assert len(known) == 3
    assert {str(row.coinc_event_id) for row in ligolw.Table.get_table(merged, "coinc_event_map")} == known


# -- structured queries of v2


def asked(app: TestClient, category: str, query: Any) -> Any:
    return app.simulate_post(f"/api/v2/{category}s/search/", body=json.dumps(query))


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


# -- hostile queries

_PIECES = st.sampled_from(
    [
        "(", ")", "~", "-", "&", "|", ",", "..", ":", "<", ">=", "in", "far", "INJ", "G1", "label:", "created:", "1e-7", "S190330a", "*", '"', "'",
        "\x00", "é", "🌊", "now", "3 days ago", "9" * 30, "1e999", "si.snr", "; DROP TABLE captures", "%", "?", "\\", "2019-02-30", "None", "H1,",
        "a couple", "0x1", "T", "GW", "99999999999999 months ago", "replay_id:",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    st.lists(_PIECES, max_size=12).map(" ".join) | st.text(max_size=60),
    st.sampled_from(["events/", "superevents/", "v2/events/"]),
)
def test_whatever_is_asked_the_answer_is_a_list_or_a_refusal(app: TestClient, query: str, path: str) -> None:
    answered = app.simulate_get(
        f"/api/{path}", params={"query": query, "sort": query[:5], "start": query[:3], "columns": query}
    )
    assert answered.status_code in (200, 400), (query, answered.text)
    assert "Traceback" not in answered.text


@pytest.mark.parametrize(
    "query",
    [
        "(" * 5000, "(" * 40 + "INJ" + ")" * 40, "~" * 5000 + "INJ", "G1 " * 33000, "far < 1 | " * 1900 + "far < 1", "INJ & " * 3000 + "INJ",
        '"' + "x" * 90000 + '"', "-" * 9000, "G" + "9" * 15000, "9" * 18000, "1" * 10 + ".." * 3000, "a " * 9000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("category", ["event", "superevent"])
def test_a_huge_query_is_answered_or_refused(app: TestClient, category: str, query: str) -> None:
    answered = app.simulate_get(f"/api/{category}s/", params={"query": query})
    assert answered.status_code in (200, 400)
    nested: Any = query
    for _ in range(900):
        nested = {"not": nested}
    assert asked(app, category, nested).status_code == 400
    assert app.simulate_post(f"/api/v2/{category}s/search/", body="[" * 90000).status_code == 400


# -- earlier moments, and archives of other kinds


def test_a_query_as_of_a_moment_finds_what_was_so_then() -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "short.tape"
    with Archive.open(fixture) as archive, dummy.GraceDb(archive) as now, dummy.GraceDb(archive, as_of=3) as then:
        (superevent,) = now.superevents()
        label = superevent["labels"][-1]
        assert [s["superevent_id"] for s in now.superevents(f"{label} Test")] == [superevent["superevent_id"]]
        assert list(then.superevents(f"{label} Test")) == []
        assert [s["superevent_id"] for s in then.superevents(f"~{label} Test")] == [superevent["superevent_id"]]
        assert then.num_events("gstlal Test") <= now.num_events("gstlal Test")


def test_what_is_written_is_found_at_once(tmp_path: Path) -> None:
    moments = iter(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC) for second in range(60))
    archive = Archive.create(tmp_path / "written.tape")
    with archive, dummy.GraceDb(archive, now=lambda: next(moments)) as client:
        name, contents = sample("cbc-lm.xml")
        graceid, other = (
            client.create_event("CBC", "gstlal", name, filecontents=contents).json()["graceid"] for _ in "12"
        )
        superevent = client.create_superevent(1, 2, 3, graceid).json()["superevent_id"]
        for query, change in (
            ("INJ", lambda: client.write_label(graceid, "INJ")),
            ("~INJ in_superevent: True", lambda: client.remove_label(graceid, "INJ")),
        ):
            assert client.num_events(query) == 0
            change()
            assert [e["graceid"] for e in client.events(query)] == [graceid]
        assert list(client.superevents(f"event: {other}")) == []
        client.add_event_to_superevent(superevent, other)
        assert [s["superevent_id"] for s in client.superevents(f"event: {other} internal")] == [superevent]
        client.modify_permissions(superevent, "expose")
        assert [s["superevent_id"] for s in client.superevents("public far < 1")] == [superevent]
        gw_id = client.confirm_superevent_as_gw(superevent).json()["gw_id"]
        assert re.fullmatch(r"GW800106A", gw_id)
        for query in ("is_gw: True", gw_id, superevent, "GW80*"):
            assert len(list(client.superevents(query))) == 1, query
        assert sorted(e["graceid"] for e in client.events(f"superevent: {superevent}")) == sorted([graceid, other])
        client.replace_event(graceid, name, filecontents=sample("cbc-lm2.xml")[1])
        assert list(verify(archive)) == []
