"""Lists over the API: pages and their links, orders, and other forms than JSON."""

from pathlib import Path

import pytest
from falcon.testing import TestClient
from igwn_ligolw import ligolw

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.pipelines.formats.ligolw_files import document
from tests.dummy.query.conftest import get, ids

TSV = {"Accept": "text/tab-separated-values"}


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
        client.create_event("Test", "Omega", "other.xml", filecontents=contents)
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
