"""A real browser, headless: one for the whole run, on a thread of its own, so that its event loop is no other test's."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

R = TypeVar("R")
#: Keeps the browser to what it is asked: no updates, no looking around.
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
#: Milliseconds that anything may take on a busy machine.
_PATIENCE_MS = 120_000


def wait_for_alerts(page: Any) -> None:
    """Wait until the alerts of the object that a page shows have come, after all else: keys and rows stand on them."""
    page.locator(".lane-name", has_text=re.compile(r"Alerts\s*[1-9]")).wait_for()


@dataclass
class Heard:
    """What a page said and asked for while it was open."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def assert_quiet(self, root: str) -> None:
        """No complaint, no dialog, and nothing asked of anybody but the page's own server."""
        assert (self.console, self.errors, self.dialogs) == ([], [], [])
        assert [url for url in self.requests if not url.startswith((root, "data:", "blob:"))] == []


class Browser:
    """Chromium through playwright. Everything that touches it runs on its thread: `browser.run(lambda: …)`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright, self._chromium = self.run(self._start)

    def _start(self) -> tuple[Any, Any]:
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
        try:
            return playwright, playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=[*ARGUMENTS], timeout=_PATIENCE_MS
            )
        except BaseException:
            playwright.stop()
            raise

    def run(self, work: Callable[[], R]) -> R:
        return self._thread.submit(work).result()

    def open(self, **options: Any) -> tuple[Any, Heard]:
        """A page of its own, and what is heard from it; on the browser's thread."""
        page = self._chromium.new_page(
            **({"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options)
        )
        heard = Heard()
        page.set_default_timeout(_PATIENCE_MS)
        page.on(
            "console",
            lambda message: (
                heard.console.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: heard.errors.append(str(error)))
        page.on("dialog", lambda dialog: (heard.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: heard.requests.append(request.url))
        return page, heard

    def close(self) -> None:
        self.run(lambda: (self._chromium.close(), self._playwright.stop()))
        self._thread.shutdown()


@contextmanager
def opened() -> Iterator[Browser]:
    """The browser, or a test that is skipped and says why."""
    if shutil.which("chromium") is None:
        pytest.skip(
            "chromium is not installed (tests/system.sh installs it where it may): the page is not looked at in a browser"
        )
    pytest.importorskip("playwright", reason="playwright is not installed: the page is not looked at in a browser")
    browser = Browser()
    try:
        yield browser
    finally:
        browser.close()
