"""`view --html` writes its file whole or not at all, and over nothing that is not a page of its own."""

import os
import stat
import threading
from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.packing import convert
from gracetape.errors import ArchiveError, UsageError
from gracetape.view import written
from gracetape.view.one_file import page_of
from gracetape.view.written import write_page
from tests.test_words import run

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
PAGE = b"<!doctype html>\n<title>x \xc2\xb7 gracetape</title>\n"


@pytest.mark.parametrize("there", [b"precious", b"SQLite format 3\0", b"<!doctype html><title>mine</title>"])
def test_what_is_no_page_of_ours_stays(tmp_path: Path, there: bytes) -> None:
    place, link = tmp_path / "it", tmp_path / "link"
    place.write_bytes(there)
    link.symlink_to(place)
    for named in (place, link):
        with pytest.raises(UsageError, match="no page of gracetape"):
            write_page(PAGE, named)
    assert place.read_bytes() == there
    with pytest.raises(UsageError):
        write_page(PAGE, tmp_path)
    assert sorted(tmp_path.iterdir()) == [place, link]


def test_a_tape_is_never_replaced_by_its_own_page(tmp_path: Path) -> None:
    tape = tmp_path / "it.tape"
    with Archive.open(SHORT) as archive:
        convert(archive, tape, packed=True)
    before = tape.read_bytes()
    shown = run(["gracetape", "view", str(tape), "--html", str(tape)])
    assert shown.returncode == 2, shown
    assert tape.read_bytes() == before


def test_a_page_is_written_again_and_an_empty_file_is_free(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    place.touch()
    with Archive.open(SHORT) as archive:
        page = page_of(archive).encode()
    write_page(page, place)
    write_page(PAGE, place)
    assert place.read_bytes() == PAGE
    assert list(tmp_path.iterdir()) == [place]


def test_pipes_and_devices_are_written_into(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_page(PAGE, pipe)
    reader.join()
    assert read == [PAGE]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_nothing_is_left_of_a_page_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, victim = tmp_path / "page.html", tmp_path / "victim"
    place.write_bytes(PAGE)
    victim.write_text("precious")
    (tmp_path / ".page.html.part").symlink_to(victim)  # nobody's guess at the name is followed

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(written.os, "fsync", fail)
    with pytest.raises(ArchiveError, match=r"cannot write .*page\.html: No space left"):
        write_page(PAGE + b"more", place)
    monkeypatch.setattr(written.os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_page(PAGE + b"more", place)
    assert (place.read_bytes(), victim.read_text()) == (PAGE, "precious")
    assert len(list(tmp_path.iterdir())) == 3
    for nowhere in (tmp_path / "not there" / "x.html", Path("a\0b")):
        with pytest.raises(ArchiveError, match="cannot write"):
            write_page(PAGE, nowhere)
