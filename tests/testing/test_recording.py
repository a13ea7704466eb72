"""Tapes are recorded as `--tape-record` says: whole or not at all, told of, and never over the network where that is not said."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.testing import recording
from tests.testing.conftest import SHORT, Folder, digest

pytest_plugins = ("pytester",)

MARKED = """
@pytest.mark.tape(ids=S)
def test_it(gracedb):
    assert gracedb.superevent(S).json()["superevent_id"] == S
"""
NAMED = MARKED.replace("ids=S", "'b.tape', ids=S")


class Upstream:
    """A GraceDB to record from."""

    def __init__(self, url: str, client: dummy.GraceDb, faults: dummy.Faults) -> None:
        self.url, self.client, self.faults = url, client, faults


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    tape = shutil.copy(SHORT, tmp_path / "upstream.tape")
    faults = dummy.Faults([])
    with Archive.open(tape, read_only=False) as archive, dummy.GraceDb(archive) as client:
        with dummy.serve(dummy.make_app(archive, faults=faults)) as server:
            yield Upstream(server.url, client, faults)


def test_once_records_what_is_missing_and_says_so_and_then_asks_nobody(folder: Folder, upstream: Upstream) -> None:
    options = "--tape-record=once", f"--tape-service={upstream.url}"
    text = folder.passes(MARKED, *options)
    tape = folder.path / "tapes" / "test_it" / "test_it.tape"
    assert f"{tape}: recorded TS101020a@1: " in text
    assert tape.is_file()
    assert sorted(path.name for path in tape.parent.iterdir()) == [tape.name]
    before = digest(tape)
    upstream.faults.rules[:] = [dummy.Fault.parse("*:500")]
    assert "recorded" not in folder.passes(MARKED, *options)
    assert digest(tape) == before


def test_none_is_meant_where_ci_is_set_and_once_elsewhere(
    folder: Folder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = f"--tape-service={upstream.url}"
    assert "there is no tape at" in folder.passes(MARKED, service, passed=0, errors=1)
    monkeypatch.delenv("CI")
    folder.passes(MARKED, service)


def test_the_mark_and_the_ini_file_name_services_too(folder: Folder, upstream: Upstream) -> None:
    once = "--tape-record=once"
    text = folder.passes(MARKED, once, passed=0, errors=1)
    assert "from which GraceDB is TS101020a to be recorded?" in text
    folder.pytester.makeini(f"[pytest]\ntape_service = {upstream.url}\ntape_dir = recorded\n")
    folder.passes(MARKED, once)
    assert (folder.path / "recorded" / "test_it" / "test_it.tape").exists()
    folder.pytester.makeini("[pytest]\n")
    folder.passes(MARKED.replace("ids=S", f"'own/b.tape', ids=S, service={upstream.url!r}"), once)
    assert (folder.path / "own" / "b.tape").exists()


def test_workers_of_xdist_record_once_and_it_is_told(folder: Folder, upstream: Upstream) -> None:
    source = MARKED.replace(
        "def test_it(gracedb)", "@pytest.mark.parametrize('turn', range(4))\ndef test_it(gracedb, turn)"
    )
    folder.pytester.makepyfile(test_it="import pytest\nS = 'TS101020a'\n" + source)
    words = "-p", "no:cacheprovider", "-n", "2", "--tape-record=once", f"--tape-service={upstream.url}"
    result = folder.pytester.runpytest_subprocess(*words)
    result.assert_outcomes(passed=4)
    assert result.stdout.str().count(": recorded TS101020a@1: ") == 1


def test_what_cannot_be_captured_leaves_nothing(folder: Folder, upstream: Upstream) -> None:
    upstream.faults.rules[:] = [dummy.Fault.parse("*/logs/*:404")]
    text = folder.passes(
        MARKED.replace("ids=S", "ids='S200101a'"), "--tape-record=once", f"--tape-service={upstream.url}",
        passed=0, errors=1,
    )  # fmt: skip
    assert "S200101a" in text
    assert list((folder.path / "tapes" / "test_it").iterdir()) == []


@pytest.mark.parametrize("packed", [True, False])
def test_rewrite_replaces_a_tape_only_by_a_whole_one(folder: Folder, upstream: Upstream, packed: bool) -> None:
    tape = folder.path / "tapes" / "b.tape"
    if packed:
        shutil.copy(SHORT, tape)
    else:
        from gracetape.archive.packing import convert

        with Archive.open(SHORT) as short:
            convert(short, tape, packed=False)
    os.utime(tape, (1, 1))
    options = "--tape-record=rewrite", f"--tape-service={upstream.url}"
    upstream.client.write_log("T1", "said since")
    upstream.faults.rules[:] = [dummy.Fault.parse("*/files/*:404")]
    assert "b.tape stays as it was: " in folder.passes(NAMED, *options, passed=0, errors=1)
    assert last_word(tape) != "said since"
    upstream.faults.rules.clear()
    assert "b.tape: recorded" in folder.passes(NAMED, *options)
    assert last_word(tape) == "said since"
    assert sorted(path.name for path in tape.parent.iterdir()) == ["a.tape", "b.tape"]


def test_new_adds_what_a_tape_lacks_and_changes_nothing_else(folder: Folder, upstream: Upstream) -> None:
    once = NAMED.replace("ids=S", "ids='T1'").replace(
        'gracedb.superevent(S).json()["superevent_id"] == S', "gracedb.event('T1').json()"
    )
    service = f"--tape-service={upstream.url}"
    folder.passes(once, "--tape-record=once", service)
    tape = folder.path / "tapes" / "b.tape"
    upstream.client.write_log("T1", "said since")
    event = next(e for e in upstream.client.superevent("TS101020a").json()["gw_events"] if e != "T1")
    folder.passes(once.replace("ids='T1'", f"ids=['T1', {event!r}]"), "--tape-record=new", service)
    with Archive.open(tape) as archive:
        assert sorted(archive.objects()) == sorted(["T1", event])
    assert last_word(tape) != "said since"


def test_an_update_shows_what_changed_and_writes_nothing(folder: Folder, upstream: Upstream) -> None:
    source = NAMED.replace("b.tape", "a.tape")
    options = "--tape-update", f"--tape-service={upstream.url}"
    assert "a.tape: nothing changed" in folder.passes(source, *options)
    upstream.client.write_label("TS101020a", "DQV")
    upstream.client.update_superevent("TS101020a", t_0=1285000000.5)
    text = folder.passes(source, *options)
    assert "a.tape: TS101020a changed:" in text
    assert "  label DQV added" in text
    assert "object: t_0: " in text
    assert "→ 1285000000.5" in text


def last_word(tape: Path) -> str:
    with Archive.open(tape) as archive:
        return str(archive.view("T1").records("log")[-1]["comment"])


def test_where_no_tape_can_lie_is_told_in_a_sentence(folder: Folder, upstream: Upstream) -> None:
    (folder.path / "tapes" / "test_it").write_text("a file")
    text = folder.passes(MARKED, "--tape-record=once", f"--tape-service={upstream.url}", passed=0, errors=1)
    assert "test_it.tape cannot be recorded: " in text
    assert "Traceback" not in text
    assert "recording.py" not in text


def test_a_tape_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    old, aside = tmp_path / "a.tape", tmp_path / "a.tape.old"
    for path in (old, aside):  # what a killed one left is in nobody's way
        path.mkdir()
        (path / "archive.sqlite").write_text(path.name)
    with pytest.raises(FileNotFoundError):
        recording._replace(old, tmp_path / "nowhere")
    assert (old / "archive.sqlite").read_text() == "a.tape"
    assert [path.name for path in tmp_path.iterdir()] == ["a.tape"]


def test_unittest_without_pytest_records_once_and_tells_of_it(
    folder: Folder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.pytester.makepyfile(
        test_unit=f"""
from gracetape.testing import TapeTestCase
class Own(TapeTestCase):
    tape_names, tape_options = ("new.tape",), {{"ids": "T1", "service": {upstream.url!r}}}
    def test_one(self): assert self.gracedb.event("T1")
    def test_other(self): assert self.gracedb.event("T1")
"""
    )
    for mode in ("once", "rewrite"):
        monkeypatch.setenv("GRACETAPE_TAPE_RECORD", mode)
        said = folder.pytester.run(sys.executable, "-m", "unittest", "test_unit").stderr.str()
        assert "OK" in said
        assert said.count("new.tape: recorded T1@1") == 1


def test_a_server_that_is_not_there_is_named(folder: Folder) -> None:
    mark = "@pytest.mark.tape('new.tape', ids='T1', service='http://127.0.0.1:1/api/')\ndef test_it(gracedb): pass\n"
    text = folder.passes(mark, "--tape-record=once", passed=0, errors=1)
    assert "(asked: http://127.0.0.1:1/api/)" in text
