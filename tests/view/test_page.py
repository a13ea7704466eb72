"""The page in a real browser, on the real superevent: what it shows, at any place, by pointer and by keys."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.view.browser import Heard, wait_for_alerts
from tests.waiting import eventually

Opener = Callable[..., tuple[Any, Heard]]
pytestmark = pytest.mark.real


def test_the_list_leads_to_an_object_and_back(opener: Opener, real_page: str) -> None:
    page, heard = opener()
    page.goto(real_page)
    page.get_by_role("link", name="S220609hl", exact=True).click()
    page.get_by_role("heading", name="S220609hl", exact=True).wait_for()
    assert page.title() == "S220609hl · gracetape"
    page.go_back()
    page.locator("label", has_text="events6").click()
    page.get_by_role("link", name="G587364").wait_for()
    assert page.locator(".list-row").count() == 6
    heard.assert_quiet(real_page)


def test_a_query_finds_in_the_dummys_language_and_what_means_nothing_is_told_in_a_sentence(
    opener: Opener, real_page: str
) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/?of=event")
    page.get_by_label("Query").fill("gstlal far < 1e-3")
    page.get_by_label("Query").press("Enter")
    page.get_by_text("2 events found").wait_for()
    assert "q=gstlal+far+%3C+1e-3" in page.url
    page.get_by_label("Query").fill("far < < 3")
    page.get_by_role("button", name="Find").click()
    page.locator(".said.error", has_text="this query is not understood").wait_for()


def test_everything_is_as_of_the_place_in_the_address(opener: Opener, real_page: str) -> None:
    page, heard = opener()
    page.goto(f"{real_page}#/S220609hl?n=40")
    page.get_by_text("40 of 108").wait_for()
    assert page.locator(".label-row .chip").all_inner_texts() == ["EM_READY", "ADVREQ", "EM_Selected"]
    assert page.locator(".entry-head b").inner_text() == "Log 40"
    record = page.locator("#panel-record")
    assert "G587367" in record.locator("tr", has_text="preferred_event").first.inner_text()
    page.get_by_role("tab", name="Files").click()
    assert page.locator("#panel-files .name").count() == 4
    page.get_by_role("tab", name="Dummy").click()
    page.locator(".answer .tree").first.wait_for()
    assert "as of place 52" in page.locator(".answer").inner_text()
    heard.assert_quiet(real_page)


def test_keys_move_the_place_and_back_and_forward_return_to_it(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=40")
    page.get_by_text("40 of 108").wait_for()
    page.get_by_label("Time line", exact=True).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_text("42 of 108").wait_for()
    page.wait_for_url("**n=42")
    page.keyboard.press("Home")
    page.get_by_text("1 of 108").wait_for()
    page.wait_for_url("**n=1")
    page.go_back()
    page.get_by_text("42 of 108").wait_for()
    page.go_forward()
    page.get_by_text("1 of 108").wait_for()
    wait_for_alerts(page)
    page.keyboard.press("a")
    page.wait_for_url("**place=3")  # of a member


def test_the_scrubber_is_a_slider_that_says_where_it_stands(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=40")
    slider = page.get_by_role("slider", name="Place in the history")
    slider.wait_for()
    assert slider.get_attribute("aria-valuetext").startswith("log entry 40, 2022-06-09 22:20:38, DQR-compatible")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("39 of 108").wait_for()


def test_zoom_goes_from_the_whole_to_microseconds(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=40&layout=time")
    stage = page.locator(".stage")
    stage.hover()
    for _ in range(60):
        page.mouse.wheel(0, -600)

    def pointed() -> str:
        page.mouse.move(500, 400)
        page.mouse.move(501, 400)
        return str(page.locator(".hair span").inner_text())

    eventually(lambda: re.fullmatch(r"22:\d\d:\d\d\.\d{6} \+.*", pointed()), otherwise=pointed)
    page.get_by_role("button", name="Show all").click()
    page.locator(".overview.whole").wait_for(state="attached")


def test_two_places_are_compared(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=20&tab=compare")
    page.get_by_role("button", name="Hold this place").click()
    page.wait_for_url("**with=20")
    page.get_by_label("Time line", exact=True).first.focus()
    page.keyboard.press("End")
    row = page.locator(".differences tr", has_text="record › preferred_event").first
    row.wait_for()
    assert row.locator("td").all_inner_texts() == ["G587365", "G587369"]
    assert page.locator(".differences tr", has_text="label › SKYMAP_READY").count() > 0


def test_the_time_line_has_a_twin_for_those_who_do_not_see_it(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?tab=table")
    table = page.get_by_role("table", name="All that is on the time line, in order")
    table.wait_for()
    wait_for_alerts(page)
    page.get_by_role("button", name="Earlier rows").click()
    assert table.locator("tbody tr").count() == 100
    lanes = {row.split("\t")[1] for row in table.locator("tbody tr").all_inner_texts()}
    assert {"Log", "Alerts", "Members"} <= lanes


def test_an_alert_opens_to_the_message_that_was_sent(opener: Opener, real_page: str) -> None:
    page, _ = opener()
    page.goto(f"{real_page}#/S220609hl?n=1&tab=alerts")
    page.locator(".alert-row").get_by_role("button", name="new").first.click()
    page.locator(".alerts .viewer .tree").first.wait_for()
    assert "alert_type" in page.locator(".alerts .viewer").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1280, 2560, 3840])
def test_nothing_is_wider_than_the_screen(opener: Opener, real_page: str, width: int) -> None:
    page, heard = opener(viewport={"width": width, "height": 900})
    for path in ("#/", "#/S220609hl?n=40", "#/S220609hl?tab=files"):
        page.goto(real_page + path)
        page.locator("h1").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    heard.assert_quiet(real_page)
