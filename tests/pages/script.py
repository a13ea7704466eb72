"""Makes one shell script of a page: its blocks in order, each told of before it runs; the first command that fails ends it."""

import re
import shlex
import shutil
from pathlib import Path

from tests.pages.blocks import Block, Page

#: Before each block's output: this, its line, and a line end.
MARK = "\036"
#: Background programs are jobs, as in a reader's shell (`kill %1`), and end with the page. Who reads no further (`| head`) fails nothing.
#: A program with a port is waited for, since a reader would see that it is there.
_BEGIN = r"""
set -E -m -o pipefail
trap 'code=$?; [ $code -eq 141 ] || exit $code' ERR
trap 'kill $(jobs -p) 2>/dev/null || :; wait || :' EXIT
_answers() {
    for _ in {1..1200}; do
        (exec 7<>/dev/tcp/127.0.0.1/$1) 2>/dev/null && return 0
        [ -n "$(jobs -r)" ] || return 1
        sleep 0.1
    done
    return 1
}
_python() {
    { printf '%s\0' "$PWD"; env -0; } > "$1.shell"
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$1.shell" > "$4/orders"
    local code
    read -r code < "$4/results" && return $code
}
"""


def script(page: Page, control: Path) -> str:
    """The script of a page; what it reads besides is written to a folder."""
    parts = [_BEGIN]
    for block in page.blocks:
        if block.needs and not all(map(shutil.which, block.needs)):
            continue
        if block.runs or (block.file and not block.left_out):
            parts += [f"printf '\\036%s\\n' {block.line}", _part(block, control)]
    return "\n".join(parts) + "\n"


def _part(block: Block, control: Path) -> str:
    if block.language == "sh":
        return waiting(block.text)
    kept = control / f"{block.line}"
    kept.write_text(block.text, encoding="utf-8")
    if block.file:
        return f"mkdir -p {Path(block.file).parent} && cp {kept} {block.file}"
    return shlex.join(["_python", str(kept), str(block.page), str(block.line), str(control)])


def waiting(text: str) -> str:
    """Shell in which each program that is started beside it on a port has its port when the next line runs."""
    lines, end = list[str](), ""
    for line in text.splitlines():
        lines.append(line)
        if end:
            end = "" if line.strip() == end else end
            continue
        here = re.search(r"<<-?\s*(['\"]?)(\w+)\1", line)
        end = here[2] if here else ""
        port = re.search(r"--(?:port|serve)[ =](\d+)", line)
        if port and int(port[1]) and re.search(r"&\s*(#.*)?$", line) and not line.rstrip().endswith("&&"):
            lines.append(f"_answers {port[1]}")
    return "\n".join(lines)
