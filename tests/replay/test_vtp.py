"""A VOEvent Transport Protocol broker: pygcn's packets are understood, every subscriber gets every document, strangers do no harm."""

import socket
import struct
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gracetape.brokers.vtp_broker import VtpBroker
from gracetape.replay import BadRequest, MaxClock, ReplayError, play
from gracetape.replay.targets.vtp import VtpTarget
from tests.archive.notices.superevents import a_superevent, heard


def subscriber(port: int, count: int, got: list[bytes]) -> threading.Thread:
    """Reads as pygcn does: a length, a document, an acknowledgement back."""

    def listen() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as stream:
            while len(got) < count:
                (size,) = struct.unpack("!I", stream.read(4))
                got.append(stream.read(size))
                answer = b'<?xml version="1.0"?><trn:Transport role="ack" version="1.0"></trn:Transport>'
                connection.sendall(struct.pack("!I", len(answer)) + answer)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread


def test_every_subscriber_gets_every_document(tmp_path: Path) -> None:
    with a_superevent(tmp_path / "a.tape") as told:
        told.alert("preliminary", None)
        told.later().alert("retraction", None)
    target = VtpTarget("//localhost:0/?subscribers=2")
    got: list[list[bytes]] = [[], []]
    threads = [subscriber(int(target.name.rpartition(":")[2]), 2, one) for one in got]
    play(tmp_path / "a.tape", format="voevent", clock=MaxClock()).play([target])
    for thread in threads:
        thread.join(60)
    assert target.close() is None
    expected = [alert.payload("voevent").encode() for alert in heard(tmp_path / "a.tape", "voevent")]
    assert got == [expected, expected]
    assert [ET.fromstring(document).get("role") for document in expected] == ["test", "test"]
    assert target.told().endswith("2 sent, 4 acknowledgements")


def test_what_is_no_voevent_and_who_does_not_come_are_told(tmp_path: Path) -> None:
    with a_superevent(tmp_path / "a.tape") as told:
        told.alert("preliminary", None)
    for form, words in (("gwalert", "--format voevent"), ("voevent", "0 of 1 subscribers")):
        target = VtpTarget("//localhost:0/?patience=0")
        with pytest.raises(ReplayError, match=words):
            play(tmp_path / "a.tape", format=form, clock=MaxClock()).play([target])
        target.close()
    for wrong in ("//example.org/", "//localhost/?x=1", "//localhost/?subscribers=many", "//[::1/"):
        with pytest.raises(BadRequest):
            VtpTarget(wrong)


def test_strangers_do_no_harm() -> None:
    broker = VtpBroker("127.0.0.1", 0)
    try:
        for sent in (b"\xff\xff\xff\xff", b"\0\0\0\4junk", b"GET / HTTP/1.1\r\n\r\n", b""):
            with socket.create_connection(("127.0.0.1", broker.port)) as connection:
                connection.sendall(sent)
        got: list[bytes] = []
        thread = subscriber(broker.port, 1, got)
        assert broker.wait_for(1, 120)
        while not got:
            broker.send(b"<voe:VOEvent/>")
            thread.join(0.2)
        assert got == [b"<voe:VOEvent/>"]
    finally:
        broker.close()
