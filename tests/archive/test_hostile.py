"""Tapes from strangers: whatever is in one, it is read or refused in a sentence, soon, and `verify` never falls over."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gracetape.archive import Archive, ArchiveError, alerts_of, history_of, public_alerts, rebuilt_alerts, timeline_of
from gracetape.archive.alerts.notices.public_alerts import PUBLIC_FORMATS
from gracetape.archive.cli import main
from gracetape.archive.extract import extract
from gracetape.archive.packing import collect, convert
from gracetape.archive.verify import verify
from gracetape.errors import GracetapeError
from tests.archive.hostile_tapes import corpus, make, wrong_fields

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
CORPUS, FIELDS = corpus(), wrong_fields()
#: Of the fields with wrong values, so many at a time; `make torture` takes all.
EVERY = 7
#: Refused at the door: what runs by itself when it is read.
NEVER_OPENED = [name for name in CORPUS if name.startswith("endless")] + [
    "a view beside", "a trigger", "a trigger on counters", "a virtual table", "an index on an expression", "a generated column",
    "another column", "no captures table", "no files table", "no tables", "broken schema", "schema negative", "schema 0",
    "schema 1 of newer tables", "schema of the future", "another application",
]  # fmt: skip


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A tape that keeps us for ever fails its test instead."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(840)
    yield
    signal.alarm(0)


def use(path: Path, folder: Path) -> None:
    """Ask for everything; only what is told as a sentence may go wrong, each question on its own."""
    try:
        archive = Archive.open(path)
    except GracetapeError:
        return
    with archive:
        said = list(verify(archive))
        assert all(isinstance(fault, str) and len(fault) < 2000 for fault in said)
        for ask in (
            lambda: [archive.view(capture.ref).record() and capture.noted() for capture in archive.captures()],
            lambda: [alert.payload(form) for alert in alerts_of(timeline_of(archive)) for form in ("modern", "legacy")],
            lambda: [alert.payload() for form in PUBLIC_FORMATS for alert in public_alerts(timeline_of(archive), form)],
            lambda: [alert.lines(alert.created) for alert in rebuilt_alerts(timeline_of(archive))],
            lambda: [history_of(archive, graceid).as_of(n=2).record() for graceid in archive.objects()],
            lambda: [extract(archive, graceid, folder / "files") for graceid in archive.objects()],
            lambda: convert(archive, folder / "unpacked.tape", packed=False),
        ):
            try:
                ask()
            except (GracetapeError, sqlite3.Error) as error:
                assert str(error)


def test_whatever_is_in_a_tape_it_is_read_or_refused(tmp_path: Path) -> None:
    for number, (name, change) in enumerate(CORPUS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = make(SHORT, folder / "hostile.tape", change)
        try:
            use(path, folder)
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}") from error


@pytest.mark.parametrize("part", [0])
def test_whatever_a_record_says_it_is_read_or_refused(tmp_path: Path, part: int) -> None:
    for number, (name, change) in list(enumerate(FIELDS.items()))[part::EVERY]:
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            use(make(SHORT, folder / "hostile.tape", change), folder)
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}") from error


@pytest.mark.parametrize("name", NEVER_OPENED)
def test_what_would_run_by_itself_is_never_opened(tmp_path: Path, name: str) -> None:
    path = make(SHORT, tmp_path / "hostile.tape", CORPUS[name])
    for read_only in (True, False):
        with pytest.raises(ArchiveError, match=r"hostile\.tape"):
            Archive.open(path, read_only=read_only)


@pytest.mark.parametrize("name", ["log records are deep", "label records are lists", "ids are blobs", "notes deep", "no object record",
                                  "services that are none", "blob sizes huge", "counters end", "endless captures"])  # fmt: skip
def test_commands_say_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    path = str(make(SHORT, tmp_path / "hostile.tape", CORPUS[name]))
    for words in (["verify", path], ["ls", "-a", path], ["show", "T1", "-a", path], ["log", "TS101020a", "-a", path],
                  ["diff", "T1", "T1", "-a", path], ["gc", "-a", path]):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capfd.readouterr().err
        assert ended.value.code in (0, 1, 2)
        assert len(said.splitlines()) <= 1
        assert "Traceback" not in said


def test_texts_that_no_encoding_can_write_are_shown_all_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make(SHORT, tmp_path / "hostile.tape", CORPUS["notes surrogate"])
    with pytest.raises(SystemExit) as ended:
        main(["show", "T1", "-a", str(path)])
    assert not ended.value.code
    out = capfd.readouterr().out
    assert "note" in out
    assert "\ud800" not in out


def test_sound_tapes_of_other_page_sizes_are_sound(tmp_path: Path) -> None:
    for name in ("other pages", "large pages"):
        with Archive.open(make(SHORT, tmp_path / f"{name}.tape", CORPUS[name]), read_only=False) as archive:
            assert list(verify(archive)) == []
            collect(archive)
            assert list(verify(archive)) == []


def test_pages_that_lead_on_for_ever_come_to_an_end(tmp_path: Path) -> None:
    """A tree of pages each of which leads to the next in every one of its places: 20 pages, rows without end."""
    path = tmp_path / "hostile.tape"
    path.write_bytes(SHORT.read_bytes())
    connection = sqlite3.connect(path)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'catalogues'").fetchone()
    (size,), (count,) = (
        connection.execute("PRAGMA page_size").fetchone(),
        connection.execute("PRAGMA page_count").fetchone(),
    )
    connection.close()
    pages = bytearray(path.read_bytes())
    places = 60
    chain = [root, *range(count + 1, count + 7)]
    for page, after in zip(chain, [*chain[1:], 0], strict=True):
        leaf = not after
        head = (
            bytes([13 if leaf else 5, 0, 0])
            + (0 if leaf else places).to_bytes(2)
            + (size - 6 * places).to_bytes(2)
            + b"\0"
        )
        body = b"" if leaf else after.to_bytes(4) + b"".join((size - 6 * (i + 1)).to_bytes(2) for i in range(places))
        cells = b"" if leaf else b"".join(after.to_bytes(4) + b"\x01\0" for _ in range(places))
        made = (head + body).ljust(size - len(cells), b"\0") + cells
        pages[(page - 1) * size : page * size] = made
    pages[28:32] = (len(pages) // size).to_bytes(4)
    path.write_bytes(pages)
    with Archive.open(path) as archive:
        assert any("damaged" in fault for fault in verify(archive))
