"""A packed tape on the web is read where it is, by ranges: what is asked for comes, and two states of it never mix."""

import os
import pickle
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Archive, ArchiveError, sharing
from gracetape.archive.packing import convert
from gracetape.archive.sharing import ranged_file
from gracetape.archive.sharing.places import place_at
from gracetape.archive.sharing.pull import pull
from gracetape.archive.sharing.push import push
from gracetape.archive.sharing.ranged_file import RangedFile
from gracetape.archive.sharing.web_place import WebPlace
from gracetape.archive.verify import verify
from gracetape.dummy import GraceDb
from gracetape.errors import UsageError
from tests import commands
from tests.archive.elsewhere import Web, web_server
from tests.archive.stored import contents_of, keep
from tests.archive.test_older import made_older

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
LARGE = os.urandom(3 << 20)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short tape and an object with a large file, in one file."""
    folder = tmp_path_factory.mktemp("packed")
    with Archive.open(SHORT) as tape:
        convert(tape, folder / "made.tape", packed=not tape.packed)
    with Archive.open(folder / "made.tape", read_only=False) as tape:
        keep(tape, "G77", [LARGE])
        if tape.packed:
            return folder / "made.tape"
        convert(tape, folder / "packed.tape", packed=True)
    return folder / "packed.tape"


@pytest.fixture
def web(packed: Path) -> Iterator[Web]:
    with web_server() as web:
        web.files["/a.tape"] = packed.read_bytes()
        yield web


def test_everything_is_read_and_little_comes(web: Web, packed: Path) -> None:
    url = f"{web.url}/a.tape"
    with Archive.open(url) as tape, Archive.open(packed) as local:
        assert tape.captures() == local.captures()
        assert tape.size_on_disk() == packed.stat().st_size
        assert str(tape.path) == url
    assert [a.payload("modern") for a in replay.play(url, "TS101020a", clock=replay.MaxClock())] == [
        a.payload("modern") for a in replay.play(packed, "TS101020a", clock=replay.MaxClock())
    ]
    assert web.bytes_given < 1 << 20
    with Archive.open(url) as tape:
        assert contents_of(tape, "G77") == [LARGE]
        assert list(verify(tape)) == []


def test_a_dummy_over_it_answers_and_keeps_writes_for_itself(web: Web, packed: Path) -> None:
    url = f"{web.url}/a.tape"
    with GraceDb(url, as_of="TS101020a:5") as there, GraceDb(packed, as_of="TS101020a:5") as here:
        for ask in (lambda c: c.logs("TS101020a"), lambda c: c.superevent("TS101020a"), lambda c: c.files("T1")):
            assert ask(there).json() == ask(here).json()
    with GraceDb(url) as client:
        number = client.write_log("TS101020a", "one of mine", "mine.txt", b"contents").json()["N"]
        assert client.files("TS101020a", "mine.txt").read() == b"contents"
        assert client.logs("TS101020a", number).json()["comment"] == "one of mine"
        assert [s["superevent_id"] for s in client.superevents("id: TS101020a")] == ["TS101020a"]
    with pytest.raises(ArchiveError, match="cannot be written to"):
        GraceDb(url, keep=True)


def test_commands_take_its_url(web: Web, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        command = [sys.executable, "-m", "gracetape", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    url = f"{web.url}/a.tape"
    assert "TS101020a" in run("archive", "ls", "-a", url)
    run("replay", url, "TS101020a", "--max", "--quiet", "--to", "messages.jsonl")
    assert (tmp_path / "messages.jsonl").read_text().count("TS101020a")


def test_a_token_in_its_url_opens_it_and_is_shown_nowhere(web: Web, tmp_path: Path) -> None:
    def instead(request: Any) -> bool:
        path, _, options = request.path.partition("?")
        if options != "token=secretword":
            request.answer(401)
            return True
        request.path = path
        return False

    web.instead = instead
    url, shown = f"{web.url}/a.tape?token=secretword", f"{web.url}/a.tape?token=***"
    for words in (
        ["archive", "ls", "-a", url], ["replay", "TS101020a", "-a", url, "--max", "--quiet", "--to", "messages.jsonl"],
        ["view", url, "TS101020a", "--html", "out.html"], ["archive", "unpack", url],
    ):  # fmt: skip
        done = commands.run(["gracetape", *words], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert "secretword" not in done.stdout + done.stderr
    for path in ("messages.jsonl", "out.html"):
        assert "TS101020a" in (tmp_path / path).read_text()
        assert "secretword" not in (tmp_path / path).read_text()
    with Archive.open(tmp_path / "a.unpacked.tape") as tape:
        assert list(verify(tape)) == []
    with Archive.open(url) as tape:
        assert str(tape.path) == shown
        elsewhere = pickle.loads(pickle.dumps(tape.path.absolute()))  # as other processes get it
        with Archive.open(elsewhere) as again:
            assert again.captures() == tape.captures()


def test_no_archive_is_made_where_a_url_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for make in (Archive.create, Archive.at, lambda url: pull(place_at(str(SHORT)), Path(url))):
        with pytest.raises(ArchiveError, match="cannot be written to|no path of this machine"):
            make("https://tapes.invalid/a.tape")
    assert list(tmp_path.iterdir()) == []


def test_it_is_shown_in_the_browser(web: Web, tmp_path: Path) -> None:
    url = f"{web.url}/a.tape"
    done = commands.run(
        ["gracetape", "view", url, "TS101020a", "--html", "out.html"], cwd=tmp_path, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "TS101020a" in (tmp_path / "out.html").read_text()
    with commands.Popen(["gracetape", "view", url, "--no-open"], stdout=subprocess.PIPE) as view:
        assert view.stdout is not None
        page = re.search(r"http://127\.0\.0\.1:\d+/(?= \()", view.stdout.readline())
        assert page is not None
        with urllib.request.urlopen(f"{page[0]}api/objects/TS101020a") as answer:
            assert b"TS101020a" in answer.read()
        view.terminate()
        assert view.wait() == 0
    assert web.bytes_given < 2 << 20


@pytest.mark.parametrize("where", ["web", "folder"])
def test_a_tape_that_was_pushed_is_to_be_pulled(where: str, web: Web, tmp_path: Path) -> None:
    pushed = f"{web.url}/pushed.tape" if where == "web" else str(tmp_path / "pushed.tape")
    with Archive.open(SHORT) as tape:
        push(tape, place_at(pushed))
    said = f"{re.escape(pushed)} is a tape that was pushed there, in pieces: `gracetape archive pull {re.escape(pushed)}` brings it"
    for use in (Archive.open, replay.play, GraceDb):
        with pytest.raises(ArchiveError, match=said):
            use(pushed)  # type: ignore[operator]


def test_a_tape_that_changes_while_it_is_read(web: Web, packed: Path) -> None:
    with Archive.open(f"{web.url}/a.tape") as tape:
        entry = tape.view("G77").files()[0]
        web.files["/a.tape"] = packed.read_bytes()[:-4096] + bytes(4096)
        with pytest.raises(ArchiveError, match="has changed while it was read: open it again"):
            b"".join(tape.read(entry))


def test_a_line_that_breaks_off_is_asked_once_more(web: Web, packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_file, "PAUSES_S", (0.0, 0.0))
    ordinary, asked = WebPlace.read, list[int]()

    def read(place: WebPlace, name: str, start: int = 0, *rest: Any) -> Iterator[bytes]:
        asked.append(start)
        pieces = ordinary(place, name, start, *rest)
        if len(asked) % 3 == 1:
            yield b"".join(pieces)[:100]
        elif len(asked) % 3 == 2:
            raise ArchiveError("broke off")
        else:
            yield from pieces

    monkeypatch.setattr(WebPlace, "read", read)
    with Archive.open(f"{web.url}/a.tape") as tape:
        assert contents_of(tape, "G77") == [LARGE]
    monkeypatch.setattr(WebPlace, "read", lambda *_: iter([b""]))
    with pytest.raises(ArchiveError, match="broke off: 0 of"):
        RangedFile(place_at(f"{web.url}/a.tape"), "").read(0, 1)


def test_a_server_without_ranges(packed: Path, tmp_path: Path) -> None:
    with web_server(ranges=False) as web:
        web.files["/a.tape"] = packed.read_bytes()
        with pytest.raises(ArchiveError, match="gives no ranges of files"):
            Archive.open(f"{web.url}/a.tape")
        with pytest.raises(ArchiveError, match="fetch the packed archive as a whole"):
            pull(place_at(f"{web.url}/a.tape"), tmp_path / "got.tape")


def test_what_is_kept_of_it_is_bounded(web: Web, packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_file, "MOST_KEPT", 4 * ranged_file.BLOCK)
    file = ranged_file.RangedFile(place_at(f"{web.url}/a.tape"), "")
    whole = packed.read_bytes()
    assert b"".join(file.read(at, 100_000) for at in range(0, len(whole), 100_000)) == whole
    assert len(file._blocks) <= 4
    assert file.read(len(whole) - 10, 100) == whole[-10:]
    assert file.read(len(whole) + 10, 100) == b""


def test_what_is_no_packed_tape(web: Web) -> None:
    web.files["/page.html"] = b"<html>" * 1000
    with pytest.raises(ArchiveError, match="is not a packed gracetape archive"):
        Archive.open(f"{web.url}/page.html")
    with pytest.raises(ArchiveError, match="there is nothing there"):
        Archive.open(f"{web.url}/none.tape")
    web.files["/cut.tape"] = web.files["/a.tape"][:100_000]
    with pytest.raises(ArchiveError, match="damaged"):
        Archive.open(f"{web.url}/cut.tape")


def test_it_is_pulled_and_only_what_is_missing_comes(web: Web, packed: Path, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "got.tape") as tape:
        keep(tape, "G78", [LARGE])
    came = pull(place_at(f"{web.url}/a.tape"), tmp_path / "got.tape")
    assert "G77@1" in came.captures
    assert web.bytes_given < len(LARGE)
    with Archive.open(tmp_path / "got.tape") as tape:
        assert contents_of(tape, "G77") == [LARGE]
        assert list(verify(tape)) == []


def test_an_archive_of_this_machine_is_pulled_too(packed: Path, tmp_path: Path) -> None:
    assert "G77@1" in pull(place_at(str(packed)), tmp_path / "one.tape").captures
    assert "G77@1" in pull(place_at(str(tmp_path / "one.tape")), tmp_path / "two.tape").captures


def test_without_apsw_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apsw", None)
    monkeypatch.delitem(sys.modules, "gracetape.archive.sharing.ranged_sqlite", raising=False)
    monkeypatch.delattr(sharing, "ranged_sqlite", raising=False)
    with pytest.raises(UsageError, match="the package apsw is needed: pip install"):
        Archive.open("http://127.0.0.1:9/a.tape")


def test_a_tape_of_an_older_schema(tmp_path: Path) -> None:
    """Its tables are copied, and brought to the newest form; its contents are read where they are."""
    with Archive.create(tmp_path / "old.tape", packed=True) as tape:
        keep(tape, "G77", [LARGE])
    made_older(tmp_path / "old.tape")
    with web_server() as web:
        web.files["/old.tape"] = (tmp_path / "old.tape").read_bytes()
        with Archive.open(f"{web.url}/old.tape") as tape:
            assert [capture.ref for capture in tape.captures()] == ["G77@1"]
            assert web.bytes_given < len(LARGE)
            assert contents_of(tape, "G77") == [LARGE]
        with GraceDb(f"{web.url}/old.tape") as client:
            client.write_log("G77", "one of mine")
            assert client.files("G77", "0.txt").read() == LARGE
