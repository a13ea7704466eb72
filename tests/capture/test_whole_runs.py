"""Runs of many objects: which they are of, whatever way it is said; what fails in the middle; how many are still to come."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lives import new_event
from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.capture import asked
from gracetape.capture.archive_sink import ArchiveSink
from gracetape.capture.follow import Follower
from gracetape.capture.progress import Silent
from gracetape.capture.pull import capture_each
from gracetape.errors import CaptureError, UsageError
from tests import commands
from tests.capture.conftest import Source
from tests.capture.test_following import heard

BROKEN = ("500 Internal Server Error", {}, b"an error")


@pytest.fixture
def many(source: Source) -> Source:
    """The source with 11 events more, T2 to T12."""
    for _ in range(11):
        new_event(source.client)
    return source


def run(*words: object, **options: Any) -> Any:
    return commands.run(["capture", *words], capture_output=True, **options)


# -- which objects


@pytest.mark.parametrize(
    "text",
    ["\ufeffT1\nT2\n", "T1\r\n\r\nT2\r\n", "\ufeff# some\r\nT1,T2\r\n", "T1\rT2\r", " T1\u00a0\n\tT2"],
    ids=["a mark", "CRLF", "a mark and a remark", "CR", "other blanks"],
)
def test_ids_are_read_as_any_editor_writes_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes(text.encode())
    assert asked.ids_of_file(path) == ["T1", "T2"]


def test_a_long_list_of_ids_is_read_at_once_and_its_faults_are_found(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("".join(f"G{i}\n" for i in range(100_000)))
    assert len(asked.ids_of_file(path)) == 100_000
    path.write_text("G1\n" * 70_000 + "g2\n")
    with pytest.raises(UsageError, match=r"line 70001: 'g2' is not a GraceID"):
        asked.ids_of_file(path)


def test_what_is_piped_in_and_no_text_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_bytes(b"T1\n\xff\xfe\n")
    with (tmp_path / "ids.txt").open() as file:
        done = run("--from-file", "-", "-a", tmp_path / "a.tape", stdin=file)
    assert done.returncode == 2
    assert "standard input: it is not UTF-8" in done.stderr


class Counts(Silent):
    """How many objects are to come, and how many came."""

    def __init__(self) -> None:
        self.total, self.came = 0, 0

    def more(self, objects: int | None) -> None:
        self.total += objects or 0

    def end(self, result: Any) -> None:
        self.came += 1


def test_a_bar_ends_where_the_run_does(many: Source, tmp_path: Path) -> None:
    """Ids that come twice, and members that were asked for besides, are one object each."""
    superevent = many.client.create_superevent(
        1e9, 1000000000.1, 1e9 + 1, "T2", events=["T2", "T3"], category="T"
    ).json()
    name, counts = superevent["superevent_id"], Counts()
    ids = ["T3", "T4", "T4", name, "T2", name, "T5"]
    counts.more(len(ids))
    with capture.connect(many.url) as client:
        found = list(capture_each(iter(ids), tmp_path / "a.tape", client, files=False, progress=counts))
    assert (counts.total, counts.came, len(found)) == (5, 5, 5)


class Pages:
    """A server's pages of some ids, which `change` before each of them."""

    links = {"events": "events/"}

    def __init__(self, ids: list[str], changes: list[Any]) -> None:
        self.ids, self.changes, self.asked = ids, iter(changes), 0

    def get(self, url: str) -> Any:
        self.asked += 1
        next(self.changes, lambda ids: None)(self.ids)
        start = int(url.partition("start=")[2] or 0)
        following = f"events/?start={start + 4}" if start + 4 < len(self.ids) else None
        page = {
            "events": [{"graceid": name} for name in self.ids[start : start + 4]], "numRows": len(self.ids),
            "links": {"next": following},
        }  # fmt: skip
        return type("Response", (), {"json": lambda self: page})()


def nothing(ids: list[str]) -> None:
    pass


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [nothing, lambda ids: ids.append("T99")],
        [nothing, lambda ids: ids.insert(0, "T99")],
        [nothing, lambda ids: ids.remove("T1")],
        [nothing, lambda ids: ids.remove("T1"), lambda ids: ids.remove("T2")],
        [nothing, lambda ids: ids.remove("T1"), nothing, lambda ids: ids.append("T99")],
    ],
    ids=["nothing", "one more", "one before", "one gone", "two gone", "one gone, one more"],
)
def test_what_stays_is_found_though_others_come_and_go(changes: list[Any]) -> None:
    ids, told = [f"T{i}" for i in range(1, 11)], list[int | None]()
    server = Pages(list(ids), changes)
    found = list(asked.found_by(server, "label: INJ", "event", told.append))
    assert set(found) >= {name for name in server.ids if name in ids}
    assert len(found) == len(set(found)) == sum(count or 0 for count in told)
    assert server.asked <= 9


def test_a_server_that_counts_wrongly_is_not_asked_for_ever() -> None:
    server, told = Pages(["T1"], []), list[int | None]()
    ordinary = server.get

    def get(url: str) -> Any:
        page = ordinary(url).json() | {"numRows": 3000}
        return type("Response", (), {"json": lambda self: page})()

    server.get = get  # type: ignore[method-assign]
    assert list(asked.found_by(server, "label: INJ", "event", told.append)) == ["T1"]
    assert (told, server.asked) == ([3000, -2999], 2)


# -- what fails in the middle


