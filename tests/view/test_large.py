"""Long logs and large archives: no more stands in the document than is in sight, and each place shows what it should."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gracetape.archive import Archive
from gracetape.view.film import Film
from tests.view.browser import Heard
from tests.view.made import ENTRIES, LONG, OBJECTS
from tests.view.test_film import record_at, there

Opener = Callable[..., tuple[Any, Heard]]
#: Elements that a page may have, however long a log is.
MOST = 6000


def test_a_log_of_ten_thousand_entries_is_scrubbed(opener: Opener, long_page: str) -> None:
    page, heard = opener()
    page.goto(f"{long_page}#/{LONG}?n=5000")
    page.get_by_text(f"5,000 of {ENTRIES:,}").wait_for()
    slider = page.get_by_role("slider", name="Place in the history")
    for place in (1, 777, 9999, 3210):
        slider.fill(str(place))
        page.locator(".entry-head b", has_text=f"Log {place}").wait_for()
        assert page.locator(".log-row.current .n").inner_text() == str(place)
    assert page.locator("*").count() < MOST
    page.wait_for_url("**n=3210")
    page.get_by_role("tab", name="Table").click()
    page.get_by_text("of 1").first.wait_for()
    assert page.locator(".twin tbody tr").count() == 100
    heard.assert_quiet(long_page)


def test_ten_thousand_objects_are_scrolled(opener: Opener, many_page: str) -> None:
    page, heard = opener()
    page.goto(many_page)
    page.locator("#query-said", has_text=f"{OBJECTS:,} superevents").wait_for()
    rows = page.locator(".objects-table .list")
    for share in (0.25, 0.5, 0.75, 1):
        rows.evaluate("(list, share) => { list.scrollTop = share * (list.scrollHeight - list.clientHeight) }", share)
        page.locator(".list-row.row:not(.waiting)").first.wait_for()
        assert page.locator(".list-row").count() < 60
    page.get_by_role("link", name="S260101aaa", exact=True).wait_for()  # the oldest is the last
    page.get_by_role("button", name="far").click()
    page.get_by_role("button", name="far ↓").wait_for()
    assert page.get_by_role("columnheader", name="far").get_attribute("aria-sort") == "descending"
    page.get_by_label("Query").fill("far < 1e-10 EM_READY")
    page.get_by_label("Query").press("Enter")
    page.get_by_text("superevents found").wait_for()
    heard.assert_quiet(many_page)


def test_the_film_of_a_long_log_tells_the_truth_at_some_places(long_tape: Path) -> None:
    with Archive.open(long_tape) as archive:
        film = Film(archive, LONG)
        story = film.document()
        assert film.last == ENTRIES
        for place in (1, 50, 99, 100, 101, 4_950, 5_000, ENTRIES - 1, ENTRIES):
            snapshot = film.at(place)
            assert snapshot is not None
            assert record_at(story, place) == snapshot.record()
            assert there(story, "label", place) == {one["name"]: one for one in snapshot.records("label")}
