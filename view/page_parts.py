"""The page itself, made of the files in `page/`: what is served, under which type, and in which order scripts stand.

The modules are joined into one script, the library's files into another: a page that is served loads what a page that is one file holds,
and few requests make it appear at once.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gracetape.view.vendored import VENDORED

FOLDER = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
}  # fmt: skip
#: The page's own modules, each after those that it imports.
MODULES = tuple(
    f"{name}.js" for name in (
        "markup", "words", "api", "film", "place", "tree", "list", "icons", "overview", "scale", "lanes",
        "timeline", "table", "log", "panels",
        "compare", "files", "objects", "event", "live", "main",
    )
)  # fmt: skip
STYLE = "page.css"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[\w-]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A file of the page: its address, media type and contents."""

    address: str
    media_type: str
    contents: bytes


def style() -> str:
    """The page's style."""
    return (FOLDER / STYLE).read_text()


def library() -> str:
    """The library that the page brings along, as one script."""
    return "\n".join((FOLDER / "vendor" / one.name).read_text().rstrip() for one in VENDORED)


def script() -> str:
    """The page's own modules as one: what each imports stands before it, under the same names (a test sees that no two share one)."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", (FOLDER / name).read_text())) for name in MODULES)


@cache
def parts() -> dict[str, Part]:
    """Every file of the page by its address; nothing else in the folder is served."""
    made = {"/page/library.js": library(), "/page/page.js": script()}
    found = {address: Part(address, _TYPES[".js"], text.encode()) for address, text in made.items()}
    names = ["index.html", STYLE, "icon.svg", *sorted({f"vendor/{one.terms}" for one in VENDORED})]
    for name in names:
        path = FOLDER / name
        address = "/" if name == "index.html" else f"/page/{name}"
        found[address] = Part(address, _TYPES[path.suffix], path.read_bytes())
    return found
