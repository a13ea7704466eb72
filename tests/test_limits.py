"""The limits in docs/security.md are those in the code."""

import importlib.util
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[1] / "docs" / "make_limits.py"


def script() -> Any:
    spec = importlib.util.spec_from_file_location("make_limits", SCRIPT)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    import sys

    sys.modules["make_limits"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_the_page_has_every_limit_of_the_code_as_it_is_set_there() -> None:
    found = script()
    assert found.table() in found.PAGE.read_text(encoding="utf-8"), "run: python docs/make_limits.py"


def test_a_limit_is_found_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    code = "#: Bytes. And more.\n_LARGEST = 4 << 20\nLONGEST, DEEPEST = 20_000, 50  # of a query\nclass Limits:\n    answer_s: float = 2.0\n"
    (tmp_path / "archive" / "x.py").write_text(code)
    rows = [limit.row() for limit in script().limits(tmp_path)]
    assert rows == [
        "| `archive.x` | `_LARGEST` | 4 MiB | Bytes |",
        "| `archive.x` | `LONGEST` | 20,000 | of a query |",
        "| `archive.x` | `DEEPEST` | 50 | of a query |",
        "| `archive.x` | `Limits.answer_s` | 2 |  |",
    ]
