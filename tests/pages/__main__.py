"""For whoever writes a page: `python -m tests.pages` lists the blocks of all pages, `python -m tests.pages PAGE …` runs some pages."""

import sys
import tempfile
from pathlib import Path

from tests.pages.blocks import Page, pages
from tests.pages.running import play


def told() -> str:
    """How many blocks run, and those that do not, with their reasons."""
    blocks = [block for page in pages() for block in page.blocks]
    left_out = [block for block in blocks if block.left_out is not None]
    lines = [f"{sum(block.runs for block in blocks)} blocks run; {len(left_out)} do not:"]
    return "\n".join([*lines, *(f"{block.place}: {block.left_out}" for block in left_out)])


def main(names: list[str]) -> int:
    if not names:
        print(told())
    codes = list[int]()
    for name in names:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as control:
            played = play(Page(Path(name).resolve()), Path(folder), Path(control))
        codes.append(played.code)
        print(played.told if played.code else "".join(f"-- {line}\n{out}" for line, out in played.outputs.items()))
        print(*played.missing(), sep="\n")
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
