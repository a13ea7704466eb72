"""Public names that are loaded when they are first used, so that importing a room costs next to nothing.

A package lists its public names once, as imports below `if TYPE_CHECKING:`, which type checkers read as they stand; at run time
the same lines are read from its source when a name is first asked for (as the package lazy-loader reads stub files).
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def homes(package: str) -> dict[str, tuple[str, str]]:
    """Public name → (module, name there), as the imports below `if TYPE_CHECKING:` in the package's source say."""
    import ast

    found: dict[str, tuple[str, str]] = {}
    for node in ast.parse(_source(package)).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom):
                    found |= {alias.asname or alias.name: (str(line.module), alias.name) for alias in line.names}
    return found


def _source(package: str) -> str:
    """A package's source, as its loader gives it; pytest's, which rewrites the assertions of plug-ins, gives none."""
    spec = sys.modules[package].__spec__
    get_source = getattr(spec.loader, "get_source", None)  # type: ignore[union-attr]
    if get_source is not None:
        return str(get_source(package))
    with open(spec.origin, encoding="utf-8") as file:  # type: ignore[union-attr, arg-type]  # noqa: PTH123  # pathlib costs
        return file.read()


def public_names(package: str) -> "tuple[Callable[[str], object], Callable[[], list[str]]]":
    """`__getattr__` and `__dir__` for a package whose public names are loaded when they are first used."""
    known: dict[str, tuple[str, str]] = {}

    def names() -> dict[str, tuple[str, str]]:
        if not known:
            known.update(homes(package))
        return known

    def load(name: str) -> object:
        if name == "__all__":
            return sorted(names())
        if name.startswith("_") or name not in names():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        module, there = names()[name]
        found = getattr(import_module(module), there)
        # A room that is named as what it does (`gracetape.capture`) stays the room, which can be called.
        return vars(sys.modules[package]).setdefault(name, found)

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names()})

    return load, listed


def entry_points(**wanted: str) -> "Any":
    """As that of `importlib.metadata`, whose import costs a command a tenth of its start."""
    from importlib.metadata import entry_points as found

    return found(**wanted)
