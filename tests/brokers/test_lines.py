"""Sources: what is written is heard once, in order, also after a restart, a replaced file or a line that is half there."""

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
from ligo.gracedb.rest import GraceDb

from gracetape.brokers import BadUrl, BrokerError, Heard, Source, lines, open_source
from tests import commands
from tests.waiting import eventually

NODES = ("first", "second")


def line(n: int, node: str = "second") -> str:
    return json.dumps({"node": node, "payload": {"uid": f"G{n}"}}) + "\n"


def uids(source: Source, count: int) -> list[str]:
    """The uids of the next messages."""
    heard = [source.poll(60) for _ in range(count)]
    return [json.loads(message.payload)["uid"] for message in heard if message is not None]


def test_a_file_is_followed_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    with open_source(str(path), NODES) as source:  # it is not there yet
        path.write_text(line(1) + line(2))
        assert uids(source, 2) == ["G1", "G2"]
        with path.open("a") as file:
            file.write(line(3)[:10])
            file.flush()
            assert source.poll(0.1) is None
            file.write(line(3)[10:] + "\n\n" + line(4))
        assert uids(source, 2) == ["G3", "G4"]
    assert source.closed


def test_a_restart_goes_on_after_the_last_message_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text("".join(line(n) for n in range(6)))
    kept: dict[str, int] = {}
    with open_source(f"file:{path}", NODES) as source:
        for _ in range(3):
            message = source.poll(60)
            assert message is not None
            assert message.place is not None
            kept[message.place.log] = message.place.offset
    with open_source(f"file:{path}", NODES, after=kept.get) as source:
        assert uids(source, 3) == ["G3", "G4", "G5"]


def test_a_file_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(line(1) + line(2))
    with open_source(str(path), NODES) as source:
        assert uids(source, 2) == ["G1", "G2"]
        (tmp_path / "new").write_text(line(3))
        (tmp_path / "new").rename(path)
        assert uids(source, 1) == ["G3"]


def test_what_is_added_to_a_file_just_before_it_is_replaced_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, new, look = tmp_path / "alerts.jsonl", tmp_path / "new", lines._replaced
    path.write_text(line(1))
    new.write_text(line(4))

    def replaced(file: BinaryIO, place: Path) -> bool:  # between a look that finds nothing more and this one
        if new.exists():
            with path.open("a") as old:
                old.write(line(2) + line(3))
            new.rename(path)
        return look(file, place)

    monkeypatch.setattr(lines, "_replaced", replaced)
    with open_source(str(path), NODES) as source:
        assert uids(source, 4) == ["G1", "G2", "G3", "G4"]


def test_bare_payloads_go_to_the_first_node(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"uid": "G1"}\nno JSON\n' + line(2))
    with open_source(str(path), NODES) as source:
        heard = [source.poll(60) for _ in range(3)]
    assert [(m.node, m.payload) for m in heard if isinstance(m, Heard)] == [
        ("first", '{"uid": "G1"}'),
        ("first", "no JSON"),
        ("second", '{"uid": "G2"}'),
    ]


