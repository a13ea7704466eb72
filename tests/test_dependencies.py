"""What a plain install brings stays small, and each package of it is argued for in docs/dependencies.md."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gracetape.bounded_json import read_fast
from gracetape.dummy.acts import notices
from gracetape.dummy.problems import Problem
from gracetape.errors import ListenError
from gracetape.listen.status import _served

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
#: Beyond what ligo-gracedb alone brings.
MOST = 30


def closure(wanted: Iterable[str]) -> set[str]:
    """The distributions that an installation of `wanted` brings, as those say that are installed here; nothing is asked of an index."""
    found, waiting = dict[str, set[str]](), [Requirement(line) for line in wanted]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        known, extras = found.setdefault(name, set()), {"", *one.extras}
        if extras <= known:
            continue
        new = extras - known
        known |= extras
        try:
            lines = requires(one.name) or []
        except PackageNotFoundError:
            pytest.fail(f"{one.name} is not installed here, so what it brings cannot be counted")
        for line in lines:
            more = Requirement(line)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in new):
                waiting.append(more)
    return set(found)


def test_a_plain_install_brings_few_distributions_beyond_those_of_ligo_gracedb() -> None:
    ours = closure(PROJECT["dependencies"]) - closure(["ligo-gracedb"])
    assert "typer" in ours
    assert len(ours) <= MOST, sorted(ours)


def named(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines} - {"gracetape"}


def test_the_page_tells_of_each_package_why_it_is_there_who_keeps_it_and_what_would_replace_it() -> None:
    rows = {canonicalize_name(row[1]): row for row in re.findall(r"^(\| ([\w.-]+) \|.*)$", PAGE, re.MULTILINE)}
    extras = {name: named(lines) for name, lines in PROJECT["optional-dependencies"].items() if name != "test"}
    for name in named(PROJECT["dependencies"]) | set().union(*extras.values()):
        assert name in rows, f"{name} has no row"
        why, kept, instead = [cell.strip() for cell in rows[name][0].strip("| ").split("|")][1:4]
        assert min(len(why), len(kept), len(instead)) > 2, rows[name][0]
    for extra in extras:
        assert f"`[{extra}]`" in PAGE


def test_live_messages_are_read_without_the_faster_reader_too(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    assert read_fast('{"uid": "G1"}') == {"uid": "G1"}


@pytest.mark.parametrize("missing", ["jsonschema", "igwn_gwalert_schema"])
def test_a_notice_that_cannot_be_checked_is_refused_with_what_to_install(monkeypatch: Any, missing: str) -> None:
    notices._validator.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(Problem, match=rf"501: .*{missing}.*pip install .*\[notices\]"):
        notices.read(b"{}")
    notices._validator.cache_clear()


def test_figures_say_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.delitem(sys.modules, "gracetape.listen.figures", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ListenError, match=r"prometheus_client: pip install .*\[prometheus\]"):
        _served(9)
