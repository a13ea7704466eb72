"""The page is for everyone: axe finds nothing against WCAG 2.1 AA, light or dark, and what moves stands still where asked."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.view.browser import Heard, wait_for_alerts

Opener = Callable[..., tuple[Any, Heard]]
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
pytestmark = pytest.mark.real
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LIST = ("#/", ".list-row")
TABS = ("record", "files", "lists", "alerts", "answers", "compare", "table")


def test_axe_finds_nothing(opener: Opener, real_page: str) -> None:
    page, heard = opener()
    for path, there in (LIST, *map(place, TABS), ("#/S990101zz", ".failed")):
        assert_sound(page, real_page + path, there, RULES)
    heard.console = [line for line in heard.console if "404" not in line]  # of what is not there
    heard.assert_quiet(real_page)


def test_axe_can_tell_the_colours_apart_in_the_dark(opener: Opener, real_page: str) -> None:
    page, _ = opener(color_scheme="dark")
    for path, there in (LIST, *map(place, ("record", "files", "alerts"))):
        assert_sound(page, real_page + path, there, {"runOnly": ["color-contrast"]})


def place(tab: str) -> tuple[str, str]:
    """The address of a tab, and what is seen when it is shown."""
    return f"#/S220609hl?n=40&with=20&tab={tab}", f"#panel-{tab}:not([hidden])"


def assert_sound(page: Any, url: str, there: str, rules: dict[str, list[str]]) -> None:
    page.goto(url)
    page.locator(there).first.wait_for()
    if "#panel-" in there:
        wait_for_alerts(page)
    found = axe.Axe().run(page, options=rules)
    assert found.violations_count == 0, f"{url}: {found.generate_report()}"


def test_every_control_can_be_reached_by_keys_and_shows_that_it_is(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=40")
    page.get_by_text("40 of 108").wait_for()
    wait_for_alerts(page)
    controls = page.evaluate(
        "() => [...document.querySelectorAll('a[href], button, input, select, [tabindex=\"0\"]')]"
        ".filter((e) => e.checkVisibility() && e.tabIndex >= 0 && !(e.type === 'radio' && !e.checked)).length"
    )
    seen, unmarked = set(), []
    for _ in range(controls + 5):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            "() => { const e = document.activeElement, all = [...document.querySelectorAll('*')];"
            "const shown = e.type === 'radio' ? e.nextElementSibling : e;"
            "return [all.indexOf(e), getComputedStyle(shown).outlineStyle !== 'none'] }"
        )
        seen.add(name)
        if not outlined and name > 2:
            unmarked.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    assert unmarked == []
    assert len(seen) >= controls


def test_it_can_be_printed(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=40")
    page.get_by_text("40 of 108").wait_for()
    page.emulate_media(media="print")
    assert not page.locator(".scrubber").is_visible()
    assert page.locator("h1").is_visible()
    assert page.pdf().startswith(b"%PDF")
