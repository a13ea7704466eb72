"""What holds for the whole site: a folder in its navigation stands for the pages in it, and nothing is loaded from elsewhere."""

import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

#: What a browser fetches by itself. (Links that people may follow are not.)
_FETCHED = (
    re.compile(r"<(?:script|img|iframe|source|video|audio|embed|object|image|use)\b[^>]*?(?:src|href|data)=[\"']?((?:https?:)?//[^\"'\s>]+)"),
    re.compile(r"<link\b(?=[^>]*rel=[\"']?(?:stylesheet|icon|preload|preconnect|prefetch|dns-prefetch))[^>]*href=[\"']?((?:https?:)?//[^\"'\s>]+)"),
    re.compile(r"url\([\"']?((?:https?:)?//[^\"')]+)"),
    re.compile(r"@import\s+[\"']((?:https?:)?//[^\"']+)"),
)  # fmt: skip


def on_files(files: Files, config: Any) -> Files:
    config["nav"] = expanded(config["nav"], [file.src_uri for file in files.documentation_pages()])
    return files


def expanded(nav: list[Any], pages: list[str]) -> list[Any]:
    """A navigation in which each folder (`howto/`) is the pages that lie in it."""
    found = list[Any]()
    for entry in nav:
        if isinstance(entry, str) and entry.endswith("/"):
            found += [page for page in pages if page.rpartition("/")[0] == entry.rstrip("/")]
        elif isinstance(entry, dict):
            ((title, below),) = entry.items()
            below = expanded(below, pages) if isinstance(below, list) else below
            found += [{title: below}] if below else []
        else:
            found.append(entry)
    return found


def on_post_build(config: Any) -> None:
    """Read what was built again: an address of another host, which a browser would ask, is an error."""
    found = [
        f"{path}: {address}"
        for path in sorted(Path(config.site_dir).rglob("*"))
        if path.suffix in (".html", ".css", ".svg")
        for address in fetched(path.read_text(encoding="utf-8"))
    ]
    if found:
        raise PluginError("the site loads what is not its own: " + "; ".join(found[:10]))


def fetched(text: str) -> list[str]:
    """The addresses of other hosts that a browser would ask for what a page, a style or a picture holds."""
    return [address for pattern in _FETCHED for address in pattern.findall(text)]
