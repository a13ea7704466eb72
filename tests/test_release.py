"""What is released is whole, and what is said of a version is said alike everywhere."""

import re
import tomllib
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.release.building import build, check_contents

ROOT = Path(__file__).parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = PYPROJECT["project"]
RECIPE: dict[str, Any] = yaml.safe_load((ROOT / "conda-recipe" / "recipe.yaml").read_text())
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("dist"))


def test_wheel_and_source_archive_hold_every_file_of_every_room_and_nothing_else(built: tuple[Path, Path]) -> None:
    check_contents(*built)


def test_what_is_missing_is_told(built: tuple[Path, Path], monkeypatch: Any) -> None:
    wheel, source = built
    monkeypatch.setattr("tests.release.building.code", lambda: {"gracetape/__init__.py", "gracetape/lost.sql"})
    with pytest.raises(SystemExit, match=r"whl lacks gracetape/lost.sql"):
        check_contents(wheel, source)


def run_requirements() -> dict[str, str]:
    rows = (line.partition(" ") for line in RECIPE["requirements"]["run"])
    return {name: wanted for name, _, wanted in rows if name != "python"}


def test_the_recipe_asks_for_what_pyproject_asks_for() -> None:
    wanted = {}
    for line in PROJECT["dependencies"]:
        one = Requirement(line)
        assert not one.extras
        wanted[canonicalize_name(one.name)] = set(filter(None, str(one.specifier).split(",")))
    assert {name: set(filter(None, text.split(","))) for name, text in run_requirements().items()} == wanted
    assert PROJECT["requires-python"] == f">={RECIPE['context']['python_min']}"
    build_needs = {
        Requirement(line).name: Requirement(line).specifier for line in PYPROJECT["build-system"]["requires"]
    }
    assert f"setuptools {build_needs['setuptools']}" in RECIPE["requirements"]["host"]
    points = dict(line.split(" = ") for line in RECIPE["build"]["python"]["entry_points"])
    assert points == PROJECT["scripts"]


def test_version_licence_and_words_are_the_same_everywhere() -> None:
    assert RECIPE["context"]["version"] == CITATION["version"] == PROJECT["version"] == version("gracetape")
    assert RECIPE["about"]["license"] == CITATION["license"] == PROJECT["license"]
    assert RECIPE["about"]["summary"] == PROJECT["description"]


def test_the_changelog_is_by_version_newest_first_and_the_citation_has_its_date() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    rows = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", head) for head in heads[1:]]
    assert all(rows), heads
    known = {row[1]: date.fromisoformat(row[2]) for row in rows if row}
    assert list(known) == sorted(known, key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    assert known[PROJECT["version"]] == CITATION["date-released"]


def test_the_citation_has_what_its_format_asks_for() -> None:
    """The keys that CFF 1.2.0 requires, and values of its lists."""
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITATION)
    assert CITATION["type"] in ("software", "dataset")
    assert all(set(author) & {"name", "family-names", "given-names", "alias"} for author in CITATION["authors"])
