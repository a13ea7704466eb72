"""Writes the table of limits in docs/security.md from the code: `python docs/make_limits.py`. A test says where the two differ."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"
PACKAGE = ROOT / "gracetape"
BEGIN, END = "<!-- limits: written by docs/make_limits.py -->", "<!-- end of limits -->"
_NAME = re.compile(r"_?(LONGEST|LARGEST|DEEPEST|MOST|MAX|PATIENCE|TIMEOUT|LIMIT)(_[A-Z_]+)?S?")


@dataclass(frozen=True)
class Limit:
    """A number that bounds what others can make us do, where it is set, and what the comment there says of it."""

    module: str
    name: str
    value: float
    told: str

    def row(self) -> str:
        return f"| `{self.module}` | `{self.name}` | {_written(self.value)} | {self.told} |"


def _written(value: float) -> str:
    if isinstance(value, int):
        for power, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
            if value % (1 << power) == 0 and 0 < value >> power < 4096:
                return f"{value >> power} {unit}"
        return f"{value:,}"
    return f"{value:g}"


def limits(root: Path = ROOT) -> Iterator[Limit]:
    """Every limit in the code: constants named as limits, and the fields of classes whose names end so."""
    rooms = sorted(root / link.name for link in PACKAGE.iterdir() if link.is_symlink())
    for room in (*rooms, root / PACKAGE.name):
        for path in sorted(room.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            lines = text.splitlines()
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and node.name.endswith("Limits"):
                    for field in node.body:
                        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                            yield from _read(module, f"{node.name}.{field.target.id}", field.value, lines, field)
                elif isinstance(node, ast.Assign):
                    yield from _constants(module, node, lines)


def _constants(module: str, node: ast.Assign, lines: list[str]) -> Iterator[Limit]:
    target = node.targets[0]
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    values = node.value.elts if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) else [node.value]
    for name, value in zip(names, values, strict=False):
        if isinstance(name, ast.Name) and _NAME.fullmatch(name.id):
            yield from _read(module, name.id, value, lines, node)


def _read(module: str, name: str, value: ast.expr | None, lines: list[str], node: ast.stmt) -> Iterator[Limit]:
    number = _number(value)
    if number is not None:
        yield Limit(module, name, number, _comment(lines, node))


def _number(value: ast.expr | None) -> float | None:
    """What a number, or a calculation with numbers, comes to; None for anything else."""
    if value is None or any(
        not isinstance(part, (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop))
        for part in ast.walk(value)
    ):
        return None
    found = eval(compile(ast.Expression(value), "limit", "eval"), {"__builtins__": {}})
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _comment(lines: list[str], node: ast.stmt) -> str:
    """The comment beside or above an assignment, its first sentence."""
    beside = re.search(r"\s#\s*(?!noqa|type:)(.*)", lines[(node.end_lineno or node.lineno) - 1])
    found = [beside[1]] if beside else []
    above = node.lineno - 2
    while not beside and above >= 0 and lines[above].lstrip().startswith("#"):
        found.insert(0, lines[above].strip().lstrip("#: "))
        above -= 1
    return " ".join(found).partition(". ")[0].replace("|", "\\|").rstrip(".")


def table() -> str:
    """The table as it stands in the page."""
    rows = "\n".join(limit.row() for limit in limits())
    return f"{BEGIN}\n\n| module | name | limit | what the code says of it |\n|---|---|---|---|\n{rows}\n\n{END}"


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
