"""Whatever a server answers, a capture ends with one sentence, within its limits, and keeps nothing that it could not read."""

import gc
import gzip
import json
import random
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.brokers.gracedb import Client, Limits
from tests.capture.unfriendly import (
    EVENT,
    HONEST,
    LOG,
    OK,
    SUPEREVENT,
    Answer,
    Unfriendly,
    body,
    dripping,
    endless,
    raw,
    redirect,
    root,
    silent,
    unfriendly,
    value,
)

#: Small in size, and never in time: who is honest is never too slow for them.
SMALL = Limits(
    pauses_s=0.001, portion_bytes=1 << 10, answer_bytes=300_000, answer_values=20_000, depth=50, error_bytes=5_000,
    pages=5, rows=100, members=8, file_bytes=500_000,
)  # fmt: skip
#: For servers that take their time: one try.
SHORT = replace(SMALL, connect_s=2, silence_s=0.4, answer_s=0.8)

OBJECT, LOGS, LABELS, VOEVENTS, OBSERVATIONS, FILES, FILE, ROOT = (
    "events/T1$", "events/T1/log/", "/labels/", "/voevent/", "/emobservation/", "/files/$", "/files/a.txt,0", "/api/$",
)  # fmt: skip
BOMB = zlib.compress(b" " * 50_000_000)
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def event(**fields: Any) -> Answer:
    return value(EVENT | fields)


def log(**fields: Any) -> Answer:
    return value({"log": [LOG[0] | fields]})


def text(content: str) -> Answer:
    return body(content.encode(errors="surrogatepass"), Content_Type="application/json")


def files(**listing: Any) -> Answer:
    return value(listing)


