"""Queries answer for the moment they are asked of: earlier ones, and right after a write."""

import re
from datetime import UTC, datetime
from pathlib import Path

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.verify import verify


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
