"""Every kind of record is captured, shown as of earlier moments as far as it was there, played, and kept by a branch."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Alert, Archive, StoredView, history_of
from gracetape.archive.kinds import KINDS, LISTED
from gracetape.capture import capture
from gracetape.replay import VirtualClock, play
from gracetape.replay.branch import Branch

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
PERSON = {"group": "Test", "waveband": "em.opt", "eel_status": "FO", "obs_status": "OB", "comment": "seen"}
NOTICE = {
    "alert_type": "INITIAL", "time_created": "2026-01-01T00:00:00Z", "urls": {}, "external_coinc": None,
    "event": {
        "significant": True, "time": "2026-01-01T00:00:00.000Z", "far": 1e-8, "instruments": ["H1", "L1"],
        "group": "CBC", "pipeline": "gstlal", "search": "AllSky", "properties": {"HasNS": 0.1},
        "classification": {"BNS": 0.2}, "duration": None, "central_frequency": None, "skymap": None,
    },
}  # fmt: skip


class Life:
    """An event with an EMBB report and a superevent with two notices, a minute between any two writes."""

    def __init__(self, path: Path) -> None:
        self.path, self.announced = path, list[Alert]()
        self._seconds = 0
        with (
            Archive.create(path) as archive,
            dummy.GraceDb(archive, now=self._now, on_alert=self.announced.append) as c,
        ):
            self.event = new_event(c)
            t_0 = c.event(self.event).json()["gpstime"]
            self.superevent = c.create_superevent(t_0 - 1, t_0, t_0 + 1, self.event, category="test").json()[
                "superevent_id"
            ]
            for i in (1, 2):
                report = c.templates["embb-event-log-template"].format(graceid=self.event)
                c.post(report, data=PERSON | {"comment": f"seen {i}"})
                c.create_notice(
                    self.superevent, "n.json", filecontents=json.dumps(NOTICE | {"superevent_id": self.superevent})
                )
                c.write_log(self.superevent, f"after notice {i}")
            c.write_log(self.event, "after the reports")

    def _now(self) -> datetime:
        self._seconds += 60
        return BEGUN + timedelta(seconds=self._seconds)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return Life(tmp_path_factory.mktemp("kinds") / "life.tape")


@pytest.fixture(scope="module")
def captured(life: Life) -> Iterator[Archive]:
    with Archive.create(life.path.with_name("captured.tape")) as archive, dummy.GraceDb(life.path) as client:
        capture([life.superevent], archive, client)
        yield archive


def _embb(client: Any, graceid: str) -> list[str]:
    answer = client.get(client.templates["embb-event-log-template"].format(graceid=graceid)).json()
    return [record["comment"] for record in answer["embblog"]]


def test_a_capture_takes_the_records_of_every_kind(life: Life, captured: Archive) -> None:
    with Archive.open(life.path) as source:
        for graceid in (life.event, life.superevent):
            for kind in LISTED:
                assert captured.view(graceid).count(kind.name) == source.view(graceid).count(kind.name), kind
    assert captured.view(life.superevent).count("notice") == captured.view(life.event).count("embb") == 2
    with dummy.GraceDb(life.path) as before, dummy.GraceDb(captured) as after:
        assert after.notices(life.superevent).json()["notices"] == before.notices(life.superevent).json()["notices"]
        assert _embb(after, life.event) == _embb(before, life.event)


def test_what_is_asked_twice_gives_no_new_version(life: Life, captured: Archive) -> None:
    with dummy.GraceDb(life.path) as client:
        assert not any(result.new for result in capture([life.superevent], captured, client))


@pytest.mark.parametrize("graceid", ["event", "superevent"])
def test_nothing_that_was_not_there_yet_is_shown(life: Life, captured: Archive, graceid: str) -> None:
    """At each moment an object has the records that were made by then, of every kind."""
    history = history_of(captured, getattr(life, graceid))
    for index in range(1, len(history.entries) + 1):
        snapshot, then = history.at(index), history.entries[index - 1].created
        for kind in LISTED:
            if kind.created:
                made = [record["created"] for record in snapshot.records(kind.name)]
                assert max(made, default="") <= f"{then:%Y-%m-%d %H:%M:%S} UTC", (kind.name, index)
            if kind.numbered:  # one by one as in the list
                there = {record["N"]: record for record in snapshot.records(kind.name)}
                assert all(snapshot.one(kind.name, n) == there.get(n) for n in range(4)), (kind.name, index)
    assert [
        history.at(i).count("notice" if graceid == "superevent" else "embb") for i in (0, len(history.entries))
    ] == [0, 2]


def test_one_record_is_found_by_its_number_and_no_list_is_read_for_it(
    life: Life, captured: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, read = history_of(captured, life.event), list[str]()
    whole = StoredView.records
    monkeypatch.setattr(StoredView, "records", lambda view, kind: read.append(kind) or whole(view, kind))
    found = [history.at(i).one("embb", n) for i in range(len(history.entries) + 1) for n in (1, 2, 3)]
    assert {record["comment"] for record in found if record} == {"seen 1", "seen 2"}
    assert read == []


def test_a_dummy_as_of_an_earlier_moment_knows_no_later_record(life: Life, captured: Archive) -> None:
    history = history_of(captured, life.superevent)
    first = next(e.n for e in history.entries if e.record.get("comment") == "after notice 1")
    with dummy.GraceDb(captured, as_of={life.superevent: first}) as then:
        assert [notice["N"] for notice in then.notices(life.superevent).json()["notices"]] == [1]
        assert then.notices(life.superevent, 1).status_code == 200
        assert _embb(then, life.event) == ["seen 1"]
    with dummy.GraceDb(captured, as_of={life.superevent: 1}) as then:
        assert then.notices(life.superevent).json()["notices"] == []
        assert _embb(then, life.event) == []


def test_reports_are_announced_again_as_they_were(life: Life, captured: Archive) -> None:
    played = [alert for alert in play(captured, clock=VirtualClock()) if alert.alert_type == "embb_event_log"]
    live = [alert for alert in life.announced if alert.alert_type == "embb_event_log"]
    assert [alert.payload() for alert in played] == [alert.payload() for alert in live]
    assert [alert.certainty for alert in played] == ["inferred", "inferred"]


def test_a_branch_keeps_the_records_of_every_kind(life: Life, captured: Archive, tmp_path: Path) -> None:
    player = play(captured, clock=VirtualClock())
    branch = Branch(player, tmp_path / "branch.tape")
    seen = []
    with dummy.GraceDb(branch.archive, now=branch.now, on_alert=branch.send_now) as client:
        for alert in player:
            if alert.object_id == life.superevent:
                seen.append(len(client.notices(life.superevent).json()["notices"]))
        assert (seen[0], seen[-1], seen) == (0, 2, sorted(seen))
        assert _embb(client, life.event) == ["seen 1", "seen 2"]
        with dummy.GraceDb(captured) as tape:
            assert client.notices(life.superevent).json()["notices"] == tape.notices(life.superevent).json()["notices"]
    branch.close()


def test_every_kind_says_what_tells_its_records_apart() -> None:
    record = {"N": 3, "name": "DQV", "signoff_type": "OP", "instrument": "H1"}
    keys = {name: kind.key(record, 7) for name, kind in KINDS.items()}
    assert {keys[kind.name] for kind in LISTED if kind.numbered} == {"3"}
    assert (keys["object"], keys["label"], keys["signoff"], keys["permission"]) == ("", "DQV", "OPH1", "7")


def test_a_record_of_an_unknown_kind_is_shown_from_its_own_time_on(life: Life, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "other.tape") as archive:
        with archive.transaction() as tx:
            made = tx.begin("T1", "https://gracedb.ligo.org/api/", "capture")
            tx.put(made, "object", "", {"graceid": "T1", "created": "2026-01-01 00:00:00 UTC", "labels": []})
            for n in (1, 2):
                log = {
                    "N": n,
                    "comment": "hello",
                    "created": f"2026-01-01 00:0{n}:00 UTC",
                    "tag_names": [],
                    "filename": "",
                }
                tx.put(made, "log", n, log)
            for n in (1, 2):
                tx.put(made, "mystery", n, {"N": n, "created": f"2026-01-01 00:0{n}:00 UTC"})
            tx.put(made, "mystery", 3, {"N": 3})
            tx.finish(made)
        history = history_of(archive, "T1")
        assert [len(history.at(i).records("mystery")) for i in range(4)] == [0, 0, 1, 3]