#: What is answered where, and a part of the sentence.
CASES: dict[str, tuple[str, Answer, str]] = {
    # -- no answer, or half of one
    "closed at once": (OBJECT, raw(b""), "broke off"),
    "half a status line": (OBJECT, raw(b"HTTP/1."), "broke off"),
    "no HTTP": (OBJECT, raw(b"220 smtp ready\r\n"), "broke off"),
    "a status that is no number": (OBJECT, raw(b"HTTP/1.1 abc OK\r\n\r\n"), "broke off"),
    "half a head": (OBJECT, raw(b"HTTP/1.1 200 OK\r\nContent-"), ""),
    "a short body": (OBJECT, body(b"{}", length=50), "broke off"),
    "a length too small": (OBJECT, body(json.dumps(EVENT).encode(), length=10), "JSON"),
    "a length that is negative": (OBJECT, body(b"{}", length=-5), ""),
    "a length that is no number": (OBJECT, body(b"{}", length="12abc"), ""),
    "two lengths": (OBJECT, body(b"{}", length="2\r\nContent-Length: 7"), ""),
    "a length past all bounds": (OBJECT, body(b"{}", length="9" * 30), ""),
    "broken chunks": (OBJECT, raw(CHUNKED + b"zz\r\n"), ""),
    "a chunk of a terabyte": (OBJECT, raw(CHUNKED + b"ffffffffff\r\n{}"), ""),
    "a negative chunk": (OBJECT, raw(CHUNKED + b"-5\r\n{}\r\n"), ""),
    # -- other statuses
    "204": (OBJECT, raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "JSON"),
    "205": (OBJECT, body(b"", "205 Reset"), "JSON"),
    "304": (OBJECT, raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "304"),
    "101": (OBJECT, raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "101"),
    "300 without a place": (OBJECT, body(b"", "300 Choices"), "300"),
    "302 without a place": (OBJECT, body(b"", "302 Found"), "302"),
    "999": (OBJECT, body(b"", "999 Odd"), "999"),
    "a long error": (OBJECT, body(b"<p>" * 9_000_000, "500 Oops"), "500"),
    "an error with control characters": (OBJECT, body(b"\x1b[31mred\x07", "500 Oops"), "red"),
    "an error of an unknown charset": (OBJECT, body(b"no", "418 No", Content_Type="text/plain; charset=zip"), "418"),
    "a pause of years": (OBJECT, body(b"", "503 Busy", Retry_After="99999999999999"), "503"),
    "a pause of strange digits": (OBJECT, body(b"", "503 Busy", Retry_After="\xb2"), "503"),
    "a file that is 204": (FILE, raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "204"),
    "a file that is 206": (FILE, body(b"part", "206 Partial"), "206"),
    # -- no JSON, or more than that
    "HTML": (OBJECT, body(b"<html>"), "JSON"),
    "nothing": (OBJECT, body(b""), "JSON"),
    "two values": (OBJECT, text("{}{}"), "JSON"),
    "NaN": (OBJECT, text('{"graceid": "T1", "far": NaN}'), "NaN"),
    "infinity": (OBJECT, text('{"graceid": "T1", "far": -Infinity}'), "Infinity"),
    "a number past all bounds": (OBJECT, text('{"graceid": "T1", "far": 1e999}'), "too large"),
    "a whole number past all bounds": (OBJECT, text('{"graceid": "T1", "far": %s}' % ("9" * 40)), "40 digits"),
    "a number of 5,000 digits": (OBJECT, text('{"graceid": "T1", "far": %s}' % ("9" * 5000)), "digits"),
    "a key twice": (OBJECT, text('{"graceid": "T1", "graceid": "T2"}'), "twice"),
    "deep": (OBJECT, text('{"graceid": "T1", "x": ' + "[" * 60 + "]" * 60 + "}"), "nested"),
    "very deep": (OBJECT, text("[" * 15_000), "nested"),
    "very deep objects": (OBJECT, text('{"a":' * 9_000), "nested"),
    "no UTF-8": (OBJECT, body(b'{"graceid": "T1", "x": "\xff\xfe"}'), "UTF-8"),
    "UTF-16": (OBJECT, body(json.dumps(EVENT).encode("utf-16")), "UTF-8"),
    "half a character": (OBJECT, text('{"graceid": "T1", "x": "\\ud800"}'), "surrogate"),
    "half a character as a key": (OBJECT, text('{"graceid": "T1", "\\ud800": 1}'), "surrogate"),
    "many values": (OBJECT, text("[" + "1," * 25_000 + "1]"), "answer_values"),
    "long": (OBJECT, text('{"graceid": "T1", "x": "' + "y" * 400_000 + '"}'), "answer_bytes"),
    "a gzip bomb": (OBJECT, body(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"), "answer_bytes"),
    "a deflate bomb": (OBJECT, body(BOMB, Content_Encoding="deflate"), "answer_bytes"),
    "a bomb in a bomb": (OBJECT, body(gzip.compress(gzip.compress(b" " * 50_000_000)), Content_Encoding="gzip, gzip"), "answer_bytes"),
    "no gzip": (OBJECT, body(b"{}", Content_Encoding="gzip"), "unpacked"),
    "half a gzip": (OBJECT, body(gzip.compress(json.dumps(EVENT).encode())[:20], Content_Encoding="gzip"), ""),
    "endless JSON": (OBJECT, endless(OK + b"\r\n[", b"1," * 30_000), "answer_bytes"),
    "endless chunks": (OBJECT, endless(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n"), "answer_bytes"),
    "an endless head": (OBJECT, endless(OK, b"X: y\r\n" * 100), ""),
    "a head of one endless line": (OBJECT, endless(OK + b"X: ", b"y" * 9999), ""),
    "an endless file": (FILE, endless(OK + b"\r\n", b"y" * 60_000), "file_bytes"),
    "an endless file in chunks": (FILE, endless(CHUNKED, b"8000\r\n" + b"y" * 0x8000 + b"\r\n"), "file_bytes"),
    "a file of a bomb": (FILE, body(BOMB, Content_Encoding="deflate"), "file_bytes"),
    "a file longer than told": (FILE, body(b"contents", length=30), "broke off"),
    # -- wrong types of the object
    **{
        f"an object that is {json.dumps(wrong)}": (OBJECT, value(wrong), "not a GraceDB record")
        for wrong in (None, True, 5, 1.5, "T1", [], [EVENT], {}, {"detail": "no"})
    },
    **{
        f"{name} = {json.dumps(wrong)[:40]}": (OBJECT, event(**{name: wrong}), said)
        for name, wrong, said in (
            ("graceid", 5, "graceid"), ("graceid", None, "graceid"), ("graceid", "T2", "record of"), ("graceid", "../T1", "graceid"),
            ("graceid", ["T1"], "graceid"), ("gpstime", "soon", "gpstime"), ("gpstime", [], "gpstime"), ("gpstime", True, "gpstime"),
            ("created", 5, "created"), ("labels", 5, "labels"), ("labels", [5], "labels"), ("labels", [None], "labels"),
            ("extra_attributes", [], "extra_attributes"), ("links", "x", "links"), ("superevent", {}, "superevent"),
        )
    },
    # -- wrong types of the log
    **{
        f"a log that is {json.dumps(wrong)}": (LOGS, value(wrong), said)
        for wrong, said in (
            (None, "no JSON object"), ([], "no JSON object"), (5, "no JSON object"), ("log", "no JSON object"), ({}, "none of"),
            ({"log": None}, "not a list"), ({"log": 5}, "not a list"), ({"log": "N"}, "not a list"), ({"log": {"N": 1}}, "not a list"),
            ({"log": [None]}, "record of log"), ({"log": [5]}, "record of log"), ({"log": ["N"]}, "record of log"), ({"log": [[]]}, "record of log"),
            ({"log": [{}]}, "'N'"), ({"log": [*LOG, LOG[0] | {"comment": "other"}]}, "two different"),
            ({"log": [LOG[0] | {"N": n} for n in range(1, 120)]}, "rows"),
        )
    },
    **{
        f"log {name} = {json.dumps(wrong)[:40]}": (LOGS, log(**{name: wrong}), f"'{name}'")
        for name, wrong in (
            ("N", None), ("N", "1"), ("N", 0), ("N", -1), ("N", 1.5), ("N", True), ("N", 2**60), ("N", []), ("comment", 5), ("comment", {}),
            ("created", 5), ("filename", 5), ("filename", ["a"]), ("filename", "a\0b"), ("filename", "n" * 2000), ("file_version", "x"),
            ("file_version", -1), ("file_version", 2**40), ("file_version", 1.5), ("file_version", "\u0662"), ("tag_names", 5),
            ("tag_names", [5]),
        )
    },
    # -- the other lists
    "a label without a name": (LABELS, value({"labels": [{}]}), "'name'"),
    "a label whose name is a number": (LABELS, value({"labels": [{"name": 5}]}), "'name'"),
    "a label of nothing": (LABELS, value({"labels": [{"name": ""}]}), "'name'"),
    "labels that are names": (LABELS, value({"labels": ["INJ"]}), "record of label"),
    "a VOEvent without N": (VOEVENTS, value({"voevents": [{"filename": "a"}]}), "'N'"),
    "an observation without N": (OBSERVATIONS, value({"observations": [{}]}), "'N'"),
    # -- files
    **{
        f"files that are {json.dumps(wrong)}": (FILES, value(wrong), "the files of T1")
        for wrong in (
            None, 5, "a", True, ["a"], [None], [{}], [{"filename": "a"}], [{"filename": 5, "file": "x"}], {"files": [5]}, {"a": 5}, {"a": None},
            {"a": ["x"]}, {"": "x"}, {"a\0": "x"}, {"n" * 2000: "x"}, [{"filename": "a", "file": "x"}, {"filename": "a", "file": "y"}],
        )
    },
    # -- pages
    "pages of numbers": (LOGS, value({"log": LOG, "next": 5}), "no text"),
    "pages elsewhere": (LOGS, value({"log": LOG, "next": "http://127.0.0.1:9/api/"}), "port"),
    "pages of another host": (LOGS, value({"log": LOG, "links": {"next": "http://localhost:9/api/"}}), "host"),
    "pages of no protocol": (LOGS, value({"log": LOG, "next": "file:///etc/passwd"}), "not asked"),
    "pages of half a URL": (LOGS, value({"log": LOG, "next": "http://[::1"}), "no address"),
    # -- the API root
    **{
        f"a root that is {json.dumps(wrong)}": (ROOT, value(wrong), said)
        for wrong, said in (
            (None, "root"), ([], "root"), (5, "root"), ({}, "root"), ({"links": []}, "links"), ({"links": {}, "templates": {"a": 5}}, "templates"),
            ({"links": {}, "templates": {}}, "event-detail-template"),
            ({"links": {}, "templates": {"event-detail-template": "{graceid:>9999999999}"}}, "no address"),
            ({"links": {}, "templates": {"event-detail-template": "{graceid.__class__}"}}, "no address"),
            ({"links": {}, "templates": {"event-detail-template": "{0}"}}, "no address"),
            ({"links": {}, "templates": {"event-detail-template": "{other}"}}, "names no"),
            ({"links": {}, "templates": {"event-detail-template": "http://localhost:9/{graceid}"}}, "host"),
            ({"links": {}, "templates": {"event-detail-template": "//localhost:9/{graceid}"}}, "host"),
        )
    },
    "a root that is HTML": (ROOT, body(b"<html>"), "JSON"),
    "a root that is 404": (ROOT, body(b"no", "404 No"), ""),
    # -- redirects
    "sent to another host": (OBJECT, redirect("http://localhost:9/api/events/T1"), "host"),
    "sent to another port": (OBJECT, redirect("http://127.0.0.1:9/api/events/T1"), "port"),
    "sent to another scheme": (OBJECT, redirect("https://127.0.0.1/api/"), "scheme"),
    "sent to a login": (OBJECT, redirect("/login"), "login"),
    "sent to a file": (OBJECT, redirect("file:///etc/passwd"), "not asked"),
    "sent in a circle": (OBJECT, redirect("/api/events/T1"), "circle"),
    "sent nowhere": (OBJECT, redirect("http://"), ""),
    "a file elsewhere": (FILES, files(**{"a,0": "http://localhost:9/a"}), "host"),
    "a file by redirect": (FILE, redirect("http://localhost:9/a"), "host"),
    "a file of two readings": (FILES, files(**{"a,0": "http://127.0.0.1\\@localhost:9/a"}), "not asked"),
    "a file with another's login": (FILES, files(**{"a,0": "http://127.0.0.1:80@localhost:9/a"}), "host"),
}  # fmt: skip

#: What takes for ever: answered within SHORT limits.
SLOW: dict[str, tuple[str, Answer]] = {
    "silence": (OBJECT, silent),
    "silence of the root": (ROOT, silent),
    "silence after the head": (OBJECT, raw(OK + b"Content-Length: 50\r\n\r\n{", hang=True)),
    "a head, letter by letter": (OBJECT, dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y")),
    "a body, letter by letter": (OBJECT, dripping(OK + b"Content-Length: 100000\r\n\r\n", b" ")),
    "a body without a length, letter by letter": (OBJECT, dripping(OK + b"\r\n[", b" ")),
    "chunks, letter by letter": (OBJECT, dripping(CHUNKED, b"1\r\n \r\n")),
    "packed nothing": (
        OBJECT,
        dripping(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
    ),
    "go on, go on": (OBJECT, endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
    "a list in silence": (LOGS, silent),
    "a file in silence": (FILE, silent),
    "a file, letter by letter": (FILE, dripping(OK + b"Content-Length: 100000\r\n\r\n", b"y")),
    "a file without a length, letter by letter": (FILE, dripping(OK + b"\r\n", b"y")),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Unfriendly]:
    with unfriendly() as found:
        yield found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.create(tmp_path_factory.mktemp("hostile") / "a.tape") as found:
        yield found


@pytest.fixture
def pull(server: Unfriendly, archive: Archive) -> Iterator[Callable[..., Any]]:
    """Captures with the answers that are given, into the archive, from which all is taken away again."""

    def captured(answers: dict[str, Answer], limits: Limits = SMALL, asked: str = "T1") -> Any:
        server.answers, server.asked = answers, []
        with Client(server.root, limits=limits, retries=0) as client:
            return capture.capture([asked], archive, client, connections=2)

    yield captured
    with archive.transaction() as tx:
        for one in archive.captures(unfinished=True):
            tx.drop(one)


def sentence(error: pytest.ExceptionInfo[capture.CaptureError]) -> str:
    said = str(error.value)
    assert said.isprintable()
    assert len(said) < 600
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_answer_is_one_sentence(pull: Callable[..., Any], archive: Archive, case: str) -> None:
    where, answer, part = CASES[case]
    with pytest.raises(capture.CaptureError) as error:
        pull({where: answer})
    assert part in sentence(error)
    assert archive.objects() == []


@pytest.mark.parametrize("case", SLOW)
def test_what_takes_for_ever_ends(pull: Callable[..., Any], archive: Archive, case: str) -> None:
    where, answer = SLOW[case]
    with pytest.raises(capture.CaptureError) as error:
        pull({where: answer}, SHORT)
    assert "in time" in sentence(error) or "broke off" in sentence(error)
    assert archive.objects() == []


def test_a_greeting_that_never_ends_ends(server: Unfriendly, archive: Archive) -> None:
    """The server speaks no TLS, and waits."""
    with Client(server.root.replace("http:", "https:"), limits=SHORT, retries=0, force_noauth=True) as client:
        with pytest.raises(capture.CaptureError):
            capture.capture(["T1"], archive, client)


def test_no_socket_is_left_open(server: Unfriendly, tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("no /proc here")
    answers = [{}, {FILE: CASES["an endless file"][1]}, {OBJECT: body(b"no", "500 No")}, {LOGS: silent}]

    def ask() -> int:
        for server.answers in answers:
            with Archive.create(tmp_path / f"{time.monotonic_ns()}.tape") as archive:
                with Client(server.root, limits=SHORT, retries=0) as client, suppress(capture.CaptureError):
                    capture.capture(["T1"], archive, client)
        gc.collect()
        return len(list(handles.iterdir()))

    before = ask()
    assert min(ask() for _ in range(3)) <= before + 4  # the server's own end a little later


def test_an_honest_server_is_captured_within_the_same_limits(pull: Callable[..., Any], archive: Archive) -> None:
    assert pull({})[0].new
    assert list(verify(archive)) == []
    assert archive.view("T1").count("log") == 2


def test_what_is_odd_but_harmless_is_kept(pull: Callable[..., Any], archive: Archive) -> None:
    odd = {
        LOGS: value({"log": [*LOG, LOG[0]]}),  # pages shift while they are read
        OBJECT: event(far=None, gpstime=None, labels={"INJ": "x"}, extra=[[{}]]),
        FILES: files(**{"n,m,0": "/api/events/T1/files/a.txt,0", "a,99999999999": "events/T1/files/a.txt,0"}),
        LABELS: body(b"no", "404 No"),
    }
    assert pull(odd)[0].new
    assert archive.view("T1").count("log") == 2
    assert {f.full_name for f in archive.view("T1").files()} == {"n,m,0", "a,99999999999,0"}


@pytest.mark.parametrize(
    ("following", "part"),
    [(lambda n: "?page=1", "circle"), (lambda n: f"?page={n % 3}", "circle"), (lambda n: f"?page={n}", "limit pages")],
    ids=["itself", "three of them", "ever new ones"],
)
def test_pages_without_end(pull: Callable[..., Any], following: Callable[[int], str], part: str) -> None:
    turn = iter(range(1, 100))

    def answer(connection: Any) -> None:
        value({"log": LOG, "next": f"/api/events/T1/log/{following(next(turn))}"})(connection)

    with pytest.raises(capture.CaptureError, match=part):
        pull({LOGS: answer})
    assert next(turn) < 8


def test_large_pages_without_end(pull: Callable[..., Any]) -> None:
    turn = iter(range(1, 100))

    def answer(connection: Any) -> None:
        n = next(turn)
        value({"log": [LOG[0] | {"N": n, "comment": "y" * 50_000}], "next": f"/api/events/T1/log/?page={n}"})(
            connection
        )

    with pytest.raises(capture.CaptureError, match="list_bytes"):
        pull({LOGS: answer}, replace(SMALL, pages=50, list_bytes=300_000))
    assert next(turn) < 9


@pytest.mark.parametrize(
    ("record", "part"),
    [
        ({"gw_events": "T1"}, "gw_events"), ({"gw_events": [5]}, "gw_events"), ({"gw_events": ["S260101a"]}, "gw_events"),
        ({"gw_events": ["T١"]}, "gw_events"), ({"gw_events": {"T1": 1}}, "gw_events"), ({"em_events": ["x"]}, "em_events"),
        ({"preferred_event": {}}, "preferred_event"), ({"preferred_event_data": "T1"}, "preferred_event_data"),
        ({"gw_events": [f"T{n}" for n in range(9)]}, "members"), ({"t_0": "x"}, "t_0"), ({"superevent_id": "S260101b"}, "record of"),
        ({"gw_id": "S260101b"}, "gw_id"), ({"gw_id": 5}, "gw_id"),
    ],
)  # fmt: skip
def test_a_superevent_of_wrong_types(
    pull: Callable[..., Any], archive: Archive, record: dict[str, Any], part: str
) -> None:
    with pytest.raises(capture.CaptureError) as error:
        pull({"superevents/S260101a/$": value(SUPEREVENT | record)}, asked="S260101a")
    assert part in sentence(error)


def test_an_event_that_claims_members_leads_nowhere(pull: Callable[..., Any], server: Unfriendly) -> None:
    assert len(pull({OBJECT: event(gw_events=["T2"], preferred_event="T3", superevent_id="S260101a")})) == 1
    assert not any(b"T2" in request or b"T3" in request for request in server.asked)


JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 2**53, 10**30, 1e308, "", "x", "\0", "\ud800", "n" * 3000, "1", "٣", [], {}, [None], [[]], [{}], {"": None},
    {"a": {"b": [1]}}, ["T1", "T1"], "http://127.0.0.1:9/", "//x/", "{}", "T1", "S260101a", "GW150914A", -(2**63),
]  # fmt: skip


def spoilt(draw: random.Random, found: Any) -> Any:
    """A value with junk in one place, or one thing missing or doubled."""
    if isinstance(found, dict) and found and draw.random() < 0.9:
        key = draw.choice(list(found))
        if draw.random() < 0.1:
            return {k: v for k, v in found.items() if k != key}
        return found | {key: spoilt(draw, found[key])}
    if isinstance(found, list) and found and draw.random() < 0.9:
        i = draw.randrange(len(found))
        return [*found[:i], spoilt(draw, found[i]), *found[i + draw.randrange(2) :]]
    return draw.choice(JUNK)


@pytest.mark.parametrize("asked", ["T1", "S260101a"])
def test_junk_anywhere_is_one_sentence_or_harmless(
    pull: Callable[..., Any], server: Unfriendly, archive: Archive, asked: str
) -> None:
    draw, kept, refused = random.Random(asked), 0, 0
    for _ in range(120):
        pattern, make = draw.choice(HONEST)
        try:
            pull({f"^/api/{pattern}$": value(spoilt(draw, make(server.root)))}, asked=asked)
            kept += 1
        except capture.CaptureError as error:
            assert str(error).isprintable()
            refused += 1
    assert list(verify(archive)) == []
    assert min(kept, refused) > 10


def test_nobody_else_is_asked(pull: Callable[..., Any], server: Unfriendly) -> None:
    """Links of every kind that lead to another port of this machine, where somebody would answer."""
    with unfriendly() as other:
        answers: list[dict[str, Answer]] = [
            {OBJECT: redirect(f"{other.root}events/T1")},
            {LOGS: value({"log": LOG, "next": f"{other.root}events/T1/log/"})},
            {FILES: files(**{"a.txt,0": f"{other.root}events/T1/files/a.txt,0"})},
            {FILE: redirect(f"{other.root}events/T1/files/a.txt,0")},
            {ROOT: value(root(other.root))},
            {ROOT: redirect(other.root)},
        ]
        for one in answers:
            with pytest.raises(capture.CaptureError, match=f"not on http://127.0.0.1:{server.port} .another port"):
                pull(one)
        assert other.asked == []


def test_limits_can_be_set_and_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACETAPE_LIMITS", "answer_s=20, file_bytes=1e9")
    assert (Limits.meant().answer_s, Limits.meant().file_bytes) == (20, 1_000_000_000)
    for wrong in ("answer_s", "answer_s=x", "nothing=5", "answer_s=-1", "answer_s=nan", "pages=inf"):
        monkeypatch.setenv("GRACETAPE_LIMITS", wrong)
        with pytest.raises(ValueError, match="GRACETAPE_LIMITS"):
            Limits.meant()
