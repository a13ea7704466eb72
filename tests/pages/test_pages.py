"""Every block of shell and Python on every page runs as a reader would run it: page by page, in order, in a new folder."""

import re
from pathlib import Path

import pytest

from demo.real_data import NoRealData
from tests.pages.__main__ import told
from tests.pages.blocks import RUN, SHOWN, Block, Page, pages
from tests.pages.running import lacking, play
from tests.pages.script import waiting

PAGES = pages()
BLOCKS = [block for page in PAGES for block in page.blocks]


def _run() -> list[object]:
    return [
        pytest.param(page, id=page.name, marks=[pytest.mark.real] if page.real else []) for page in PAGES if page.runs
    ]


@pytest.mark.parametrize("page", _run())
def test_a_page_runs_as_written(page: Page, tmp_path: Path) -> None:
    folder, control = tmp_path / "folder", tmp_path / "control"
    folder.mkdir()
    control.mkdir()
    try:
        played = play(page, folder, control)
    except NoRealData as error:
        pytest.skip(str(error))
    assert played.code == 0, played.told
    assert [line for line, output in played.outputs.items() if "Traceback" in output] == []
    assert played.missing() == []


def test_what_does_not_run_says_why() -> None:
    print(told())
    left_out = [block for block in BLOCKS if block.left_out is not None]
    assert [block.place for block in left_out if len(str(block.left_out).split()) < 3] == []
    assert [block.place for block in BLOCKS if block.needs and not block.runs] == []
    assert sum(block.runs for block in BLOCKS) > 10 * len(left_out)


def test_every_block_says_what_it_is() -> None:
    """A block without a language would be neither run nor seen to be left out; so would indented lines, and prompts."""
    assert [block.place for block in BLOCKS if block.language not in RUN.keys() | SHOWN] == []
    indented = [
        f"{page.name}: {line}"
        for page in PAGES
        for line in _outside_of_blocks(page).splitlines()
        if line.startswith("    ") and not line.lstrip().startswith(("*", "-"))
    ]
    assert indented == []


def _outside_of_blocks(page: Page) -> str:
    text = page.text
    for block in page.blocks:
        text = text.replace(block.text, "")
    return text


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.copy_of], ids=lambda block: block.place)
def test_a_block_that_is_a_file_of_the_repository_is_that_file(block: Block) -> None:
    assert block.copy_of
    assert block.text == block.copy_of.read_text(encoding="utf-8")


def test_tests_on_a_page_are_files_that_something_runs() -> None:
    """Python that only defines tests would pass whatever it says."""
    assert [
        b.place for b in BLOCKS if b.runs and b.language == "python" and "\ndef test_" in b.text and not b.file
    ] == []


def test_no_two_pages_use_one_port() -> None:
    """Pages run side by side."""
    used = {
        page.name: {
            port
            for block in page.blocks
            if block.runs
            for port in re.findall(r"(?:--port|--serve|localhost:|127\.0\.0\.1:)[ =]?(\d{4,5})\b", block.text)
        }
        for page in PAGES
    }
    names = sorted(used)
    both = [(one, other, used[one] & used[other]) for one in names for other in names if one < other]
    assert [row for row in both if row[2]] == []


def _block(language: str, text: str, output: str = "") -> Block:
    return Block(PAGES[0].path, 1, language, text, output=output)


def test_what_a_page_shows_as_output_is_compared() -> None:
    shown = "N  comment\n1  Localization copi…  a.fits\n…\nsent 31 messages in 4.8 s\n2026-11-27T07:22:25Z  T1"
    came = "x\nN comment\r\n1 Localization copied from\ta.fits\nsent 31 messages in 12.0 s\n2027-01-01T00:00:00Z T1\n"
    assert lacking(_block("sh", "x", shown), came) == []
    assert lacking(_block("sh", "x", shown), came.replace("31", "30")) == ["sent 31 messages in 4.8 s"]
    assert lacking(_block("sh", "x", shown), came.replace("T1", "T2")) == ["2026-11-27T07:22:25Z T1"]


def test_a_block_knows_its_comment_its_file_and_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- not run: needs the\nserver itself -->\n```sh\ncapture G1\n```\n\n* item\n\n  ```python\n  # a.py, ours\n  x = 1\n  ```\n"
        "\n```sh\nls\n```\n\n```text\na.py\n```\n\n<!-- needs: no-such-program -->\n\n```sh\nno-such-program\n```\n"
    )
    one, two, three, four = Page(page).blocks
    assert (one.left_out, one.runs, one.line) == ("needs the server itself", False, 3)
    assert (two.file, two.text) == ("a.py", "# a.py, ours\nx = 1\n")
    assert (three.output, three.runs) == ("a.py\n", True)
    assert (four.needs, four.runs) == (["no-such-program"], True)


def test_a_server_beside_a_page_is_waited_for() -> None:
    text = "cat > x <<'END'\nserve --port 1 &\nEND\nserve --port 8123 > out &  # on this machine\nls --port 2 && ls\nserve --port 0 &"
    assert waiting(text).splitlines().count("_answers 8123") == 1
    assert waiting(text).count("_answers") == 1


def test_a_page_that_fails_says_where_and_ends_its_servers(tmp_path: Path) -> None:
    page = Page(tmp_path / "page.md")
    blocks = [
        ("sh", "export A=1\nmkdir in && cd in"),
        ("python", "import os\nx = os.environ['A']"),
        ("python", "print(x, os.getcwd()[-3:])"),
        ("sh", "sleep 1000 &\necho $! > pid\nyes | head -1\nls nothing | cat\necho not here"),
    ]
    page.path.write_text("\n\n".join(f"```{language}\n{text}\n```" for language, text in blocks))
    folder, control = tmp_path / "folder", tmp_path / "control"
    folder.mkdir()
    control.mkdir()
    played = play(page, folder, control)
    first, second, third, last = played.outputs.values()
    assert (first, second, third) == ("", "", "1 /in\n")
    assert "nothing" in last
    assert "not here" not in last
    assert played.code == 2
    pid = (folder / "in" / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()
