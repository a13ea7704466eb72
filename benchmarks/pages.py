"""The page in a real browser: how soon it is painted, how many frames a second scrubbing gives, and how large the file is."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from demo.real_data import SUPEREVENT, NoRealData, real_tape
from gracetape.archive import Archive
from gracetape.view.one_file import page_of
from gracetape.view.serving import page_url, serve_page
from tests.view.browser import Browser
from tests.view.made import LONG, make_long

_ROUNDS, _FRAMES = 7, 300
#: Drags a slider from end to end, a place for each frame, and gives the milliseconds between frames.
_SCRUB = """async (steps) => {
  const slider = document.querySelector(".scrub"), last = Number(slider.max), times = [];
  for (let i = 0; i <= steps; i += 1) {
    slider.value = String(Math.round((i / steps) * last));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(await new Promise(requestAnimationFrame));
  }
  return times.slice(1).map((time, i) => time - times[i]);
}"""
#: Keeps when the time line had been drawn, in milliseconds since the page was asked for.
_WATCH = """(() => {
  const look = () => (document.querySelector(".log-row.current") && document.querySelector(".stage canvas").width > 0
    ? requestAnimationFrame(() => { window.drawn = performance.now(); }) : requestAnimationFrame(look));
  look();
})()"""


def pages() -> list[Figure]:
    """First paint and scrubbing of the real superevent and of a log of 10,000 entries, and the size of the file."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, _browser() as browser:
        long = make_long(Path(folder) / "long.tape")
        for tape, graceid, claim in (*_real(), (long, LONG, 1000)):
            with Archive.open(tape) as archive, serve_page(archive) as server:
                url = f"{page_url(server)}#/{graceid}?n=40"
                first, drawn, empty = browser.run(lambda url=url: _paint(browser, url))
                against = f"{claim} ms; an empty page {empty:.0f} ms"
                figures.append(Figure(f"first paint of {graceid}", f"{first:.0f} ms", against, first / claim, "≤ 1"))
                figures.append(Figure(f"all of {graceid} drawn", f"{drawn:.0f} ms", against, drawn / claim, "told"))
                scrub, idle = browser.run(lambda url=url: _frames(browser, url))
                figures.append(
                    Figure(
                        f"scrubbing {graceid}",
                        f"{scrub:.0f} frames/s",
                        f"{idle:.0f} frames/s, doing nothing",
                        scrub / 50,
                        "≥ 1",
                    )
                )
        for tape, graceid, _ in _real():
            with Archive.open(tape) as archive:
                size = len(page_of(archive, [graceid]).encode())
            figures.append(Figure(f"{graceid} as one file", f"{size / 1e6:.2f} MB", "3 MB", size / 3e6, "≤ 1"))
    return figures


def _real() -> Iterator[tuple[Path, str, int]]:
    """The real superevent, where it can be had, and the milliseconds that its first paint may take."""
    try:
        yield real_tape(), SUPEREVENT, 300
    except NoRealData:
        return


@contextmanager
def _browser() -> Iterator[Browser]:
    browser = Browser()
    try:
        yield browser
    finally:
        browser.close()


def _paint(browser: Browser, url: str) -> tuple[float, float, float]:
    """Medians over some rounds, in ms: first contentful paint, until all is drawn, and an empty page of the same server."""
    found: dict[str, list[float]] = {"first": [], "drawn": [], "empty": []}
    for _ in range(_ROUNDS):
        page, _heard = browser.open(reduced_motion="no-preference")
        page.add_init_script(_WATCH)
        page.goto(url)
        page.locator(".log-row.current").wait_for()
        page.wait_for_timeout(200)
        found["drawn"].append(page.evaluate("window.drawn"))
        found["first"].append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.goto(f"{url.partition('#')[0]}page/vendor/LICENSE.d3.txt")
        found["empty"].append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        page.context.close()
    return statistics.median(found["first"]), statistics.median(found["drawn"]), statistics.median(found["empty"])


def _frames(browser: Browser, url: str) -> tuple[float, float]:
    """Frames a second while the slider is dragged from end to end in 300 frames: those that there were, and those for which the
    page's own thread had CPU enough, whatever else the machine did."""
    page, _heard = browser.open(reduced_motion="no-preference")
    page.goto(url)
    page.locator(".log-row.current").wait_for()
    page.wait_for_timeout(1000)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _busy_s(tools)
    passed = statistics.mean(_measured(page, _SCRUB))
    spent = (_busy_s(tools) - before) / _FRAMES
    page.context.close()
    return 1000 / passed, 1 / spent


def _busy_s(tools: Any) -> float:
    """Seconds of CPU that the page's own thread has spent."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _measured(page: Any, script: str) -> list[float]:
    found: list[float] = page.evaluate(script, _FRAMES)
    return found
