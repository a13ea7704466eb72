"""The files that the server makes of an upload: event.log and coinc.xml, each with its log entry, now, later and in a replay."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import new_event, sample
from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive, history_of
from gracetape.replay.reenact.perform import reenact

NAME, COINC = sample("cbc-lm.xml")
LOG = """Pipeline: {pipeline}
Search: AllSky
MChirp: 0.000
MTot: 3.686829090118408
End Time: 971609248.151740542
SNR: 9.318
IFOs: H1,L1,V1
FAR: 3.680e-04"""

Entry = tuple[int, str, str, int | None]


def entries(client: Any, graceid: str) -> list[Entry]:
    log = client.logs(graceid).json()["log"]
    assert all(record["tag_names"] == [] for record in log)
    return [(record["N"], record["comment"], record["filename"], record["file_version"]) for record in log]


@pytest.mark.parametrize("pipeline", ["gstlal", "SGNL", "pycbc", "PyGRB", "MBTA", "spiir"])
def test_a_coinc_file_leaves_a_log_and_a_table(client: Any, announced: list[Alert], pipeline: str) -> None:
    graceid = new_event(client, pipeline=pipeline, labels=["INJ"])
    assert entries(client, graceid) == [
        (1, "Original Data", NAME, 0),
        (2, "Log File Created", "event.log", 0),
        (3, "Coinc Table Created", "coinc.xml", 0),
        (4, "Label: INJ", "", None),
    ]
    assert client.files(graceid, "event.log,0").read().decode() == LOG.format(pipeline=pipeline)
    assert client.files(graceid, "coinc.xml").read() == COINC
    assert [(alert.alert_type, alert.n) for alert in announced] == [("new", 1), ("label_added", 4)]


def test_a_table_of_the_uploads_name_is_its_next_version(client: Any) -> None:
    made = client.create_event("Test", "gstlal", "coinc.xml", filecontents=COINC).json()
    files = set(client.files(made["graceid"]).json())
    assert {"coinc.xml,0", "coinc.xml,1", "event.log,0"} <= files
    assert "Search" not in client.files(made["graceid"], "event.log").read().decode()


def test_a_packed_upload_leaves_a_plain_table(client: Any) -> None:
    made = client.create_event("Test", "gstlal", "coinc.xml.gz", filecontents=gzip.compress(COINC)).json()
    assert client.files(made["graceid"], "coinc.xml").read() == COINC
    assert gzip.decompress(client.files(made["graceid"], "coinc.xml.gz").read()) == COINC


@pytest.mark.parametrize(
    ("pipeline", "name", "contents"),
    [("CWB", "t.txt", sample("burst-cwb.txt")[1]), ("MBTA", "m.gwf", b"frame"), ("oLIB", "o.json", b'{"instruments": "H1"}')],
)  # fmt: skip
def test_of_other_files_nothing_is_made(client: Any, pipeline: str, name: str, contents: bytes) -> None:
    made = client.create_event("Test", pipeline, name, filecontents=contents).json()
    assert entries(client, made["graceid"]) == [(1, "Original Data", name, 0)]


def test_of_what_cannot_be_read_nothing_is_made(client: Any) -> None:
    made = client.create_event("Test", "gstlal", "coinc.xml", filecontents="not xml").json()
    assert [n for n, *_ in entries(client, made["graceid"])] == [1, 2]
    assert entries(client, made["graceid"])[1][1].startswith("Could not read data (")


def test_a_coincidence_without_a_whole_time_is_told_of_in_the_log(client: Any) -> None:
    broken = COINC.replace(b'"coinc_inspiral:end_time_ns"', b'"coinc_inspiral:other_ns"')
    made = client.create_event("Test", "gstlal", "c.xml", filecontents=broken).json()
    assert entries(client, made["graceid"])[1] == (2, "Problem Creating Log File", "event.log", 0)
    assert client.files(made["graceid"], "event.log").read() == b"Cannot create log file\nerror was:\n'end_time_ns'"


def test_a_replacement_is_logged_as_such_and_leaves_further_versions(client: Any, announced: list[Alert]) -> None:
    graceid = new_event(client)
    client.replace_event(graceid, NAME, filecontents=COINC)
    assert entries(client, graceid)[3:] == [
        (4, "Event data replaced by new upload", NAME, 1),
        (5, "Log File Created", "event.log", 1),
        (6, "Coinc Table Created", "coinc.xml", 1),
    ]
    assert [(alert.alert_type, alert.n) for alert in announced] == [("new", 1), ("update", 4)]


def test_what_was_captured_tells_the_same(tape: Archive, client: Any, announced: list[Alert], tmp_path: Path) -> None:
    """Each moment has the entries and files up to it, the same alerts come out, and re-enacted it is the same again."""
    graceid = new_event(client, labels=["INJ"])
    client.add_tag(graceid, 4, "data_quality")
    client.replace_event(graceid, NAME, filecontents=COINC)
    client.write_log(graceid, "Log File Created", "event.log", "mine", tag_name=["psd"])
    client.add_tag(graceid, 7, "public")
    recorded = tmp_path / "captured.tape"
    with Archive.create(recorded) as archive:
        capture.capture([graceid], archive, client)
        history = history_of(archive, graceid)
        acts = [entry.act.name for entry in history.entries]
        assert acts[:3] == ["uploaded", "log_file_made", "coinc_table_made"]
        assert acts[5:9] == ["replaced", "log_file_made", "coinc_table_made", "log"]
        files = [len(history.as_of(n=n).files()) for n in range(1, 10)]
        assert files == [1, 2, 3, 3, 3, 4, 5, 6, 7]
        rebuilt = [(a.alert_type, a.n, a.data) for a in replay.play(archive, clock=replay.VirtualClock())]
        assert [told[:2] for told in rebuilt] == [(alert.alert_type, alert.n) for alert in announced]
        with dummy.GraceDb(Archive.create(tmp_path / "again.tape")) as other:
            outcome = reenact(archive, graceid).perform(other, replay.VirtualClock())
            again = outcome.ids[graceid]
            shown = [(r["N"], r["comment"], r["tag_names"]) for r in other.logs(again).json()["log"]]
        assert shown == [(r["N"], r["comment"], r["tag_names"]) for r in client.logs(graceid).json()["log"]]


def test_who_follows_a_replay_finds_the_table_when_the_event_is_announced(tape: Archive, tmp_path: Path) -> None:
    """gwcelery uploads `initial.data` and asks for coinc.xml as soon as it hears of the event."""
    with dummy.GraceDb(tape) as client:
        graceid = client.create_event("Test", "gstlal", "initial.data", filecontents=COINC).json()["graceid"]
        client.write_log(graceid, "later")
    for refs, types in (([], ["new", "log"]), ([f"{graceid}:1"], ["new"]), ([f"{graceid}:2"], ["new"])):
        player = replay.play(tape, *refs, clock=replay.VirtualClock())
        with dummy.GraceDb(tape, follow=player) as follower:
            with pytest.raises(HTTPError):
                follower.event(graceid)
            player.stand()
            with pytest.raises(HTTPError):
                follower.event(graceid)
            heard = []
            for alert in player:
                heard.append(alert.alert_type)
                assert follower.files(graceid, "coinc.xml").read() == COINC
                assert len(follower.logs(graceid).json()["log"]) == (3 if alert.alert_type == "new" else 4)
            assert heard == types
    with dummy.GraceDb(tape, as_of=1) as then:
        assert [record["N"] for record in then.logs(graceid).json()["log"]] == [1]
