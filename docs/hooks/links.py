"""Links of pages to files of the repository work on the site as they do in a checkout: the site has a page for each such file."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[2]
#: Files of the repository that are pages of the site; what README tells, the home page leads to.
PAGES = {"CHANGELOG.md": "changelog.md", "README.md": "index.md"}
LANGUAGES = {
    ".py": "python",
    ".toml": "toml",
    ".sql": "sql",
    ".ini": "ini",
    ".sh": "sh",
    ".md": "markdown",
    ".yml": "yaml",
}
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the change log, and a page for each file or folder outside of docs/ that a page leads to."""
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "changelog.md", content=rewritten(log, ROOT, "changelog.md")))
    linked = {
        target
        for file in files.documentation_pages()
        if file.abs_src_path
        for target in _outside(Path(file.abs_src_path))
    }
    for target in sorted(linked - PAGES.keys()):
        files.append(
            File.generated(config, _page_of(target), content=_shown(target), inclusion=InclusionLevel.NOT_IN_NAV)
        )
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    if not page.file.abs_src_path:
        return markdown
    return rewritten(markdown, Path(page.file.abs_src_path).parent, page.file.src_uri)


def rewritten(markdown: str, folder: Path, uri: str) -> str:
    """A page's text with its links to what lies outside of docs/ leading to pages of the site."""

    def lead(match: re.Match[str]) -> str:
        target = _in_repository(folder / match[1])
        if target is None:
            return match[0]
        if target.startswith("docs/"):
            there = target.removeprefix("docs/")
        else:
            there = PAGES.get(target, _page_of(target))
        up = len(PurePosixPath(uri).parents) - 1
        return "../" * up + there + (match[2] or "")

    return _LINK.sub(lead, markdown)


def _outside(page: Path) -> set[str]:
    """What a page leads to outside of docs/."""
    found = {_in_repository(page.parent / match[1]) for match in _LINK.finditer(page.read_text(encoding="utf-8"))}
    return {target for target in found if target and not target.startswith("docs/")}


def _in_repository(path: Path) -> str | None:
    """A file's or folder's path in the repository; None if it is not there, of which mkdocs tells."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) and path.exists() else None


def _page_of(target: str) -> str:
    return f"source/{target}.md"


def _shown(target: str) -> str:
    """A page that shows a file, or tells what a folder holds."""
    path = ROOT / target
    if path.is_dir():
        held = sorted(p.relative_to(path).as_posix() for p in path.rglob("*.*") if p.suffix in LANGUAGES)
        return f"# {target}\n\nIn the repository, this folder holds:\n\n" + "\n".join(f"* `{name}`" for name in held)
    text = path.read_text(encoding="utf-8")
    return (
        f"# {path.name}\n\n`{target}` in the repository:\n\n~~~~ {LANGUAGES.get(path.suffix, 'text')}\n{text}\n~~~~\n"
    )
