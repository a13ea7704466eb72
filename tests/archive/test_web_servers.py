"""Web servers as they are: they refuse HEAD, are busy, break off, lead elsewhere, pack what they give; what is shared through them stays whole."""

import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.sharing import web_place
from gracetape.archive.sharing.moving import use_store
from gracetape.archive.sharing.places import place_at
from gracetape.archive.sharing.pull import pull
from gracetape.archive.sharing.push import push
from gracetape.archive.verify import verify
from tests.archive.elsewhere import Web, web_server
from tests.archive.stored import contents_of, keep

LARGE = os.urandom(300_000)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of its own, that is not patient."""
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(web_place, "PAUSE_S", 0.01)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "packed.tape"
    with Archive.create(path, packed=True) as tape:
        keep(tape, "G1", [LARGE])
    return path


@pytest.fixture
def web(packed: Path) -> Iterator[Web]:
    with web_server() as web:
        web.files["/a.tape"] = packed.read_bytes()
        yield web


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    with Archive.create(tmp_path / "mine.tape") as tape:
        keep(tape, "G1", [LARGE, b"", b"two" * 500])
    return tmp_path / "mine.tape"


def push_from(path: Path, url: str) -> None:
    with Archive.open(path) as tape:
        push(tape, place_at(url))


def read(url: str | Path) -> list[bytes]:
    with Archive.open(url) as tape:
        assert list(verify(tape)) == []
        return contents_of(tape, "G1")


def answers(method: str, status: int, **headers: str | None) -> Callable[[Any], bool]:
    """What a server answers to a method instead."""

    def instead(request: Any) -> bool:
        if request.command == method:
            request.answer(status, **headers)
        return bool(request.command == method)

    return instead


def test_an_empty_file_travels(mine: Path, tmp_path: Path) -> None:
    with web_server() as web:
        push_from(mine, f"{web.url}/x.tape")
        pull(place_at(f"{web.url}/x.tape"), tmp_path / "got.tape")
    assert read(tmp_path / "got.tape") == [LARGE, b"", b"two" * 500]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_server_that_leads_what_is_sent_elsewhere_has_not_got_it(status: int, mine: Path) -> None:
    with web_server() as web:
        web.instead = answers("PUT", status, Location="https://tapes.invalid/x?token=secret")
        for give in (lambda: push_from(mine, f"{web.url}/x.tape"), lambda: use_store(mine, f"{web.url}/store")):
            with pytest.raises(
                ArchiveError, match="leads to https://tapes.invalid/x.*nothing was sent there"
            ) as caught:
                give()
            assert "secret" not in str(caught.value)
    assert read(mine) == [LARGE, b"", b"two" * 500], "and it is still here"


def test_a_server_that_says_yes_to_everything_is_no_store(mine: Path) -> None:
    """Such as a page that shows one document at all addresses."""
    with web_server() as web:
        web.instead = lambda request: request.answer(200, b"<html>") or True
        with pytest.raises(ArchiveError, match="takes files, and does not have them then"):
            use_store(mine, f"{web.url}/store")
    assert read(mine) == [LARGE, b"", b"two" * 500]


@pytest.mark.parametrize("status", [300, 304, 204, 202])
def test_an_answer_that_holds_no_file_is_none(status: int, web: Web, mine: Path) -> None:
    web.instead = lambda request: request.answer(status) or True
    for use in (lambda: Archive.open(f"{web.url}/a.tape"), lambda: push_from(mine, f"{web.url}/x.tape")):
        with pytest.raises(ArchiveError, match=f"the server answered {status}"):
            use()


@pytest.mark.parametrize(
    "instead",
    [
        answers("HEAD", 403), answers("HEAD", 405), answers("HEAD", 501), answers("HEAD", 200, Content_Length=None),
        answers("HEAD", 200, Content_Length="many"),
    ],
)  # fmt: skip
def test_a_server_that_tells_nothing_when_asked_for_nothing(instead: Callable[[Any], bool], web: Web) -> None:
    """Addresses that are signed are so for GET alone."""
    web.instead = instead
    assert read(f"{web.url}/a.tape") == [LARGE]


def test_a_server_that_gives_no_tag_when_asked_for_nothing(web: Web) -> None:
    size = str(len(web.files["/a.tape"]))
    web.instead = answers("HEAD", 200, Content_Length=size)
    assert read(f"{web.url}/a.tape") == [LARGE]


def test_a_packed_tape_is_pulled_where_what_is_missing_is_refused(web: Web, tmp_path: Path) -> None:
    """As buckets do that do not let everybody list them."""
    web.instead = lambda request: request.path != "/a.tape" and (request.answer(403) or True)
    assert pull(place_at(f"{web.url}/a.tape"), tmp_path / "got.tape").captures == ["G1@1"]
    with pytest.raises(ArchiveError, match=r"tape.json: the server answered 403"):
        pull(place_at(f"{web.url}/other.tape"), tmp_path / "other.tape")


@pytest.mark.parametrize("status", [429, 503, None])
def test_a_server_that_is_busy_is_asked_again(status: int | None, mine: Path, tmp_path: Path) -> None:
    with web_server() as web:
        seen = set[tuple[str, str]]()

        def instead(request: Any) -> bool:
            """Each for the first time."""
            new = (request.command, request.path) not in seen
            seen.add((request.command, request.path))
            if not new or (status is None and (len(seen) == 1 or request.path.endswith("tape.json"))):
                return False
            if status is None:
                request.close_connection = True
            else:
                request.answer(status)
            return True

        web.instead = instead
        push_from(mine, f"{web.url}/x.tape")
        pull(place_at(f"{web.url}/x.tape"), tmp_path / "got.tape")
    assert read(tmp_path / "got.tape") == [LARGE, b"", b"two" * 500]


def test_a_server_that_stays_busy_is_told_of(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_place, "PAUSE_S", 0.0)
    web.instead = lambda request: request.answer(503) or True
    with pytest.raises(ArchiveError, match="the server answered 503"):
        Archive.open(f"{web.url}/a.tape")
    assert len(web.asked) == web_place.MOST_TRIES
    web.asked.clear()
    web.instead = lambda request: request.answer(503, Retry_After="100000") or True
    with pytest.raises(ArchiveError, match="the server answered 503"):
        Archive.open(f"{web.url}/a.tape")
    assert len(web.asked) == 1, "that long nobody waits"


def test_what_breaks_off_is_gone_on_with(web: Web, mine: Path, tmp_path: Path) -> None:
    push_from(mine, f"{web.url}/x.tape")
    web.cut = 40_000
    assert read(f"{web.url}/a.tape") == [LARGE]
    pull(place_at(f"{web.url}/x.tape"), tmp_path / "got.tape")
    assert read(tmp_path / "got.tape") == [LARGE, b"", b"two" * 500]
    web.ranges = False
    with pytest.raises(ArchiveError, match="broke off after 40000 bytes: try again"):
        pull(place_at(f"{web.url}/x.tape"), tmp_path / "other.tape")


def test_what_breaks_off_and_changes_is_not_gone_on_with(web: Web, packed: Path) -> None:
    class Other:
        """Gives another file to whoever asks for its end."""

        def __call__(self, request: Any) -> bool:
            if "Range" in request.headers:
                web.files["/a.tape"] = packed.read_bytes()[:-1] + b"x"
            return False

    web.cut, web.instead = 40_000, Other()
    with pytest.raises(ArchiveError, match="has changed while it was read"):
        b"".join(place_at(f"{web.url}/a.tape").read(""))


@pytest.mark.parametrize("kept", [0, 8192])
def test_a_file_that_was_cut_meanwhile_has_changed(kept: int, web: Web) -> None:
    with Archive.open(f"{web.url}/a.tape") as tape:
        entry = tape.view("G1").files()[0]
        web.files["/a.tape"] = web.files["/a.tape"][:kept]
        with pytest.raises(ArchiveError, match="has changed while it was read: open it again"):
            b"".join(tape.read(entry))


def test_a_server_that_packs_what_it_gives_is_told_of(web: Web) -> None:
    web.instead = answers("GET", 206, Content_Encoding="gzip", Content_Range="bytes 0-0/400000", ETag='W/"packed"')
    with pytest.raises(ArchiveError, match=r"the server packs what it gives \(gzip\)"):
        Archive.open(f"{web.url}/a.tape")


def test_a_part_is_not_the_whole(web: Web) -> None:
    web.instead = answers("GET", 206, Content_Range="bytes 0-0/400000")
    with pytest.raises(ArchiveError, match="the server gave a part of it"):
        b"".join(place_at(f"{web.url}/a.tape").read(""))


def test_the_whole_is_as_good_as_a_range_of_all(web: Web) -> None:
    def instead(request: BaseHTTPRequestHandler) -> bool:
        if request.command == "GET":
            del request.headers["Range"]
        return False

    web.files["/a.txt"], web.instead = b"all of it", instead
    assert b"".join(place_at(f"{web.url}/a.txt").read("", 0, 9)) == b"all of it"


def test_what_others_push_meanwhile_is_seen_where_the_server_does_not_look(mine: Path, tmp_path: Path) -> None:
    with web_server(heeds=False) as web:
        place = place_at(f"{web.url}/x.tape")
        push_from(mine, place.url)
        stamp = place.stamp("tape.json")
        assert stamp is not None
        for tag in (None, '"other"', 'W/"other"'):
            with pytest.raises(ArchiveError, match="has changed meanwhile"):
                place.replace("tape.json", b"{}", tag)
        place.replace("tape.json", b"{}", stamp.tag)
        assert web.files["/x.tape/tape.json"] == b"{}"


def test_a_login_is_kept_where_a_server_leads_to_itself(web: Web) -> None:
    def instead(request: Any) -> bool:
        if request.path == "/old.tape":
            request.answer(301, Location=f"{web.url}/a.tape")
            return True
        if request.headers["Authorization"] is None:
            request.answer(401)
            return True
        return False

    web.instead = instead
    assert read(f"{web.url.replace('//', '//albert:secret@')}/old.tape") == [LARGE]


def test_a_long_answer_to_what_was_sent_is_not_read(mine: Path) -> None:
    with web_server() as web:

        def instead(request: Any) -> bool:
            if request.command != "PUT":
                return False
            request.answer(507, bytes(1 << 20), Content_Length=str(1 << 60))
            return True

        web.instead = instead
        with pytest.raises(ArchiveError, match="the server answered 507"):
            push_from(mine, f"{web.url}/x.tape")
