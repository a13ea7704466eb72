"""Takes the pictures of docs/view.md: the page over the real superevent, in a real browser."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from demo.real_data import real_tape  # noqa: E402
from gracetape.archive import Archive  # noqa: E402
from gracetape.view.serving import page_url, serve_page  # noqa: E402
from tests.view.browser import Browser  # noqa: E402

#: Name, colours, width and height in pixels, what the page's address asks for.
PICTURES = (
    ("view-event-light", "light", 1280, 960, "#/S220609hl?n=40"),
    ("view-event-dark", "dark", 1280, 960, "#/S220609hl?n=84&layout=entries&tab=compare&with=40"),
)


def take(browser: Browser, root: str) -> None:
    """Every picture, on the browser's thread."""
    for name, colours, width, height, asked in PICTURES:
        page, _heard = browser.open(color_scheme=colours, viewport={"width": width, "height": height})
        page.goto(root + asked)
        page.locator(".log-row.current").wait_for()
        page.get_by_text("121", exact=True).wait_for()  # the alerts are there
        page.wait_for_timeout(500)
        page.screenshot(path=Path(__file__).with_name(f"{name}.png"))
        page.context.close()


def main() -> None:
    browser = Browser()
    try:
        with Archive.open(real_tape()) as archive, serve_page(archive) as server:
            browser.run(lambda: take(browser, page_url(server)))
    finally:
        browser.close()


if __name__ == "__main__":
    main()
