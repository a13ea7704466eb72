"""Tapes shared through a folder, a web server and an object store: what is missing travels, whole or not at all, and nothing is lost."""

import hashlib
import json
import os
import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Archive, ArchiveError, blob_places
from gracetape.archive.packing import convert
from gracetape.archive.recorded import Recorded, add_recorded
from gracetape.archive.sharing import rows
from gracetape.archive.sharing.folder_place import FolderPlace
from gracetape.archive.sharing.head import blob_name
from gracetape.archive.sharing.places import Place, place_at
from gracetape.archive.sharing.pull import Came, pull
from gracetape.archive.sharing.push import Sent, push
from gracetape.archive.sharing.web_place import WebPlace
from gracetape.archive.verify import verify
from gracetape.dummy import GraceDb
from gracetape.errors import UsageError
from gracetape.times import parse_time
from tests.archive.elsewhere import web_server
from tests.archive.stored import contents_of, keep

CANDIDATE = {"gpstime": 1400000000.0, "detection_statistic": 8.0, "far": 1e-8, "chirp_mass": 30.0, "ifos": ["H1", "L1"]}
SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture(params=["folder", "web", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        yield place_at(str(tmp_path / "shared" / "one.tape"))
    elif request.param == "web":
        with web_server() as web:
            yield place_at(f"{web.url}/shared/one.tape")
    else:
        yield place_at(f"memory://{tmp_path.name}/one.tape")


def push_from(path: Path, place: Place, *, force: bool = False) -> Sent:
    with Archive.open(path) as archive:
        return push(archive, place, force=force)


def kept(path: Path, **objects: list[bytes]) -> Path:
    with Archive.at(path) as archive:
        for graceid, files in objects.items():
            keep(archive, graceid, files)
    return path


def refs(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        assert list(verify(archive)) == []
        return [capture.ref for capture in archive.captures()]


def messages(path: Path) -> list[object]:
    return [alert.payload("modern") for alert in replay.play(path, clock=replay.MaxClock())]


def test_what_was_pushed_is_pulled_with_everything(place: Place, tmp_path: Path) -> None:
    sent = push_from(SHORT, place)
    assert sent.changed
    assert sent.contents
    came = pull(place, tmp_path / "got.tape")
    assert came.contents == sent.contents
    assert refs(tmp_path / "got.tape") == refs(SHORT)
    assert messages(tmp_path / "got.tape") == messages(SHORT)
    assert not push_from(tmp_path / "got.tape", place).changed
    assert pull(place, tmp_path / "got.tape") == Came()


def test_only_what_is_missing_travels(place: Place, tmp_path: Path) -> None:
    mine = kept(tmp_path / "mine.tape", G1=[b"one" * 100, b"two"], G2=[b"two", b"three"])
    assert push_from(mine, place).contents == 3
    yours = tmp_path / "yours.tape"
    assert pull(place, yours).contents == 3
    kept(mine, G3=[b"two", b"four"])
    assert push_from(mine, place).contents == 1
    came = pull(place, yours)
    assert (came.captures, came.contents) == (["G3@1"], 1)
    kept(yours, G4=[b"five"])
    assert push_from(yours, place).contents == 1
    assert pull(place, mine).captures == ["G4@1"]
    assert not push_from(mine, place).changed, "whoever pushes: what is the same is named alike"


def test_what_is_here_already_is_not_fetched_again(tmp_path: Path) -> None:
    with web_server() as web:
        place, mine = WebPlace(f"{web.url}/x.tape"), kept(tmp_path / "mine.tape", G1=[b"one"], G2=[b"two"])
        push_from(mine, place)
        pull(place, tmp_path / "got.tape")
        web.asked.clear()
        pull(place, tmp_path / "got.tape")
        assert {path for _, path, _, _ in web.asked} == {"/x.tape/tape.json"}


def test_a_packed_tape_is_shared_as_a_folder_is(place: Place, tmp_path: Path) -> None:
    with Archive.open(kept(tmp_path / "mine.tape", G1=[b"one"])) as archive:
        convert(archive, tmp_path / "packed.tape", packed=True)
    push_from(tmp_path / "packed.tape", place)
    assert not push_from(tmp_path / "mine.tape", place).changed
    with Archive.open(tmp_path / "packed.tape", read_only=False) as archive:
        keep(archive, "G2", [b"two"])
    push_from(tmp_path / "packed.tape", place)
    assert pull(place, tmp_path / "mine.tape").captures == ["G2@1"]


def test_what_others_pushed_meanwhile_is_not_lost(place: Place, tmp_path: Path) -> None:
    mine, yours = kept(tmp_path / "mine.tape", G1=[b"1"]), kept(tmp_path / "yours.tape", G2=[b"2"])
    push_from(mine, place)
    with pytest.raises(ArchiveError, match=r"holds what .*yours.tape does not \(G1@1\): pull it first"):
        push_from(yours, place)
    pull(place, yours)
    assert sorted(refs(yours)) == ["G1@1", "G2@1"]
    push_from(yours, place)
    pull(place, mine)
    assert sorted(refs(mine)) == ["G1@1", "G2@1"]


def test_two_who_push_at_once_do_not_overwrite_each_other(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, yours = kept(tmp_path / "mine.tape", G1=[b"1"]), kept(tmp_path / "yours.tape", G2=[b"2"])
    replace = type(place).replace

    def late(self: Place, name: str, contents: bytes, tag: str | None) -> None:
        monkeypatch.setattr(type(place), "replace", replace)
        push_from(yours, place)
        replace(self, name, contents, tag)  # type: ignore[arg-type]

    monkeypatch.setattr(type(place), "replace", late)
    with pytest.raises(ArchiveError, match="somebody else pushed .* meanwhile"):
        push_from(mine, place)
    pull(place, tmp_path / "got.tape")
    assert refs(tmp_path / "got.tape") == ["G2@1"]


def test_two_who_push_the_same_at_once_have_both_pushed_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = kept(tmp_path / "mine.tape", G1=[b"1"])
    replace = type(place).replace

    def late(self: Place, name: str, contents: bytes, tag: str | None) -> None:
        monkeypatch.setattr(type(place), "replace", replace)
        push_from(mine, place)
        replace(self, name, contents, tag)  # type: ignore[arg-type]

    monkeypatch.setattr(type(place), "replace", late)
    assert not push_from(mine, place).changed
    assert pull(place, tmp_path / "got.tape").captures == ["G1@1"]


def test_pieces_that_one_leaves_and_another_takes_are_there(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more, less = kept(tmp_path / "more.tape", G1=[b"1"]), tmp_path / "less.tape"
    shutil.copytree(more, less)
    kept(more, G2=[b"2"])
    push_from(more, place)
    replace = type(place).replace

    def late(self: Place, name: str, contents: bytes, tag: str | None) -> None:
        """Who had more pushes again before the pieces are removed that are named no longer."""
        replace(self, name, contents, tag)  # type: ignore[arg-type]
        monkeypatch.setattr(type(place), "replace", replace)
        push_from(more, place)

    monkeypatch.setattr(type(place), "replace", late)
    push_from(less, place, force=True)
    assert pull(place, tmp_path / "got.tape").captures == ["G1@1", "G2@1"]


def test_pieces_that_lay_there_and_go_meanwhile_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, place = kept(tmp_path / "mine.tape", G1=[b"1"]), FolderPlace(tmp_path / "shared.tape")
    push_from(mine, place)
    (tmp_path / "shared.tape" / "tape.json").unlink()
    replace = FolderPlace.replace

    def late(self: FolderPlace, name: str, contents: bytes, tag: str | None) -> None:
        shutil.rmtree(tmp_path / "shared.tape" / "rows")
        replace(self, name, contents, tag)

    monkeypatch.setattr(FolderPlace, "replace", late)
    push_from(mine, place)
    assert pull(place, tmp_path / "got.tape").captures == ["G1@1"]


def test_nothing_is_put_into_an_archive(tmp_path: Path) -> None:
    """Its `gc` would take what others need."""
    mine, yours = kept(tmp_path / "mine.tape", G1=[b"1"]), kept(tmp_path / "yours.tape", G2=[b"2"])
    with pytest.raises(ArchiveError, match=r"yours.tape is an archive itself"):
        push_from(mine, place_at(str(yours)))
    assert sorted(path.name for path in yours.iterdir()) == ["archive.sqlite", "blobs"]


def test_captures_that_differ_are_both_kept(place: Place, tmp_path: Path) -> None:
    mine, yours = kept(tmp_path / "mine.tape", G1=[b"mine"]), kept(tmp_path / "yours.tape", G1=[b"yours"], G2=[])
    push_from(mine, place)
    for _ in range(2):
        with pytest.raises(ArchiveError, match="G1@1 differ"):
            pull(place, yours)
        with pytest.raises(ArchiveError, match="G1@1 differ"):
            push_from(yours, place)
    with Archive.open(yours) as archive:
        assert contents_of(archive, "G1") == [b"yours"]
    pull(place, tmp_path / "other.tape")
    with Archive.open(tmp_path / "other.tape") as archive:
        assert contents_of(archive, "G1") == [b"mine"]
    push_from(yours, place, force=True)
    assert pull(place, tmp_path / "third.tape").captures == ["G1@1", "G2@1"]


def test_what_a_dummy_wrote_is_pulled_by_who_has_its_beginning(place: Place, tmp_path: Path) -> None:
    mine, yours = tmp_path / "mine.tape", tmp_path / "yours.tape"
    with GraceDb(Archive.create(mine)) as client:
        graceid = client.create_event(
            "Test", "aframe", "event.json", "AllSky", filecontents=json.dumps(CANDIDATE)
        ).json()["graceid"]
        push_from(mine, place)
        pull(place, yours)
        client.write_log(graceid, "one more", "file.txt", b"contents")
        push_from(mine, place)
    assert pull(place, yours).captures == [f"{graceid}@1"]
    assert pull(place, yours).captures == []
    with Archive.open(yours) as archive:
        assert b"contents" in contents_of(archive, graceid)
    with GraceDb(yours, keep=True) as client:
        client.write_log(graceid, "and one of yours")
    assert pull(place, yours).captures == [], "what is here goes on from what is there"
    push_from(yours, place)


def test_messages_that_were_heard_come_along_once(place: Place, tmp_path: Path) -> None:
    mine, yours = kept(tmp_path / "mine.tape", G1=[]), tmp_path / "yours.tape"
    for second in (1, 2):
        heard = Recorded(parse_time(f"2026-01-01 00:00:0{second} UTC"), "cbc_gstlal", {"uid": "G1", "n": second})
        with Archive.open(mine, read_only=False) as archive, archive.transaction() as tx:
            add_recorded(tx, {"G1": [heard]})
        push_from(mine, place)
        assert pull(place, yours).alerts == 1
    assert pull(place, yours).alerts == 0
    refs(yours)


def test_a_killed_push_leaves_the_old_tape_whole_and_the_next_goes_on(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = kept(tmp_path / "mine.tape", G1=[b"1"])
    push_from(mine, place)
    kept(mine, G2=[b"%d" % n for n in range(10, 22)])
    put, left = type(place).put, 6

    def dying(self: Place, name: str, file: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        put(self, name, file)  # type: ignore[arg-type]

    monkeypatch.setattr(type(place), "put", dying)
    with pytest.raises(KeyboardInterrupt):
        push_from(mine, place)
    pull(place, tmp_path / "got.tape")
    assert refs(tmp_path / "got.tape") == ["G1@1"]
    monkeypatch.setattr(type(place), "put", put)
    assert push_from(mine, place).contents == 6
    pull(place, tmp_path / "got.tape")
    assert refs(tmp_path / "got.tape") == ["G1@1", "G2@1"]


def test_a_killed_pull_leaves_the_tape_as_it_was_and_the_next_goes_on(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, yours = kept(tmp_path / "mine.tape", G1=[b"1"]), tmp_path / "yours.tape"
    push_from(mine, place)
    pull(place, yours)
    kept(mine, G2=[b"%d" % n for n in range(10, 50)])
    push_from(mine, place)
    read, last = type(place).read, sorted(hashlib.sha256(b"%d" % n).hexdigest() for n in range(10, 50))[35]

    def dying(self: Place, name: str, **options: Any) -> Iterator[bytes]:
        if last in name:
            raise KeyboardInterrupt
        return read(self, name, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(type(place), "read", dying)
    with pytest.raises(KeyboardInterrupt):
        pull(place, yours)
    assert refs(yours) == ["G1@1"]
    monkeypatch.setattr(type(place), "read", read)
    assert pull(place, yours).contents == 8
    assert refs(yours) == ["G1@1", "G2@1"]


def test_what_is_damaged_there_is_not_taken(tmp_path: Path) -> None:
    shared = tmp_path / "shared.tape"
    push_from(kept(tmp_path / "mine.tape", G1=[b"one", b"two"]), place_at(str(shared)))
    files = [path for path in shared.rglob("*") if path.is_file()]
    for number, file in enumerate(files):
        whole = file.read_bytes()
        for damaged in (whole[:-1], b"{}", whole.replace(b"a", b"b").replace(b"one", b"eno")):
            if damaged != whole:
                file.write_bytes(damaged)
                with pytest.raises(ArchiveError, match="damaged|is not the head|missing|newer"):
                    pull(place_at(str(shared)), tmp_path / f"{number}.tape")
        file.unlink()
        with pytest.raises(ArchiveError, match="missing|no tape is shared|there is no"):
            pull(place_at(str(shared)), tmp_path / f"{number}.tape")
        file.write_bytes(whole)
    pull(place_at(str(shared)), tmp_path / "got.tape")


def test_what_is_damaged_there_is_mended_by_force(place: Place, tmp_path: Path) -> None:
    mine = kept(tmp_path / "mine.tape", G1=[b"one", b"two" * 100])
    push_from(mine, place)
    broken = tmp_path / "broken"
    broken.write_bytes(b"broken")
    with Archive.open(mine) as archive:
        names = [blob_name(archive.blob(entry.sha256 or "")) for entry in archive.view("G1").files()]
    for name in [*names, "tape.json"]:
        place.put(name, broken)
    for _ in range(2):
        with pytest.raises(ArchiveError, match="is not the head"):
            push_from(mine, place)
    push_from(mine, place, force=True)
    assert pull(place, tmp_path / "got.tape").contents == 2


def test_a_file_that_was_broken_off_is_sent_again(place: Place, tmp_path: Path) -> None:
    mine = kept(tmp_path / "mine.tape", G1=[b"contents"])
    broken = tmp_path / "broken"
    broken.write_bytes(b"con")
    with Archive.open(mine) as archive:
        place.put(blob_name(archive.blob(archive.view("G1").files()[0].sha256 or "")), broken)
    assert push_from(mine, place).contents == 1
    assert pull(place, tmp_path / "got.tape").contents == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "0" * 63 + "/"])
def test_a_head_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    shared = tmp_path / "shared.tape"
    push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), place_at(str(shared)))
    head = json.loads((shared / "tape.json").read_text())
    head["rows"]["captures"] = [name]
    (shared / "tape.json").write_text(json.dumps(head))
    with pytest.raises(ArchiveError, match="is damaged"):
        pull(place_at(str(shared)), tmp_path / "got.tape")


def test_a_head_that_names_a_piece_twice_is_damaged(tmp_path: Path) -> None:
    """A short one could fill any disk with rows."""
    shared = tmp_path / "shared.tape"
    push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), place_at(str(shared)))
    head = json.loads((shared / "tape.json").read_text())
    head["rows"]["records"] *= 2
    (shared / "tape.json").write_text(json.dumps(head))
    with pytest.raises(ArchiveError, match="name a piece twice"):
        pull(place_at(str(shared)), tmp_path / "got.tape")


@pytest.mark.parametrize(
    "piece",
    [b'["a\\ud800",1,"{}","seal"]\n', b"\n\n", b"[]\n", b"[[1],2,3,4]\n", b"[1,2,3," + b"[" * 500, b"[1,2,3,true]\n"],
)
def test_rows_that_are_none_are_a_sentence(piece: bytes, tmp_path: Path) -> None:
    shared = tmp_path / "shared.tape"
    push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), place_at(str(shared)))
    head, name = json.loads((shared / "tape.json").read_text()), rows.digest_of(piece)
    head["rows"]["catalogues"] = [name]
    (shared / "rows" / name[:2]).mkdir(exist_ok=True)
    (shared / "rows" / name[:2] / f"{name}.zst").write_bytes(rows.pack(piece))
    (shared / "tape.json").write_text(json.dumps(head))
    with pytest.raises(ArchiveError, match="damaged: it holds a row that is none"):
        pull(place_at(str(shared)), tmp_path / "got.tape")


def test_many_short_rows_take_no_memory() -> None:
    """A small piece may unpack to very many."""
    piece = b"1\n" * (4 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError):
            list(rows.rows_of(piece, 1))
        assert tracemalloc.get_traced_memory()[1] < len(piece) // 2
    finally:
        tracemalloc.stop()


def test_what_killed_ones_left_at_a_folder_goes_after_a_day(tmp_path: Path) -> None:
    place, mine = FolderPlace(tmp_path / "shared.tape"), kept(tmp_path / "mine.tape", G1=[b"one"])
    push_from(mine, place)
    old, young = (tmp_path / "shared.tape" / "incoming" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    kept(mine, G2=[])
    push_from(mine, place)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_shared_folder_is_read_by_who_may_look_into_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        push_from(
            kept(tmp_path / "mine.tape", G1=[b"%d" % n for n in range(20)]), FolderPlace(tmp_path / "shared.tape")
        )
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    found = {path.stat().st_mode & 0o777 for path in (tmp_path / "shared.tape").rglob("*") if path.is_file()}
    assert found == {0o640}


def test_links_in_a_shared_folder_are_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "shared.tape"
    push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), FolderPlace(shared))
    shelf = next((shared / "blobs").iterdir())
    shutil.move(shelf, tmp_path / "elsewhere")
    shelf.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError, match="is a symbolic link"):
        pull(FolderPlace(shared), tmp_path / "got.tape")


