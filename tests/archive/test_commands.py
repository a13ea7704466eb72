"""`gracetape archive …`: what is printed, as a table and as JSON, and the one sentence for what is wrong."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, cli
from gracetape.archive.command_parts import size_of
from gracetape.archive.extract import LAYOUTS, extract, versioned
from gracetape.archive.listing import SORTS
from gracetape.archive.verify import verify

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture
def tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The short fixture as the only archive of the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRACETAPE_ARCHIVE", raising=False)
    return Path(shutil.copy(SHORT, tmp_path / "short.tape"))


class Said:
    """What a command printed and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def superevent(tape: Path) -> str:
    with Archive.open(tape) as archive:
        return archive.objects()[0]


def test_ls_and_show_tell_what_is_there(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graceid = superevent(tape)
    rows = Said(capsys, "ls", "--json").json
    assert [row["id"] for row in rows] == [graceid, "T1", "T2"]
    assert graceid in Said(capsys, "ls").out
    about = Said(capsys, "show", graceid, "--json").json
    assert about["record"]["superevent_id"] == graceid
    assert about["logs"] == len(Said(capsys, "log", graceid, "--json").json)
    assert "preferred_event" not in Said(capsys, "show", graceid).out


def test_ls_shows_a_page_in_an_order_of_what_a_query_finds(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def listed(*words: str) -> list[str]:
        return [row["id"] for row in Said(capsys, "ls", "--json", *words).json]

    graceid = superevent(tape)
    assert "|".join(SORTS) in Said(capsys, "ls", "--help").out
    assert listed("--limit", "2") == [graceid, "T1"]
    assert listed("--limit", "2", "--offset", "2") == ["T2"]
    assert listed("--sort", "-captured") == ["T2", "T1", graceid]
    assert listed("--sort", "id") == sorted([graceid, "T1", "T2"])
    assert listed("--sort", "created")[0] == "T1"
    assert listed("--query", "Test group: Test", "--sort", "id") == ["T1", "T2"]
    assert listed("--query", graceid) == [graceid]
    assert "and 2 more: --offset 1 shows what follows" in Said(capsys, "ls", "--limit", "1").out
    for words, told in (
        (("--sort", "size"), "--sort is captured, created, id"),
        (("--query", "who ("), "is not understood"),
        (("--query", "label: NOSUCH"), "--query 'label: NOSUCH' is not understood: NOSUCH is not a label\n"),
        (("--query", "nosuch: 3"), "--query 'nosuch: 3' is not understood: there is no nosuch to query for\n"),
    ):
        wrong = Said(capsys, "ls", *words)
        assert (wrong.code, wrong.out) == (2, "")
        assert told in wrong.err


def test_ls_takes_any_numbers(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(json.loads(Said(capsys, "ls", "--json", "--limit", str(10**30)).out)) > 1
    assert Said(capsys, "ls", "--offset", str(10**30)).out.startswith("no more: there are")


def test_ls_lists_the_others_where_a_record_is_none_that_a_server_writes(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graceid = superevent(tape)
    with Archive.open(tape, read_only=False) as archive, archive.transaction() as tx:
        capture = archive.capture(graceid)
        tx.put(capture, "object", "", archive.view(graceid).record() | {"t_0": float("inf")})
    said = Said(capsys, "ls")
    assert said.code == 1
    assert "T1@1" in said.out
    assert graceid not in said.out
    assert f"the record object of {graceid}@1 is not what a server writes: its 't_0' is inf" in said.err
    assert [row["id"] for row in json.loads(Said(capsys, "ls", "--json").out)] == ["T1", "T2"]


def test_contents_that_are_all_absent_have_no_size() -> None:
    about = {"files": 2, "bytes": 0, "absent": ["a,0: not asked for", "b,0: not asked for"]}
    assert size_of(about) == "absent"
    assert size_of(about | {"bytes": 5, "absent": ["a,0: not asked for"]}) == "5 B"
    assert size_of({"files": 0, "bytes": 0, "absent": []}) == "0 B"


def test_log_tells_of_acts(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acts = [record["act"] for record in Said(capsys, "log", superevent(tape), "--json").json]
    assert acts[0] == "created"
    assert {"label_added", "tagged", "signoff_created", "log"} <= set(acts)
    assert "signoff_created" in Said(capsys, "log", superevent(tape)).out


def test_files_cat_and_extract_agree(tape: Path, tmp_path: Path, capfdbinary: Any) -> None:
    with pytest.raises(SystemExit):
        cli.main(["files", "T1", "--json"])
    listed = json.loads(capfdbinary.readouterr().out)
    with pytest.raises(SystemExit):
        cli.main(["extract", "T1", str(tmp_path / "out")])
    capfdbinary.readouterr()
    assert listed
    for entry in listed:
        full = f"{entry['name']},{entry['version']}"
        with pytest.raises(SystemExit) as ended:
            cli.main(["cat", "T1", full])
        assert ended.value.code == 0
        contents = capfdbinary.readouterr().out
        assert contents == (tmp_path / "out" / versioned(entry["name"], entry["version"])).read_bytes()
        assert len(contents) == entry["size"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cWB.fits.gz", "cWB.v0.fits.gz"), ("coinc.xml", "coinc.v0.xml"), ("a.b.c.tar.xz", "a.b.c.v0.tar.xz"),
        ("README", "README.v0"), (".hidden", ".hidden.v0"), ("x.gz", "x.v0.gz"),
    ],
)  # fmt: skip
def test_an_extracted_file_keeps_the_ending_that_tells_what_it_is(name: str, written: str) -> None:
    assert versioned(name, 0) == written


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_writes_every_version(layout: str, tape: Path, tmp_path: Path) -> None:
    with Archive.open(tape) as archive:
        written, left = extract(archive, "T1", tmp_path / layout, layout)
        assert len(written) == len(set(written)) == len(archive.view("T1").files())
    assert left == []
    assert all((tmp_path / layout / name).is_file() for name in written)


def test_pack_and_unpack(tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Said(capsys, "unpack", "short.tape", "folder.tape").code == 0
    assert Said(capsys, "pack", "folder.tape").code == 0
    with Archive.open(tmp_path / "folder.packed.tape") as archive:
        assert list(verify(archive)) == []
    assert Said(capsys, "verify", "folder.tape", "--json").json == {"sound": True, "faults": []}


def test_verify_names_what_is_wrong_and_fails(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Said(capsys, "unpack", "short.tape", "folder.tape")
    blob = next(path for path in Path("folder.tape/blobs").rglob("*") if path.is_file())
    blob.unlink()
    said = Said(capsys, "verify", "folder.tape")
    assert said.code == 1
    assert "are missing from folder.tape/blobs" in said.out
    assert len(said.out.splitlines()) == 1


def test_rm_diff_and_gc(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Archive.open(tape, read_only=False) as archive, archive.transaction() as tx:
        record = tx.view("T1").record()
        tx.put("T1", "object", "", record | {"far": 1.0})
    found = Said(capsys, "diff", "T1@1", "T1@2", "--json").json
    assert [(d["change"], d["kind"], d["fields"]) for d in found] == [("changed", "object", ["far"])]
    assert "far" in Said(capsys, "diff", "T1@1", "T1@2").out
    assert Said(capsys, "rm", "T1@2", "--json").json == {"removed": ["T1@2"]}
    assert Said(capsys, "gc", "--json").json["removed"] == 1
    assert Said(capsys, "diff", "T1@1", "T1").out.strip() == "T1@1 and T1 hold the same"
    assert Said(capsys, "verify").code == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("show G999", 1, "holds no G999: it holds"),
        ("show nonsense", 2, "'nonsense' is not a GraceID"),
        ("log T1@7", 1, "its newest capture is @1"),
        ("show T1@0", 2, "numbered from 1"),
        ("cat T1 nofile", 1, "has no file 'nofile'"),
        ("cat T1 ../../etc/passwd", 1, "has no file"),
        ("cat T1 cbc-lm.xml,7", 1, "has no file"),
        ("cat T1 cbc-lm.xml,²", 1, "has no file"),
        (f"cat T1 cbc-lm.xml,{10**30}", 1, "has no file"),
        ("ls -a nowhere.tape", 1, "there is nothing there (beside it: short.tape)"),
        ("ls folder", 1, "folder is not a gracetape archive: it holds no archive.sqlite"),
        ("log T1 folder", 1, "folder is not a gracetape archive"),
        ("log short.tape", 2, "is an archive: say which object in it"),
        ("short.tape", 2, "an archive comes after the command, as in gracetape archive ls short.tape"),
        ("extract T1 cbc-lm.xml", 2, "`gracetape archive cat T1 cbc-lm.xml > cbc-lm.xml` writes it alone"),
        ("pack short.tape", 2, "is packed already"),
        ("diff T1@1 T1@2", 1, "holds no T1@2"),
        ("rm G5", 1, "holds no G5"),
        ("import meg short.tape", 1, "cannot be unpacked as a cache"),
        ("import meg nowhere", 1, "nothing there to import"),
        ("nonsense", 2, "No such command 'nonsense'"),
        ("show", 2, "Missing argument 'ID' (`gracetape archive ls` lists them)"),
        ("ls --speed 3", 2, "No such option"),
        ("extract T1 /dev/null/here", 1, "cannot write into /dev/null/here"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(
    tape: Path, capsys: pytest.CaptureFixture[str], words: str, code: int, told: str
) -> None:
    tape.with_name("folder").mkdir()
    before = tape.read_bytes()
    said = Said(capsys, *words.split())
    assert said.code == code
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("gracetape: ")
    assert told in line
    assert tape.read_bytes() == before


def test_no_words_at_all_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys)
    assert said.code == 2
    assert "verify" in said.out + said.err
