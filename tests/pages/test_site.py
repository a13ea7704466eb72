"""The site tells of every command and every public name, has a title for every page, and loads nothing from elsewhere.

(`make docs`, a part of `make test`, builds it, and fails at links that lead nowhere and at pages that no list has.)
"""

import importlib
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest

from gracetape.lazy import homes
from tests.agreement.test_examples import COMMANDS
from tests.pages.blocks import ROOT, pages

pytest.importorskip("mkdocs", reason="mkdocs is not installed ([docs])")


def hook(name: str) -> ModuleType:
    """One of the scripts of docs/hooks, as mkdocs loads it."""
    spec = spec_from_file_location(f"hook_{name}", ROOT / "docs" / "hooks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[f"hook_{name}"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def nav() -> list[Any]:
    import yaml

    found: list[Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    return found


def leaves(nav: list[Any]) -> list[tuple[str, str]]:
    """The pages of a navigation, each with its title there ('' where it has none)."""
    found = list[tuple[str, str]]()
    for entry in nav:
        if isinstance(entry, str):
            found.append(("", entry))
        else:
            ((title, below),) = entry.items()
            found += leaves(below) if isinstance(below, list) else [(title, below)]
    return found


def test_every_page_is_in_the_navigation_with_a_title(nav: list[Any]) -> None:
    first = {
        page.path.relative_to(ROOT / "docs").as_posix(): page.text.partition("\n")[0]
        for page in pages()
        if page.path.is_relative_to(ROOT / "docs")
    }
    titles = {where: title for title, where in leaves(hook("own").expanded(nav, list(first)))}
    assert [name for name in first if name not in titles] == []
    assert [name for name, line in first.items() if not line.startswith("# ")] == []


def test_every_command_has_a_reference() -> None:
    commands = hook("commands")
    told = {name: section for room in commands.ROOMS for name, section in sections(commands.page(room)).items()}
    assert told.keys() == {f"gracetape {name}" for name in COMMANDS}
    for name, command in COMMANDS.items():
        section = told[f"gracetape {name}"]
        context = command.make_context(name, [], resilient_parsing=True)
        for parameter in command.params:
            if parameter.get_help_record(context) and not set(commands.EVERYWHERE) & set(parameter.opts):
                assert re.search(
                    rf"^`[^`\n]*{parameter.opts[-1] if parameter.param_type_name == 'option' else ''}", section, re.M
                )
        assert "**Examples**" in section
        assert not re.search(r"</?[a-z]+>|\[(bold|dim|/)", section)


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.*?) \{#.*\}\n", page, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_what_a_command_takes_is_told_in_full() -> None:
    text = sections(hook("commands").page("replay"))["gracetape replay"]
    assert re.search(r"^`--speed FACTOR`\n:   \w", text, re.M)
    assert "Default: `" in text
    assert hook("commands")._note("env var: GRACETAPE_SPEED") == "Environment: `GRACETAPE_SPEED`."


def test_every_public_name_has_a_reference() -> None:
    api = hook("api")
    shown = {line for package in api.PACKAGES for line in re.findall(r"^::: (.*)$", api.page(package), re.M)}
    for package in api.PACKAGES:
        for name in homes(package):
            home, there = api.told(package)[name]
            assert f"{home}.{there}" in shown
            here = getattr(importlib.import_module(package), name)
            assert isinstance(here, ModuleType) or here is getattr(importlib.import_module(home), there)


def test_every_room_with_public_names_has_a_page() -> None:
    rooms = {f"gracetape.{path.name}" for path in (ROOT / "gracetape").iterdir() if path.is_symlink()}
    assert rooms - set(hook("api").PACKAGES) == {"gracetape.pipelines"}  # one more pipeline is a file of ours


def test_links_out_of_the_documents_lead_to_pages_of_the_site() -> None:
    links = hook("links")
    text = "[a](../examples/listener/listener.py) [b](../CHANGELOG.md#x) [c](replay.md) [d](https://x.org) [e](../no)"
    assert links.rewritten(text, ROOT / "docs", "testing.md").split() == [
        "[a](source/examples/listener/listener.py.md)",
        "[b](changelog.md#x)",
        "[c](replay.md)",
        "[d](https://x.org)",
        "[e](../no)",
    ]
    assert links.rewritten("[a](../../examples)", ROOT / "docs" / "howto", "howto/x.md") == "[a](../source/examples.md)"
    assert links.rewritten("[a](docs/dummy.md#ids)", ROOT, "changelog.md") == "[a](dummy.md#ids)"
    assert "listener/listener.py" in links._shown("examples")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('<script src="https://a.org/x.js"></script>', 1),
        ('<link rel="stylesheet" href="//a.org/x.css">', 1),
        ("@font-face { src: url('https://a.org/f.woff2') }", 1),
        ('<img alt="x" src="https://a.org/x.png">', 1),
        ('<a href="https://a.org/">a</a> <svg xmlns="http://www.w3.org/2000/svg"/> <img src="x.png">', 0),
    ],
)
def test_what_a_browser_would_fetch_from_elsewhere_is_seen(text: str, count: int) -> None:
    assert len(hook("own").fetched(text)) == count