def test_a_login_stays_with_its_host(tmp_path: Path) -> None:
    with web_server() as here, web_server() as there:
        push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), WebPlace(f"{there.url}/x.tape"))
        for path in there.files:
            here.files[path] = there.files[path]
            here.redirects[path] = f"{there.url.replace('127.0.0.1', 'localhost')}{path}"
        there.asked.clear()
        pull(WebPlace(f"{here.url.replace('//', '//albert:secret@')}/x.tape"), tmp_path / "got.tape")
        assert {login for *_, login in here.asked} == {"Basic YWxiZXJ0OnNlY3JldA=="}
        assert there.asked
        assert {login for *_, login in there.asked} == {None}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/x.tape", "shared through a folder or a URL of"),
        ("https://[/x.tape", "is no URL"),
        ("s3://key:word@bucket/x", "come from the environment"),
        ("s3://bucket/run#1", "write %23"),
        ("https://example.org/run#1", "write %23"),
    ],
)
def test_urls_that_are_none(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        place_at(url)
    assert "word" not in str(caught.value)


def test_a_password_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ArchiveError, match="a password is sent over https alone") as caught:
        WebPlace("http://albert:secret@tapes.invalid/x.tape").stamp("tape.json")
    assert "secret" not in str(caught.value)


def test_a_server_that_takes_no_files(tmp_path: Path) -> None:
    with web_server(writable=False) as web, pytest.raises(ArchiveError, match="the server takes no files"):
        push_from(kept(tmp_path / "mine.tape", G1=[b"one"]), WebPlace(f"{web.url}/x.tape"))


def test_small_files_are_brought_to_the_disk_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them before the rows that name them, and in few transactions."""
    mine, place = kept(tmp_path / "mine.tape", G1=[b"%d" % n for n in range(30)]), place_at(str(tmp_path / "shared"))
    push_from(mine, place)
    named: list[int] = []
    synced = set[Path]()
    sync = blob_places.sync_folder

    def noted(path: Path) -> None:
        synced.add(path)
        with Archive.open(tmp_path / "got.tape") as archive:
            named.append(archive.connection.execute("SELECT count(*) FROM blobs").fetchone()[0])
        sync(path)

    monkeypatch.setattr(blob_places, "sync_folder", noted)
    assert pull(place, tmp_path / "got.tape").contents == 30
    assert set(named) == {0}, "no row is there before all is on the disk"
    assert len([path for path in synced if path.is_file()]) == 30
    assert {path.parent for path in synced if path.is_file()} <= synced, "and the folders, which have their names"