def test_objects_at_which_the_server_fails_do_not_end_the_run(
    many: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    many.faulty.faults = {f"/events/T{i}": [BROKEN] * 1000 for i in (2, 3, 4, 5, 6, 7)}
    ids = [f"T{i}" for i in range(2, 13)]
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(many.url) as client:
        with pytest.raises(CaptureError, match="not captured either: T3, T4, T5, T6, T7 .kept so far: T8@1"):
            capture.capture(ids, archive, client, files=False, connections=1)
        assert archive.objects() == ["T8", "T9", "T10", "T11", "T12"]
        many.faulty.faults, many.faulty.asked = {}, []
        assert len(capture.capture(ids, archive, client, files=False)) == 11
        assert list(verify(archive)) == []


def test_a_server_that_fails_at_everything_is_asked_no_more(
    many: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    broken = [f"T{i}" for i in range(2, 900)]
    with capture.connect(many.url) as client:
        capture.capture(["T1"], tmp_path / "a.tape", client, files=False)
        many.faulty.faults, many.faulty.asked = {"/api/": [BROKEN] * 100_000}, []
        with pytest.raises(CaptureError, match="answers 500") as met:
            capture.capture(broken, tmp_path / "a.tape", client, files=False, connections=1)
        assert "not captured either: T2, T3" in str(met.value)
        assert len(many.faulty.asked) < 60
        many.faulty.faults, many.faulty.asked = {"/api/events": [BROKEN] * 100_000}, []  # it still says what it is
        with pytest.raises(CaptureError, match="answers 500"):
            capture.capture(broken, tmp_path / "a.tape", client, files=False, connections=1)
        assert len(many.faulty.asked) < 500


def test_a_file_at_which_the_server_fails_keeps_nothing_else_from_coming(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    source.faulty.faults = {"/file8.txt,0": [BROKEN] * 1000}
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        for again in range(2):
            with pytest.raises(
                CaptureError, match="file8.txt,0 of T1: the server answers 500: an error; all else is kept"
            ):
                capture.capture([source.graceid], archive, client, recapture=again > 0)
        absent = [entry.full_name for entry in archive.view(source.graceid).files() if entry.sha256 is None]
        assert (absent, len(archive.captures(source.graceid))) == (["file8.txt,0"], 1)
        source.faulty.faults = {}
        result = capture.capture([source.graceid], archive, client)[0]
        assert (result.fetched, result.absent, result.new) == (1, [], True)
        assert list(verify(archive)) == []


def test_a_server_that_gives_no_files_any_more_is_asked_for_no_more_of_them(
    many: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    monkeypatch.setattr("gracetape.capture.in_a_row._AT_MOST", 6)
    many.faulty.faults = {",0": [BROKEN] * 10_000}
    ids = [f"T{i}" for i in range(1, 13)]
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(many.url) as client:
        with pytest.raises(CaptureError, match="the server answers 500"):
            capture.capture(ids, archive, client, connections=1, pattern="coinc*")
        assert archive.objects() == ids[:6]
        many.faulty.faults = {}
        assert len(capture.capture(ids, archive, client, connections=1, pattern="coinc*")) == 12


def test_a_plan_knows_what_an_interrupted_capture_left(source: Source, tmp_path: Path) -> None:
    """And that the files of an older version are here, though the newest is of another server."""
    words = (source.graceid, "--service-url", source.url, "-a", tmp_path / "a.tape")
    source.faulty.faults = {"/file8.txt,0": [("400 Bad Request", {}, b"no")]}
    assert run(*words).returncode == 1
    source.faulty.faults, source.faulty.asked = {}, []
    told = json.loads(run("plan", *words, "--json").stdout)["total"]
    assert run(*words).returncode == 0
    files = [path for path in source.faulty.asked if path.endswith((",0", ",1"))]
    came = len(files) - told["files"]  # the plan asks for sizes
    assert (told["files"], told["unknown"]) == (came, 0)
    assert 0 < told["files"] < 15
    blob = next(path for path in (tmp_path / "a.tape" / "blobs").rglob("*") if path.is_file())
    blob.write_bytes(b"damaged")
    assert json.loads(run("plan", *words, "--json").stdout)["total"]["files"] > 0


# -- recordings that capture


def test_who_follows_says_of_those_that_did_not_come_that_they_did_not_and_of_no_other(
    many: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gracetape.capture.service._LONGEST_PAUSE", 0.001)
    monkeypatch.setattr("gracetape.capture.follow._AT_ONCE", 12)
    ids = [f"T{i}" for i in range(1, 13)]
    ordinary, left = many.faulty.app, iter(range(100))

    def app(environ: dict[str, Any], respond: Any) -> Iterator[bytes]:
        """Gone for good in the middle."""
        if next(left, None) is None:
            respond("500 Internal Server Error", [])
            return iter([b"an error"])
        found: Iterator[bytes] = ordinary(environ, respond)
        return found

    many.faulty.app = app
    with Archive.create(tmp_path / "a.tape") as archive:
        follower = Follower(archive, many.url, always=True)
        sink = ArchiveSink(archive, "exec:nothing", follower.named)
        sink.keep([heard(f'{{"uid": "{uid}", "alert_type": "new", "n": {uid[1:]}}}') for uid in ids])
        follower.close()
        here = set(archive.objects())
        assert 0 < len(here) < len(ids)
        assert set(follower.missing) == set(ids) - here
