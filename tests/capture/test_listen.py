"""A live stream is recorded as it was heard: nothing twice, nothing missing that is not written down."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive, ArchiveError
from gracetape.archive.recorded import recorded_of
from gracetape.brokers import Gap, Heard, open_publisher
from gracetape.brokers.fixtures import _xmpp_server, broker, kafka_broker, xmpp_broker
from gracetape.brokers.private import PrivateBroker
from gracetape.brokers.sources import Place
from gracetape.capture.archive_sink import ArchiveSink
from gracetape.capture.file_sink import FileSink
from gracetape.capture.listen import Recorder
from gracetape.capture.sinks import Sink, payload_of
from tests import commands
from tests.waiting import eventually

__all__ = ["_xmpp_server", "broker", "kafka_broker", "xmpp_broker"]
CAPTURE = "capture"
T = datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC)


def heard(text: str, node: str = "superevent", offset: int = 0) -> Heard:
    return Heard(node, text, T + timedelta(seconds=offset), Place("kafka://host/g.superevent/0", offset))


def alert(uid: str, n: int) -> str:
    return json.dumps({"uid": uid, "alert_type": "log", "data": {"N": n, "comment": f"entry {n}"}, "object": {}})


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "live.tape") as archive:
        yield archive


@pytest.fixture(params=["file", "archive"])
def make_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Sink]]:
    """Makes a sink at the same place again and again, as a restart does."""
    if request.param == "file":
        yield lambda: FileSink(tmp_path / "heard.jsonl")
        return
    with Archive.create(tmp_path / "heard.tape") as archive:
        yield lambda: ArchiveSink(archive, "kafka://host/g")


# -- where messages are kept


def test_a_line_is_the_pinned_record_with_the_payload_verbatim(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "heard.jsonl")
    sink.keep([heard('{"uid":"G1",  "alert_type":"log", "far": 1.0e-09}'), heard('{"uid": "G2"}', "cbc_gstlal", 2)])
    first, second = (tmp_path / "heard.jsonl").read_text().splitlines()
    assert first.endswith('"payload": {"uid":"G1",  "alert_type":"log", "far": 1.0e-09}}')
    record = json.loads(second)
    assert list(record) == ["time", "offset", "node", "graceid", "n", "certainty", "payload"]
    assert (record["time"], record["offset"]) == ("2026-11-25T01:02:05.456789Z", 2)
    assert (record["node"], record["graceid"], record["certainty"]) == ("cbc_gstlal", "G2", "recorded")


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('{"uid": "S1"}', {"uid": "S1"}),
        ('"{\\"uid\\": \\"S1\\"}"', {"uid": "S1"}),
        ("heartbeat", {"text": "heartbeat"}),
        ("[1, 2]", {"text": "[1, 2]"}),
        ("", {"text": ""}),
        ('{"text": 5,\n "uid": 7}', {"text": 5, "uid": 7}),
        ('{"half": "\\ud800"}', {"half": "\ud800"}),
        ('"{\\"half\\": \\"\\ud800\\"}"', {"half": "\ud800"}),
        ('{"uid": "\\ud800"}', {"uid": "\ud800"}),
        ('{"far": Infinity}', {"far": float("inf")}),
        ('{"a":' * 1000 + "1" + "}" * 1000, {"text": '{"a":' * 1000 + "1" + "}" * 1000}),
        ("[" * 100_000, {"text": "[" * 100_000}),
        ('{"a":' * 2000, {"text": '{"a":' * 2000}),
    ],
)
def test_whatever_is_heard_can_be_kept(
    make_sink: Callable[[], Sink], text: str, payload: object, tmp_path: Path
) -> None:
    assert payload_of(heard(text)) == payload
    assert make_sink().keep([heard(text)]) == 1
    assert make_sink().keep([heard(text)]) == 0
    if (tmp_path / "heard.jsonl").exists():
        (line,) = (tmp_path / "heard.jsonl").read_text().splitlines()
        assert json.loads(line)["payload"] == payload
    else:
        with Archive.open(tmp_path / "heard.tape") as archive:
            (kept,) = [kept for graceid in ("", "S1") for kept in recorded_of(archive, graceid)]
        assert kept.payload == payload


def test_what_comes_again_after_a_restart_is_not_kept_twice(make_sink: Callable[[], Sink]) -> None:
    messages = [heard(alert("S1", n), offset=n) for n in range(5)]
    assert make_sink().keep(messages[:4]) == 4
    assert make_sink().keep(messages[2:]) == 1
    assert make_sink().keep(messages) == 0


def test_a_line_cut_short_by_a_crash_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "heard.jsonl"
    FileSink(path).keep([heard('{"uid": "G1", "comment": "ü"}')])
    whole = path.read_bytes()
    for cut in (40, len(whole) - 4, whole.index("ü".encode()) + 1):  # the last in the middle of a letter
        path.write_bytes(whole + whole[:cut])
        assert FileSink(path).keep([heard('{"uid": "G2"}')]) == 1
        assert [json.loads(line)["graceid"] for line in path.read_text().splitlines()] == ["G1", "G2"]


def test_a_last_line_that_is_whole_but_for_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "heard.jsonl"
    FileSink(path).keep([heard('{"uid":  "G1"}')])
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert FileSink(path).keep([heard('{"uid":  "G1"}'), heard('{"uid": "G2"}')]) == 1
    assert [json.loads(line)["graceid"] for line in path.read_text().splitlines()] == ["G1", "G2"]


def test_an_archive_keeps_the_text_of_a_message_as_it_came(tape: Archive) -> None:
    text = '{"uid":"S1",  "far": 1.0e-09, "alert_type": "log", "comment": "\\u00fc"}'
    sink = ArchiveSink(tape, "kafka://host/g")
    assert sink.keep([heard(text), heard(text, "cbc"), heard(f" {text}"), heard(text)]) == 3
    assert [(r.node, r.text) for r in recorded_of(tape, "S1")] == [
        ("superevent", text), ("cbc", text), ("superevent", f" {text}"),
    ]  # fmt: skip


def test_a_message_is_one_line_whatever_breaks_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "heard.jsonl"
    texts = ['{"uid": "G1",\r "alert_type": "log"}', '{"uid":\n "G2"}', '{"uid": "G3", "comment": "\u2028"}']
    FileSink(path).keep([heard(text) for text in texts])
    assert [json.loads(line)["payload"] for line in path.read_text().split("\n")[:-1]] == [json.loads(t) for t in texts]
    assert FileSink(path).keep([heard(text) for text in texts]) == 0


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    for content in ("milk\n", '{"uid": "G1"}\n', "[1]\n", "milk", '{"uid": "G1"}', '{"time": 5}'):
        path.write_text(content)
        with pytest.raises(ArchiveError, match="line 1 is no message"):
            FileSink(path)
        assert path.read_text() == content


def test_a_sink_knows_until_when_all_was_heard(make_sink: Callable[[], Sink]) -> None:
    sink = make_sink()
    assert sink.since is None
    sink.alive(T)
    since = make_sink().since
    assert since is not None
    assert abs((since - T).total_seconds()) < 1e-5


def test_an_archive_keeps_messages_by_object_and_where_the_log_was_left(tape: Archive) -> None:
    sink = ArchiveSink(tape, "kafka://host/g")
    sink.keep([heard(alert("S1", 1), offset=7), heard("beat", offset=8), heard(alert("G1", 1), "cbc", 9)])
    assert [(r.node, r.arrived, r.payload["data"]["N"]) for r in recorded_of(tape, "S1")] == [
        ("superevent", T + timedelta(seconds=7), 1)
    ]
    assert [r.payload for r in recorded_of(tape, "")] == [{"text": "beat"}]
    assert sink.after("kafka://host/g.superevent/0") == 9
    assert sink.after("kafka://host/g.other/0") is None


def test_gaps_are_written_down(make_sink: Callable[[], Sink], tmp_path: Path) -> None:
    sink = make_sink()
    sink.gap(Gap(("superevent",), T, T + timedelta(seconds=3), "the session broke"))
    expected = {
        "gap": {
            "nodes": ["superevent"], "since": "2026-11-25T01:02:03.456789Z", "until": "2026-11-25T01:02:06.456789Z",
            "reason": "the session broke",
        }
    }  # fmt: skip
    if isinstance(sink, ArchiveSink):
        assert [r.payload for r in recorded_of(sink.archive, "")] == [expected]
    else:
        assert [json.loads(line) for line in (tmp_path / "heard.jsonl.gaps").read_text().splitlines()] == [expected]


# -- the recorder


def recording(recorder: Recorder, count: int | None = None) -> threading.Thread:
    thread = threading.Thread(target=recorder.run, args=(count,), daemon=True)
    thread.start()
    assert recorder.listening.wait(60)
    return thread


def test_what_is_sent_is_recorded_in_order(broker: PrivateBroker, tape: Archive) -> None:
    texts = [alert("S1", n) for n in range(200)]
    recorder = Recorder(broker.url, ["recorded"], ArchiveSink(tape, broker.url))
    thread = recording(recorder, 200)
    with open_publisher(broker.url) as publisher:
        for text in texts:
            publisher.publish("recorded", text)
    thread.join(60)
    assert [json.dumps(r.payload) for r in recorded_of(tape, "S1")] == texts
    assert (recorder.tally.heard, recorder.tally.kept, recorder.tally.gaps) == (200, 200, 0)


def test_a_restart_loses_nothing_that_kafka_has_and_writes_down_what_lvalert_said_meanwhile(
    broker: PrivateBroker, tape: Archive
) -> None:
    kafka = broker.url.startswith("kafka")
    node = f"restart-{broker.name}"
    with open_publisher(broker.url) as publisher:
        for first, count in ((0, 10), (20, 10)):
            recorder = Recorder(broker.url, [node], ArchiveSink(tape, broker.url))
            thread = recording(recorder, None)
            # Of Kafka also what was published meanwhile.
            wanted = first + count if kafka else len(recorded_of(tape, "S1")) + count
            for n in range(first, first + count):
                publisher.publish(node, alert("S1", n))
            publisher.flush()
            eventually(lambda wanted=wanted: len(recorded_of(tape, "S1")) >= wanted)  # type: ignore[misc]
            recorder.stop()
            thread.join(60)
            for n in range(first + 10, first + 20):  # nobody listens
                publisher.publish(node, alert("S1", n))
            publisher.flush()
    numbers = [r.payload["data"]["N"] for r in recorded_of(tape, "S1")]
    assert numbers == (list(range(30)) if kafka else [*range(10), *range(20, 30)])
    gaps = [r.payload["gap"] for r in recorded_of(tape, "")]
    assert len(gaps) == (0 if kafka else 1)
    if not kafka:
        assert gaps[0]["nodes"] == [node]
        assert "not running" in gaps[0]["reason"]


def listen(*words: str | Path, **environment: str) -> "subprocess.Popen[str]":
    return commands.Popen(
        [CAPTURE, "listen", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


# -- the command


def test_objects_are_captured_as_they_appear_and_again_when_followed(
    kafka_broker: PrivateBroker, tmp_path: Path
) -> None:
    """A write on a dummy is announced on the broker, heard, and captured from the dummy, which is served."""
    from gracetape.replay.targets.sink import open_sink

    path = tmp_path / "followed.tape"
    Archive.create(path).close()
    sink = open_sink(kafka_broker.url)
    with Archive.create(tmp_path / "source.tape") as source:
        with dummy.serve(dummy.make_app(source)) as server, dummy.GraceDb(source, on_alert=sink) as client:
            process = listen(
                kafka_broker.url, "-n", "test_gstlal", "-a", path, "--service-url", server.url, "--follow",
            )  # fmt: skip
            assert process.stderr is not None
            assert "listening" in process.stderr.readline()
            graceid = new_event(client)
            eventually(lambda: _captures(path, graceid) >= 1)
            client.write_log(graceid, "one more word")
            eventually(lambda: _captures(path, graceid) >= 2)
    assert sink.close() is None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    with Archive.open(path) as archive:
        assert archive.view(graceid).records("log")[-1]["comment"] == "one more word"


def test_recordings_of_one_name_in_two_folders_have_each_a_place_of_its_own(
    kafka_broker: PrivateBroker, tmp_path: Path
) -> None:
    files = [tmp_path / name / "odd &#name.jsonl" for name in ("one", "two")]
    for file in files:
        file.parent.mkdir()
    source = f"{kafka_broker.url}?start=latest"
    for turn, file in enumerate([*files, *files]):
        process = listen(source, "-n", "placed", "--to", file, "--count", "1")
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        if turn < 2:
            with open_publisher(kafka_broker.url) as publisher:
                publisher.publish("placed", alert("G1", turn))
        assert process.wait(60) == 0, process.stderr.read()
        if turn == 1:
            with open_publisher(kafka_broker.url) as publisher:
                publisher.publish("placed", alert("G1", 2))
    numbers = [[json.loads(line)["payload"]["data"]["N"] for line in file.read_text().splitlines()] for file in files]
    assert numbers == [[0, 1], [1, 2]]


def test_a_file_is_recorded_as_it_grows_and_a_restart_goes_on_where_it_was(tmp_path: Path, tape: Archive) -> None:
    file = tmp_path / "alerts.jsonl"
    for n in (1, 2):
        with file.open("a") as lines:
            lines.write(alert("G1", n) + "\n")
        recorder = Recorder(f"file:{file}", ["superevent"], ArchiveSink(tape, "file"))
        tally = recorder.run(1)
        assert (tally.heard, tally.kept, tally.gaps) == (1, 1, 0)
    assert [one.text for one in recorded_of(tape, "G1")] == [alert("G1", 1), alert("G1", 2)]


@pytest.mark.parametrize("source", ["-", "exec:cat {}", "replay:{}?speed=max"])
def test_a_recorder_ends_with_its_source(source: str, tmp_path: Path) -> None:
    file, long = tmp_path / "alerts.jsonl", Path(__file__).parents[1] / "fixtures" / "long.tape"
    file.write_text("".join(alert("G1", n) + "\n" for n in range(3)))
    words = [
        source.format(long if "replay" in source else file),
        "-n",
        "test_superevent",
        "--to",
        str(tmp_path / "out"),
    ]
    with file.open() as lines:
        done = commands.run([CAPTURE, "listen", *words], stdin=lines, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"{len((tmp_path / 'out').read_text().splitlines())} messages heard" in done.stderr
    assert (tmp_path / "out").read_text().count("\n") >= 3


@pytest.mark.parametrize("source", ["-", "replay:{}?speed=max"])
def test_who_hears_nothing_is_told_which_nodes_there_are(source: str, tmp_path: Path) -> None:
    file, short = tmp_path / "alerts.jsonl", Path(__file__).parents[1] / "fixtures" / "short.tape"
    file.write_text(json.dumps({"node": "test_superevent", "payload": json.loads(alert("G1", 1))}) + "\n")
    with file.open() as lines:
        done = commands.run(
            [CAPTURE, "listen", source.format(short), "-n", "superevent"], stdin=lines, capture_output=True, timeout=120
        )
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 messages heard, 0 kept, 0 gaps\ngracetape: nothing came on superevent: --nodes can name" in done.stderr
    assert "test_superevent (" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recorder_that_waits_for_standard_input_can_be_stopped(number: signal.Signals) -> None:
    with commands.Popen(
        [CAPTURE, "listen", "-", "-n", "a"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(60) == 0
        assert process.stderr.read() == "0 messages heard, 0 kept, 0 gaps\n"


def _captures(path: Path, graceid: str) -> int:
    with Archive.open(path) as archive:
        return len(archive.captures(graceid))


def _refused(words: Sequence[str]) -> tuple[int, str]:
    done = commands.run([CAPTURE, "listen", *words], capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["gopher://x", "-n", "a"], 2, "no source of the kind gopher:"),
        (["kafka://localhost:1/g?patience=0.3", "-n", "a"], 1, "no broker answers"),
        (["kafka://localhost:1/g", "-n", ","], 2, "at least one node"),
        (["kafka://localhost:1/g", "-n", "a", "--follow"], 2, "--follow needs --archive"),
        (["kafka://localhost:1/g"], 2, "--nodes"),
        (["kafka://localhost:1/g", "-n", "a", "--to", "/no/such/folder/x"], 1, "cannot write"),
    ],
)
def test_what_cannot_be_recorded_is_one_sentence(words: list[str], status: int, sentence: str) -> None:
    code, said = _refused(words)
    assert code == status, said
    assert sentence in said
    assert "Traceback" not in said


def test_a_group_that_is_shared_is_named_by_whoever_shares_it(tmp_path: Path) -> None:
    """One made up for the place of recording would be shared with nobody."""
    command = [
        CAPTURE,
        "listen",
        "kafka://127.0.0.1:9/g?share=yes",
        "--nodes",
        "superevent",
        "--to",
        tmp_path / "a.jsonl",
    ]
    done = commands.run(command, capture_output=True)
    assert done.returncode == 2
    assert "share=yes needs a group that is shared: write consumer=NAME, too" in done.stderr
