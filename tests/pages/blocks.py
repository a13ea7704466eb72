"""What a page shows in blocks: commands and Python to run, files to write, output to compare, and what is left out with a reason."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The languages that a block may name. Those that run, by what runs them; the others are shown, or written where they name their file.
RUN = {"sh": "shell", "python": "python"}
SHOWN = frozenset({"text", "ini", "toml", "json", "yaml", "sql", "xml"})

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<language>[^\s`]*)[^\n]*\n(?P<text>.*?)^(?P=indent)(?P=fence) *$", re.M | re.S
)
#: `<!-- not run: why -->`, `<!-- needs: PROGRAM, PROGRAM -->` or `<!-- file: PATH -->` just before a block.
_COMMENT = re.compile(r"<!--\s*(not run|needs|file)\b:?\s*((?:(?!-->).)*?)\s*-->\s*\Z", re.S)
#: `# name.py` or `; name.ini, what it is` in a block's first line.
_NAMED = re.compile(r"[#;] ([\w/-]+\.[\w.]+)(?:$|[ ,:])")


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    page: Path
    line: int  # of its fence, from 1
    language: str
    text: str
    comment: tuple[str, str] = ("", "")  # the word of the comment before it, and what that says
    output: str | None = None  # what the page shows as its output

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def left_out(self) -> str | None:
        """Why it is not run, as its page says."""
        return self.comment[1] if self.comment[0] == "not run" else None

    @property
    def needs(self) -> list[str]:
        """Programs without which it is left out."""
        return re.split(r",\s*", self.comment[1]) if self.comment[0] == "needs" else []

    @property
    def copy_of(self) -> Path | None:
        """The file of the repository that it shows whole; what runs that file runs it."""
        return ROOT / self.comment[1] if self.comment[0] == "file" else None

    @property
    def file(self) -> str | None:
        """The file that it is, by the name in its first line."""
        named = _NAMED.match(self.text.partition("\n")[0]) if self.language != "sh" else None
        return named[1] if named else None

    @property
    def runs(self) -> bool:
        return self.language in RUN and self.left_out is None and self.copy_of is None


@dataclass(frozen=True)
class Page:
    """A page with blocks."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks, in order; the output that is shown right after one that runs belongs to that one."""
        found = list[Block]()
        end = 0
        for match in _FENCE.finditer(self.text):
            indent = match["indent"]
            text = re.sub(f"^{indent}", "", match["text"], flags=re.M) if indent else match["text"]
            between = self.text[end : match.start()]
            if match["language"] == "text" and found and found[-1].runs and not between.strip():
                found[-1] = Block(**{**found[-1].__dict__, "output": text})
            else:
                comment = _COMMENT.search(between)
                line = self.text.count("\n", 0, match.start()) + 1
                said = (comment[1], " ".join(comment[2].split())) if comment else ("", "")
                found.append(Block(self.path, line, match["language"], text, said))
            end = match.end()
        return found

    @property
    def runs(self) -> bool:
        return any(block.runs for block in self.blocks)

    @property
    def real(self) -> bool:
        """Whether it begins with the real superevent, as `make demo` leaves it in a checkout."""
        return any(".cache/real" in block.text for block in self.blocks if block.runs)


def pages() -> list[Page]:
    """Every page that people read."""
    return [Page(path) for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))]
