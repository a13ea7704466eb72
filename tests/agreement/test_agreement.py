"""A captured archive, served again, answers every GET as the server that it came from; and leaks nothing beyond a cutoff."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import whole_life
from gracetape import capture, dummy, replay
from gracetape.archive import Archive, history_of, timeline_of
from tests.roundtrip.lives import Ticking

FIXTURE = Path(__file__).parents[1] / "fixtures" / "long.tape"


def addresses(client: dummy.GraceDb, graceid: str) -> list[str]:
    """Every address of an object, found by following what the server answers."""
    templates, event = client.templates, graceid[0] == "T" and graceid[1].isdigit()
    fill = {"graceid": graceid, "superevent_id": graceid}
    logs = client.logs(graceid).json()["log"]
    if event:
        found = [
            templates["event-detail-template"],
            templates["event-log-template"],
            templates["voevent-list-template"],
        ]
        found += [templates["emobservation-list-template"]]
        found = [url.format(**fill) for url in found]
        found += [templates["event-label-template"].format(label="", **fill)]
    else:
        names = ("detail", "event-list", "label-list", "log-list", "file-list", "voevent-list", "emobservation-list")
        names += ("signoff-list", "permission-list")
        found = [templates[f"superevent-{name}-template"].format(**fill) for name in names]
    found += [log["self"] for log in logs] + [log["file"] for log in logs if log["file"]]
    found += [label["self"] for label in client.labels(graceid).json()["labels"]]
    found += list(client.files(graceid).json().values())
    return found


def test_a_captured_archive_answers_every_get_as_its_source_did(tmp_path: Path) -> None:
    clock = Ticking()
    with (
        dummy.GraceDb(Archive.create(tmp_path / "written.tape"), now=clock) as source,
        Archive.create(tmp_path / "captured.tape") as captured,
    ):
        superevent, events = whole_life(source, lambda seconds: clock.tick(seconds))
        capture.capture([superevent, *events], captured, source)
        with dummy.GraceDb(captured) as served:
            checked = 0
            for graceid in [superevent, *events]:
                for url in addresses(source, graceid):
                    assert served.get(url).content == source.get(url).content, url
                    checked += 1
            assert checked > 100


def test_over_http_only_the_host_differs(tmp_path: Path) -> None:
    with Archive.open(FIXTURE) as tape, dummy.serve(dummy.make_app(tape)) as server, dummy.GraceDb(tape) as client:
        with capture.connect(server.url) as http:
            for graceid in tape.objects():
                for url in addresses(client, graceid)[:60]:
                    there = url.replace("https://dummy.invalid/api/", server.url)
                    expected = client.get(url).content.replace(b"https://dummy.invalid/api/", server.url.encode())
                    assert http.get(there).content == expected


@pytest.fixture(scope="module")
def tape() -> Iterator[Archive]:
    with Archive.open(FIXTURE) as archive:
        yield archive


def later(tape: Archive, superevent: str, n: int) -> set[str]:
    """What only log entries beyond n tell of: links of logs and files, labels that come once."""
    history = history_of(tape, superevent)
    found = {f'/logs/{entry.n}/"' for entry in history.entries if entry.n and entry.n > n}
    before = {e.act.params.get("label") for e in history.entries if (e.n or 0) <= n}
    before |= {e.act.params.get("applied") for e in history.entries if (e.n or 0) <= n}
    for entry in history.entries:
        if (entry.n or 0) > n:
            label = entry.act.params.get("label") or entry.act.params.get("applied")
            if label and label not in before:
                found.add(f'"{label}"')
            if entry.record.get("filename"):
                found.add(f"{entry.record['filename']},{entry.record['file_version']}")
    return found


def test_nothing_beyond_a_cutoff_is_in_messages_or_answers(tape: Archive) -> None:
    superevent = tape.objects()[0]
    history = history_of(tape, superevent)
    last = history.last_n
    assert last >= 190
    alerts = list(replay.play(tape, clock=replay.VirtualClock()))
    for n in range(1, last + 1):
        cut = list(replay.play(tape, cutoff=n, clock=replay.VirtualClock()))
        assert cut == alerts[: len(cut)]
        assert all((alert.n or 0) <= n for alert in cut if alert.object_id == superevent)
        position = timeline_of(tape).at(superevent, n) if n % 20 == 0 else None
        if position is None:
            continue
        hidden = later(tape, superevent, n)
        messages = json.dumps([alert.payload() for alert in cut if alert.object_id == superevent])
        assert not [text for text in hidden if json.dumps(text)[1:-1] in messages]


@pytest.mark.parametrize("n", range(1, 199, 9))
def test_the_dummy_as_of_an_entry_shows_nothing_later(tape: Archive, n: int) -> None:
    superevent = tape.objects()[0]
    hidden = later(tape, superevent, n)
    with dummy.GraceDb(tape, as_of=n) as client:
        shown = client.superevent(superevent).text + client.logs(superevent).text + client.labels(superevent).text
        shown += client.files(superevent).text + client.voevents(superevent).text + client.signoffs(superevent).text
        shown += client.emobservations(superevent).text
        assert len(client.logs(superevent).json()["log"]) == n
        assert not [text for text in hidden if text in shown]
        with pytest.raises(HTTPError):
            client.logs(superevent, n + 1)
        with pytest.raises(HTTPError):
            client.write_log(superevent, "nothing can be written to the past")


def test_a_dummy_that_follows_a_replay_answers_as_of_each_message(tape: Archive) -> None:
    superevent = tape.objects()[0]
    player = replay.play(tape, clock=replay.VirtualClock())
    seen = 0
    with dummy.GraceDb(tape, follow=player) as client:
        for alert in player:
            if alert.object_id != superevent or seen > 60:
                continue
            seen += 1
            assert len(client.logs(superevent).json()["log"]) == alert.n
            now = client.superevent(superevent).json()
            for name in ("labels", "preferred_event", "gw_events", "t_0", "far", "gw_id"):
                assert now[name] == alert.object[name]
