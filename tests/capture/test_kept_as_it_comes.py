"""Whatever is listened to: what has come is kept while the source goes on, and a recorder that is stopped ends at once."""

import json
import shlex
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from gracetape.brokers import BrokerError, Heard, Source
from gracetape.brokers.sources import now
from gracetape.capture import listen
from gracetape.capture.file_sink import FileSink
from gracetape.capture.listen import Recorder
from tests import commands
from tests.waiting import eventually

FIXTURE = Path(__file__).parents[1] / "fixtures" / "short.tape"
LINE = json.dumps({"node": "superevent", "payload": {"uid": "S1", "alert_type": "new"}}) + "\n"
Opened = Callable[[str], str]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Makes the URL of a source that says something at once, and nothing after that, for ever."""
    monkeypatch.chdir(tmp_path)  # a socket's path may have a hundred letters only
    with ExitStack() as stack:

        def serve(family: socket.AddressFamily, address: object) -> socket.socket:
            server = stack.enter_context(socket.socket(family))
            server.bind(address)
            server.listen()

            def say() -> None:
                wire = stack.enter_context(server.accept()[0])
                wire.sendall(LINE.encode())

            threading.Thread(target=say, daemon=True).start()
            return server

        def url_of(kind: str) -> str:
            (tmp_path / "said.jsonl").write_text(LINE)
            match kind:
                case "file":
                    return str(tmp_path / "said.jsonl")
                case "dummy":
                    (tmp_path / "served.tape").mkdir()
                    shutil.copy(tmp_path / "said.jsonl", tmp_path / "served.tape" / "alerts.jsonl")
                    return f"dummy:{tmp_path}/served.tape"
                case "exec":
                    program = f"cat {shlex.quote(str(tmp_path / 'said.jsonl'))}; exec sleep 600"
                    return f"exec:sh -c {shlex.quote(program)}"
                case "tcp":
                    return f"tcp:127.0.0.1:{serve(socket.AF_INET, ('127.0.0.1', 0)).getsockname()[1]}"
                case "unix":
                    serve(socket.AF_UNIX, "door")
                    return "unix:door"
            return f"replay:{FIXTURE}?speed=0.00001"

        yield url_of


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.mark.parametrize("kind", ["file", "dummy", "exec", "tcp", "unix", "replay"])
def test_what_came_is_kept_while_the_source_goes_on(kind: str, opened: Opened, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    nodes = ["superevent", "test_superevent", "test_gstlal"]
    recorder = Recorder(opened(kind), nodes, FileSink(kept))
    thread = threading.Thread(target=recorder.run, daemon=True)
    thread.start()
    eventually(lambda: lines_of(kept) > 0)
    assert thread.is_alive()
    recorder.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert recorder.tally.heard == recorder.tally.kept == lines_of(kept)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_recording_of_a_replay(number: signal.Signals, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    words = ["listen", f"replay:{FIXTURE}?speed=0.00001", "-n", "test_superevent,test_gstlal", "--to", str(kept)]
    with commands.Popen(["capture", *words], stderr=-1) as process:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        eventually(lambda: lines_of(kept) > 0)
        process.send_signal(number)
        assert process.wait(60) == 0
        count = lines_of(kept)
        assert f"{count} message{'s' * (count != 1)} heard, {count} kept" in process.stderr.read()


class _Scripted(Source):
    """Says so many messages, and then fails."""

    def __init__(self, count: int, error: Exception) -> None:
        self._left, self._error = count, error

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        if not self._left:
            raise self._error
        self._left -= 1
        return Heard("superevent", json.dumps({"uid": f"S{self._left}"}), now())

    @property
    def closed(self) -> bool:
        return False

    def close(self) -> None:
        pass


def test_what_came_before_a_source_failed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "open_source", lambda *_, **__: _Scripted(22, BrokerError("it went away")))
    recorder = Recorder("scripted:", ["superevent"], FileSink(tmp_path / "kept.jsonl"))
    with pytest.raises(BrokerError, match="it went away"):
        recorder.run()
    assert (recorder.tally.heard, recorder.tally.kept, lines_of(tmp_path / "kept.jsonl")) == (22, 22, 22)


class _Drops(_Scripted):
    """Says so many messages, one at a time with nothing in between, and then nothing any more; keeps them as Kafka does."""

    keeps = True

    def __init__(self, count: int) -> None:
        super().__init__(count, BrokerError("it says no more"))
        self.ended = threading.Event()
        self._silent = False

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        self._silent = not self._silent
        if self._silent or not self._left:
            return None
        heard = super().poll(timeout_s)
        if not self._left:
            self.ended.set()
        return heard


class _Slow(FileSink):
    """Takes as long to keep the first messages as the source takes to say all others."""

    def __init__(self, path: Path, source: _Drops) -> None:
        super().__init__(path)
        self.kept, self._source = list[int](), source

    def keep(self, batch: Sequence[Heard]) -> int:
        self.kept.append(len(batch))
        assert self._source.ended.wait(60)
        return super().keep(batch)


def test_what_comes_while_others_are_kept_is_kept_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _Drops(9)
    monkeypatch.setattr(listen, "open_source", lambda *_, **__: source)
    monkeypatch.setattr(listen, "_BATCH_S", 60)
    sink = _Slow(tmp_path / "kept.jsonl", source)
    assert Recorder("scripted:", ["superevent"], sink).run(9).kept == 9
    assert sink.kept == [1, 8]


def test_what_was_kept_before_is_said_to_be(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "kept.jsonl")
    sink.keep([Heard("superevent", json.dumps({"uid": "S1", "alert_type": "new"}), now())])
    (tmp_path / "said.jsonl").write_text(LINE)
    recorder = Recorder(str(tmp_path / "said.jsonl"), ["superevent"], FileSink(tmp_path / "kept.jsonl"))
    thread = threading.Thread(target=recorder.run, daemon=True)
    thread.start()
    eventually(lambda: recorder.tally.heard > 0)
    recorder.stop()
    thread.join(60)
    assert str(recorder.tally) == "1 message heard, 0 kept (1 was there already), 0 gaps"
