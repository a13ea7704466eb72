"""Nothing in an archive is trusted: no text of a stranger runs, opens a dialog or asks anybody, in the page and in the file alike."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive
from gracetape.view.comments import shown_html
from gracetape.view.one_file import page_of
from tests.view.browser import Heard
from tests.view.hostile import CORPUS, GRACEID
from tests.view.made import SERVICE

Opener = Callable[..., tuple[Any, Heard]]
TABS = ("record", "files", "lists", "alerts", "answers", "compare", "table")


def look_at_everything(page: Any, root: str, *, served: bool) -> None:
    """Every tab at every entry, every file and every message."""
    page.goto(f"{root}#/")
    page.locator(".list-row").first.wait_for()
    for tab in TABS:
        page.goto(f"{root}#/{GRACEID}?tab={tab}&place=1&with=2")
        page.locator(".log-row").first.wait_for()
    page.get_by_label("Time line", exact=True).first.focus()
    for _ in range(len(CORPUS) * 2):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(20)
    page.get_by_role("tab", name="Record").click()
    page.locator("#panel-record summary").first.wait_for()
    for summary in page.locator("#panel-record summary").all():
        summary.click()
    page.get_by_role("button", name="Files").click()
    page.locator(".stage").hover()
    page.get_by_role("tab", name="Alerts").click()
    page.locator(".alert-row button").first.click()
    page.locator(".alerts .viewer .tree, .alerts .viewer .said").first.wait_for()
    if served:
        page.get_by_role("tab", name="Files").click()
        for version in page.locator(".version").all():
            version.click()
            page.locator(".viewer .contents, .viewer .said").nth(1).wait_for()


def test_no_text_of_a_stranger_does_anything(opener: Opener, hostile_page: str) -> None:
    page, heard = opener()
    look_at_everything(page, hostile_page, served=True)
    heard.assert_quiet(hostile_page)
    assert page.locator("#room").count() == 1
    for link in page.locator("a[href]").all():
        assert re.match(r"#/|#main$|/api/|https://gracedb\.ligo\.org/", link.get_attribute("href") or "")


def test_nor_in_a_page_that_is_one_file(opener: Opener, hostile: Path, tmp_path: Path) -> None:
    with Archive.open(hostile) as archive:
        (tmp_path / "page.html").write_text(page_of(archive))
    page, heard = opener()
    root = (tmp_path / "page.html").as_uri()
    look_at_everything(page, root, served=False)
    heard.assert_quiet(root)


@pytest.mark.parametrize("text", CORPUS)
def test_what_is_left_of_a_comment_formats_text_and_no_more(text: str) -> None:
    shown = shown_html(text, SERVICE) or ""
    assert (
        re.search(
            r"<\s*/?\s*(script|img|svg|iframe|object|form|input|button|style|link|meta|video|audio|base|math|embed)\b",
            shown,
        )
        is None
    )
    assert re.search(r"\bon\w+\s*=|style=|javascript:|data:", re.sub(r">[^<]*<", "><", f">{shown}<")) is None


def test_what_formats_a_comment_stays() -> None:
    comment = '<table border="1"><tr bgcolor="red"><th colspan="2">Bits</th></tr></table> <a href="/apiweb/x">see</a> <b>H1</b> &amp; more'
    assert shown_html(comment, SERVICE) == (
        '<table><tbody><tr><th colspan="2">Bits</th></tr></tbody></table> '
        '<a href="https://gracedb.ligo.org/apiweb/x" target="_blank" rel="noopener noreferrer">see</a> <b>H1</b> &amp; more'
    )
    assert shown_html("SNR of 8, as before", SERVICE) is None
