"""The files of the page itself, as they lie in `page/`: what is served, under which type, and in which order scripts load."""

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


@dataclass(frozen=True)
class Part:
    """A file of the page: its address, media type and contents."""

    address: str
    media_type: str
    contents: bytes


@cache
def parts() -> dict[str, Part]:
    """Every file of the page by its address, `index.html` at the root; nothing else in the folder is served."""
    names = ["index.html", STYLE, "icon.svg", *MODULES, *(f"vendor/{one.name}" for one in VENDORED)]
    names += sorted({f"vendor/{one.terms}" for one in VENDORED})
    found = {}
    for name in names:
        path = FOLDER / name
        address = "/" if name == "index.html" else f"/page/{name}"
        contents = _with_scripts(path.read_text()).encode() if address == "/" else path.read_bytes()
        found[address] = Part(address, _TYPES[path.suffix], contents)
    return found


def _with_scripts(page: str) -> str:
    """The page with what it loads; modules are named beforehand, so that none waits for another to be read."""
    lines = [f'<script defer src="/page/vendor/{one.name}"></script>' for one in VENDORED]
    lines += [f'<link rel="modulepreload" href="/page/{name}">' for name in MODULES]
    return page.replace("<!-- scripts -->", "\n".join([*lines, '<script type="module" src="/page/main.js"></script>']))
