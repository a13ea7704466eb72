"""Lists that are answered as they are stored and kept: never otherwise than what reading and encoding them anew would give."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.encode import encode
from gracetape.archive.scratch import ScratchView
from gracetape.dummy.kept_answers import Answer, KeptAnswers, Verbatim
from gracetape.dummy.links import HOME, relink

_TEXTS = st.one_of(
    st.text(max_size=12),
    st.builds("{}{}{}".format, st.sampled_from(["", '"', "\\", 'see "', '\\"']),
              st.sampled_from([HOME, "http://dummy.invalid/api/v2/", "https://dummy.invalid/api/v1/x", "https://dummy.invalid/apiary/"]),
              st.sampled_from(["", "events/G1", '"', "\n"])),
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["comment", "self", HOME]) | _TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None)  # other work on the machine is no failure
@given(st.dictionaries(st.sampled_from(["comment", "self", "file", "links"]), _VALUES), st.booleans())
def test_a_record_is_led_elsewhere_as_if_it_had_been_read(record: dict[str, Any], spaced: bool) -> None:
    verbatim, text = Verbatim(), json.dumps(record) if spaced else encode(record)
    for new in ("http://127.0.0.1:8000/api/", HOME, f"{HOME}v2/", 'http://"odd"/api/'):
        expected = encode(relink(record, HOME, new))
        for _ in range(3):
            assert verbatim.text(text, "its digest", lambda: record, HOME, new) == expected


def test_the_answers_that_were_not_asked_for_the_longest_time_go() -> None:
    body = b"x" * 20
    one = KeptAnswers()
    one.put("a", 1, body)
    kept = KeptAnswers(most_bytes=5 * one.size)
    for name in "abcde":
        kept.put(name, 1, body)
    assert kept.get("a", 1) is not None
    kept.put("f", 1, body)
    assert [name for name in "abcdef" if kept.get(name, 1) is None] == ["b"]
    long = b"x" * 2 * one.size
    assert kept.put("too long to be kept", 1, long).body == long
    assert kept.get("too long to be kept", 1) is None


def test_of_each_place_the_answer_of_the_last_state_alone_is_kept() -> None:
    kept = KeptAnswers()
    first = kept.put("log", 1, b"one entry")
    size = kept.size
    for state in range(2, 100):
        kept.put("log", state, b"two words")
        assert kept.size == size
        assert (kept.get("log", state - 1), kept.get("log", state)) == (None, Answer.of(b"two words"))
    assert first.tag != Answer.of(b"two words").tag


@pytest.fixture(params=["tape", "scratch"])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Archive]:
    with Archive.create(tmp_path / "a.tape") as tape:
        if request.param == "tape":
            yield tape
        else:
            with ScratchView(tape) as scratch:
                yield scratch


def _answers(client: Any, graceid: str, superevent: str) -> dict[str, Any]:
    return {
        "logs": client.logs(graceid).json(), "files": client.files(graceid).json(), "labels": client.labels(graceid).json(),
        "superevent": client.superevent(superevent).json(), "events": list(client.events("")),
        "superevents": list(client.superevents("")), "superevent's logs": client.logs(superevent).json(),
    }  # fmt: skip


def test_what_was_written_is_answered_at_once_whoever_wrote_it(archive: Archive) -> None:
    with dummy.GraceDb(archive) as writer, dummy.GraceDb(archive) as reader:
        graceid = new_event(writer)
        superevent = writer.create_superevent(1, 2, 3, graceid, category="T").json()["superevent_id"]
        for write in (
            lambda: writer.write_log(graceid, HOME + "events/G1 is a link", filename="a.txt", filecontents="a"),
            lambda: writer.write_label(graceid, "DQV"),
            lambda: writer.remove_label(graceid, "DQV"),
            lambda: writer.write_label(graceid, "DQV"),
            lambda: writer.add_tag(graceid, 1, "em_follow"),
            lambda: writer.write_label(superevent, "ADVREQ"),
            lambda: writer.update_superevent(superevent, t_0=2.5),
        ):  # fmt: skip
            before = _answers(reader, graceid, superevent)
            assert _answers(reader, graceid, superevent) == before
            write()
            after = _answers(reader, graceid, superevent)
            assert after != before
            with dummy.GraceDb(archive) as fresh:
                assert after == _answers(fresh, graceid, superevent)
    assert after["superevent"]["preferred_event_data"]["labels"] == ["DQV"]


def test_the_tag_of_an_answer_that_is_kept_changes_with_its_bytes_alone(archive: Archive) -> None:
    with dummy.GraceDb(archive) as client:
        graceid = new_event(client)
        superevent = client.create_superevent(1, 2, 3, graceid, category="T").json()["superevent_id"]
        moments = count()
        for address in (
            f"events/{graceid}/log/",
            f"superevents/{superevent}/",
            "superevents/",
            "superevents/?count=1",
            "events/",
        ):
            seen: dict[str, bytes] = {}
            for word in ("a", "b"):
                for _ in range(2):
                    answer = client.get(HOME + address)
                    assert seen.setdefault(answer.headers["ETag"], answer.content) == answer.content
                with dummy.GraceDb(archive) as fresh:  # which has kept nothing
                    assert fresh.get(HOME + address).headers["ETag"] == answer.headers["ETag"]
                assert client.get(HOME + address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
                client.write_log(graceid, word)
                client.update_superevent(superevent, t_0=2.1 + next(moments) / 100)
            assert len(set(seen.values())) == len(seen)


def test_a_head_says_what_the_answer_would_and_a_part_that_is_known_is_not_sent_again(archive: Archive) -> None:
    with dummy.GraceDb(archive) as client:
        graceid = new_event(client)
        client.write_log(graceid, "a file", filename="a.txt", filecontents="0123456789")
        file = f"{HOME}events/{graceid}/files/a.txt"
        for address in (file, f"{HOME}events/{graceid}/log/", f"{HOME}events/", HOME):
            whole, head = client.get(address), client.head(address)
            assert (head.status_code, head.content) == (200, b"")
            for name in ("ETag", "Content-Length", "Content-Type"):
                assert head.headers[name] == whole.headers[name]
        part = client.get(file, headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"234")
        for known in (part.headers["ETag"], "*"):
            answer = client.get(file, headers={"Range": "bytes=2-4", "If-None-Match": known})
            assert (answer.status_code, answer.content, "Content-Range" in answer.headers) == (304, b"", False)
