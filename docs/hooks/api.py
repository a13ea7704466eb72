"""The reference of the Python API, made from the code: a page for each room, with the public names that its `__init__` lists."""

from importlib import import_module
from typing import Any

from mkdocs.structure.files import File, Files

from gracetape.lazy import homes

#: Where the page that leads to all of them shows them.
HERE = "<!-- the rooms -->"
#: The packages with public names, in the order in which people need them. The first one has what all stand on, and gathers names of the others.
PACKAGES = (
    "gracetape",
    *(f"gracetape.{room}" for room in "archive capture dummy replay simulate brokers listen testing view".split()),
)
for _package in PACKAGES:
    import_module(_package)


def on_files(files: Files, config: Any) -> Files:
    for package in PACKAGES:
        files.append(File.generated(config, f"reference/api/{package}.md", content=page(package)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    return markdown.replace(HERE, contents()) if page.file.src_uri == "reference/api.md" else markdown


def contents() -> str:
    """Every package with its names, each with where it is told of."""
    parts = list[str]()
    for package in PACKAGES:
        names = ", ".join(f"[`{name}`](api/{home}.md#{home}.{there})" for name, (home, there) in told(package).items())
        parts.append(f"**[{package}](api/{package}.md)**: {_summary(package)}\n\n{names}")
    return "\n\n".join(parts)


def page(package: str) -> str:
    """The page of a package: its own names, and where the others that it has are told of."""
    own = [name for name, (home, _) in told(package).items() if home == package]
    others = {name: row for name, row in told(package).items() if row[0] != package}
    parts = [f"# {package}\n\n{_summary(package)}"]
    if others:
        links = ", ".join(f"[`{name}`]({home}.md#{home}.{there})" for name, (home, there) in sorted(others.items()))
        parts.append(f"It also has, told of elsewhere: {links}.")
    return "\n\n".join([*parts, *(f"::: {package}.{name}" for name in own)]) + "\n"


def told(package: str) -> dict[str, tuple[str, str]]:
    """Public name → (the package on whose page it is told of, its name there)."""
    return {name: _place(name, module, there, package) for name, (module, there) in sorted(homes(package).items())}


def _place(name: str, module: str, there: str, package: str) -> tuple[str, str]:
    """A name is told of by the room that it comes from; what comes from no room, by the package above them, or whoever has it alone."""
    room = ".".join(module.split(".")[:2])
    if room in PACKAGES:
        return (room, there) if there in homes(room) else (package, name)
    return ("gracetape", there) if there in homes("gracetape") else (package, name)


def _summary(package: str) -> str:
    return (import_module(package).__doc__ or "").strip()