def test_a_program_is_listened_to_until_it_ends(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(line(1) + line(2))
    with open_source(f"exec:cat {tmp_path / 'lines'}", NODES) as source:
        assert [json.loads(message.payload)["uid"] for message in source] == ["G1", "G2"]


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_a_socket_is_listened_to_and_reached_again(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may have a hundred letters only
    family, address = (socket.AF_INET, ("127.0.0.1", 0)) if kind == "tcp" else (socket.AF_UNIX, "socket")
    with socket.socket(family) as server:
        server.bind(address)
        server.listen()

        def serve() -> None:
            for n in (1, 2):
                with server.accept()[0] as wire:
                    wire.sendall(line(n).encode())

        thread = threading.Thread(target=serve)
        thread.start()
        where = f"127.0.0.1:{server.getsockname()[1]}" if kind == "tcp" else str(address)
        with open_source(f"{kind}:{where}", NODES) as source:
            assert uids(source, 2) == ["G1", "G2"]
        thread.join()


def test_a_served_dummys_alerts_are_heard(tmp_path: Path) -> None:
    tape = shutil.copy(Path(__file__).parents[1] / "fixtures" / "short.tape", tmp_path / "night.tape")
    command = ["gracetape", "dummy", "serve", str(tape)]
    served = commands.Popen(command, stdout=subprocess.PIPE)
    try:
        assert served.stdout is not None
        found = re.search(r"http://\S+/api/", served.stdout.readline())
        assert found is not None
        GraceDb(found[0], force_noauth=True).writeLabel("T1", "DQV")
        with open_source(f"dummy:{tape}", ["test_gstlal"]) as source:
            message = source.poll(60)
        assert message is not None
        assert (message.node, json.loads(message.payload)["data"]["name"]) == ("test_gstlal", "DQV")
    finally:
        served.terminate()
        served.communicate(timeout=60)


@pytest.mark.parametrize(
    "url",
    [
        "exec:no_such_program --x",
        "exec:'",
        "tcp:nowhere",
        "pulsar://x",
        "replay:none.tape",
        "dummy:none.tape",
        "replay:x?speed=0",
    ],
)
def test_what_is_no_source_is_one_sentence(url: str) -> None:
    with pytest.raises((BadUrl, BrokerError)) as refused:
        open_source(url, NODES)
    assert "\n" not in str(refused.value)


def test_a_payload_in_a_record_is_heard_verbatim_and_other_nodes_are_not(tmp_path: Path) -> None:
    odd = '{"uid":  "G1", "far": NaN, "text": ", \\"payload\\": "}'
    path = tmp_path / "alerts.jsonl"
    path.write_text(
        f'{{"node": "elsewhere", "payload": {{"uid": "G0"}}}}\n{{"node": "second", "payload": {odd}}}\n'
        '{"payload": {"uid": "G2"}, "node": "first"}\n'
    )
    with open_source(str(path), NODES) as source:
        heard = [source.poll(60), source.poll(60)]
    assert [(one.node, one.payload) for one in heard if one] == [("second", odd), ("first", '{"uid": "G2"}')]


def test_a_file_written_anew_in_its_old_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(line(1) + line(2))
    kept: dict[str, int] = {}
    with open_source(str(path), NODES) as source:
        for _ in range(2):
            message = source.poll(60)
            assert message is not None
            assert message.place is not None
            kept[message.place.log] = message.place.offset
    with path.open("w") as file:  # the same inode, and longer than before
        file.write("".join(line(n) for n in range(11, 15)))
    with open_source(str(path), NODES, after=kept.get) as source:
        assert uids(source, 4) == ["G11", "G12", "G13", "G14"]


def test_what_cannot_be_reached_yet_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may have a hundred letters only
    path = tmp_path / "later.jsonl"

    def told() -> list[str]:
        said = (one.getMessage() for one in list(caplog.records))  # also by what another test has left
        return sorted(text for text in said if str(path) in text or "unix:none.sock" in text)

    with open_source(str(path), NODES) as source, open_source("unix:none.sock", NODES) as other:
        eventually(lambda: len(told()) > 1)  # by the source's thread
        assert source.poll(0.2) is None
        assert other.poll(0.2) is None
    assert told() == [
        f"{path} is not there yet: it is waited for",
        "cannot reach unix:none.sock: No such file or directory; it is tried again every second",
    ]


def test_a_program_that_fails_is_a_failure_after_its_lines() -> None:
    with open_source("exec:sh -c 'echo 1; exit 3'", NODES) as source:
        assert source.poll(60) is not None
        with pytest.raises(BrokerError, match="ended with exit code 3"):
            source.poll(60)


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOENT, BadUrl), (errno.EIO, BrokerError), (errno.EMFILE, BrokerError)]
)
def test_a_program_that_cannot_be_started_is_the_users_fault_or_the_machines(
    monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("subprocess.Popen", fails)
    with pytest.raises((BadUrl, BrokerError), match=os.strerror(number)) as raised:
        open_source("exec:cat x", ["node"])
    assert type(raised.value) is kind
