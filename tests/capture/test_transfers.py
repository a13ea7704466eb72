"""Files that break off are gone on with, in the same run and in the next, unless the server names other contents."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture
from gracetape.archive import Archive, partials
from gracetape.archive.packing import collect
from gracetape.archive.verify import verify
from gracetape.capture import transfers
from tests.capture.conftest import Source, contents_of, cut_short

NOISE = os.urandom(3 << 20)
LARGE = "large.bin"
WHOSE = partials.Whose("T1", LARGE, 0)


@pytest.fixture
def large(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """The source with a file of which parts are kept."""
    monkeypatch.setattr(transfers, "LEAST", 1 << 20)
    source.client.write_log(source.graceid, "a large file", LARGE, NOISE)
    return source


def breaking_off(source: Source, after: Callable[[int], int | None]) -> list[str]:
    """Let answers with the large file end early: after so many bytes, by their number. What was asked of it, as it is asked."""
    ordinary, asked = source.faulty.app, list[str]()

    def app(environ: dict[str, Any], respond: Any) -> Any:
        pieces = ordinary(environ, respond)
        if LARGE not in environ["PATH_INFO"]:
            return pieces
        asked.append(environ.get("HTTP_RANGE", "") + (" if it is the same" if "HTTP_IF_RANGE" in environ else ""))
        most = after(len(asked))
        return pieces if most is None else cut_short(pieces, most)

    source.faulty.app = app
    return asked


def held(archive: Archive, source: Source) -> bytes:
    return contents_of(archive, source, LARGE)


def test_a_file_that_breaks_off_is_gone_on_with(large: Source, tmp_path: Path) -> None:
    asked = breaking_off(large, lambda number: 1 << 20 if number == 1 else None)
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        capture.capture([large.graceid], archive, client)
        assert held(archive, large) == NOISE
        assert list(verify(archive)) == []
        assert len(asked) == 2
        assert asked[0] == ""
        assert asked[1].endswith("- if it is the same")
        assert not list((archive.path / "partial").glob("*"))


@pytest.mark.parametrize(
    ("changed", "asked_anew"), [("19:00:00", False), ("20:00:00", True)], ids=["long ago", "just now"]
)
def test_a_file_without_a_tag_is_gone_on_with_if_it_was_changed_long_ago(
    large: Source, tmp_path: Path, changed: str, asked_anew: bool
) -> None:
    asked = breaking_off(large, lambda number: 1 << 20 if number == 1 else None)
    ordinary, said = large.faulty.app, f"Fri, 27 Nov 2026 {changed} GMT"

    def app(environ: dict[str, Any], respond: Any) -> Any:
        if LARGE not in environ["PATH_INFO"]:
            return ordinary(environ, respond)
        tag = environ.pop("HTTP_IF_RANGE", None)
        assert tag in (None, said)

        def dated(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if name.lower() not in ("etag", "date")]
            return respond(status, [*kept, ("Last-Modified", said), ("Date", "Fri, 27 Nov 2026 20:00:00 GMT")], *rest)

        return ordinary(environ, dated)

    large.faulty.app = app
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        capture.capture([large.graceid], archive, client)
        assert held(archive, large) == NOISE
        assert (asked[0], asked[1] == "", len(asked)) == ("", asked_anew, 2)


def test_who_comes_on_is_asked_as_often_as_it_takes(large: Source, tmp_path: Path) -> None:
    asked = breaking_off(large, lambda number: (1 << 18) if number < 12 else None)
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        capture.capture([large.graceid], archive, client)
        assert held(archive, large) == NOISE
        assert len(asked) > 6  # the attempts at one question


def test_the_next_capture_goes_on_with_what_is_left_of_it(large: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        with capture.connect(large.url) as client:
            capture.capture([large.graceid], archive, client, pattern="*.xml")
            tag = client.get(f"{large.url}events/{large.graceid}/files/{LARGE},0").headers["ETag"]
        for kept, begin in ((tag, "bytes=1048576-"), ('"another"', "bytes=1048576-")):
            part = partials.partial_of(archive, f"{large.url}events/{large.graceid}/files/{LARGE},0", WHOSE, make=True)
            assert part is not None
            with part:
                os.write(part.handle, NOISE[: 1 << 20])
                part.keep(kept, len(NOISE))
            asked = breaking_off(large, lambda number: None)
            with capture.connect(large.url) as client:
                capture.capture([large.graceid], archive, client, recapture=True)
            assert asked == [f"{begin} if it is the same"]
            assert held(archive, large) == NOISE
            assert list(verify(archive)) == []
            assert not part.path.exists()


def test_a_part_that_was_whole_when_its_capture_was_killed_is_not_fetched_again(large: Source, tmp_path: Path) -> None:
    address = f"{large.url}events/{large.graceid}/files/{LARGE},0"
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        part = partials.partial_of(archive, address, WHOSE, make=True)
        assert part is not None
        with part:
            os.write(part.handle, NOISE)
            part.keep(client.get(address).headers["ETag"], len(NOISE))
        asked = breaking_off(large, lambda number: None)
        capture.capture([large.graceid], archive, client)
        assert asked == [f"bytes={len(NOISE) - 1}- if it is the same"]
        assert held(archive, large) == NOISE
        assert list(verify(archive)) == []


def test_a_part_of_unknown_contents_or_of_another_start_of_the_machine_is_not_trusted(
    large: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{large.url}events/{large.graceid}/files/{LARGE},0"
    with Archive.create(tmp_path / "a.tape") as archive:
        for said in ("nothing", "another start"):
            part = partials.partial_of(archive, address, WHOSE, make=True)
            assert part is not None
            with part:
                os.write(part.handle, b"not what was there" * 1000)
                if said == "another start":
                    with monkeypatch.context() as other:
                        other.setattr(partials, "_boot", lambda: "before")
                        part.keep('"a tag"', len(NOISE))
            asked = breaking_off(large, lambda number: None)
            with capture.connect(large.url) as client:
                capture.capture([large.graceid], archive, client, recapture=True)
            assert asked == [""]
            assert held(archive, large) == NOISE


def test_a_part_that_somebody_works_on_is_left_to_them(large: Source, tmp_path: Path) -> None:
    address = f"{large.url}events/{large.graceid}/files/{LARGE},0"
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        part = partials.partial_of(archive, address, WHOSE, make=True)
        assert part is not None
        with part:
            assert partials.partial_of(archive, address, WHOSE, make=True) is None
            capture.capture([large.graceid], archive, client)
            assert part.path.exists()
        assert held(archive, large) == NOISE


def part_left(archive: Archive, address: str = "https://somewhere/a,0", whose: partials.Whose = WHOSE) -> Path:
    """A part as a killed capture leaves it."""
    part = partials.partial_of(archive, address, whose, make=True)
    assert part is not None
    with part:
        part.keep('"tag"', len(NOISE))
        os.write(part.handle, NOISE[: 1 << 20])
    return part.path


def test_parts_that_nobody_touched_for_long_go(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        old, young = part_left(archive), part_left(archive, "https://somewhere/b,0")
        os.utime(old, (0, 0))
        collect(archive)
        assert [path.name for path in sorted(young.parent.iterdir())] == [young.name, f"{young.name}.json"]
        os.utime(young, (0, 0))
        part = partials.partial_of(archive, "https://somewhere/b,0", WHOSE, make=True)
        assert part is not None
        with part:  # somebody goes on with it just now
            collect(archive)
            assert young.exists()
    with Archive.open(tmp_path / "a.tape", read_only=False):
        assert not young.parent.exists()


def test_parts_of_unknown_contents_go(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        path = part_left(archive)
        path.with_name(f"{path.name}.json").write_text("{")
        collect(archive)
        assert not path.parent.exists()


def test_parts_of_what_was_captured_since_go(large: Source, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        path = part_left(archive)
        os.utime(path, (time.time() - 60, time.time() - 60))
        other = part_left(archive, "https://somewhere/b,0", partials.Whose("T2", LARGE, 0))
        capture.capture([large.graceid], archive, client, files=False)
        collect(archive)
        assert path.exists()  # that one did not ask for files
        capture.capture([large.graceid], archive, client)
        collect(archive)
        assert not path.exists()
        assert other.exists()
        gone = part_left(archive, whose=partials.Whose(large.graceid, "nobody.txt", 0))
        os.utime(gone, (time.time() - 60, time.time() - 60))
        collect(archive)
        assert not gone.exists()  # the server has no such file any more


def test_a_link_in_the_place_of_parts_is_not_followed(large: Source, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(large.url) as client:
        (archive.path / "partial").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(Exception, match="symbolic link"):
            capture.capture([large.graceid], archive, client)
        assert not list((tmp_path / "elsewhere").iterdir())


def test_contents_are_kept_once_and_small_where_that_helps(source: Source, tmp_path: Path) -> None:
    source.client.write_log(source.graceid, "much of the same", "same.txt", b"all the same " * 800_000)
    with Archive.create(tmp_path / "a.tape") as archive, capture.connect(source.url) as client:
        capture.capture([source.graceid], archive, client)
        entry = archive.view(source.graceid).file("same.txt")
        assert entry is not None
        assert entry.sha256 is not None
        assert archive.blob(entry.sha256).encoding == "zstd"
        assert b"".join(archive.read(entry)) == b"all the same " * 800_000
        assert list(verify(archive)) == []
