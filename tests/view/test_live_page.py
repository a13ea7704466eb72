"""A replay, and a file, in a real browser: what happens is seen as it happens, and moved from the page."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive, alerts_of, timeline_of
from gracetape.clocks import ScaledClock
from gracetape.replay.moves import PlayerMoves
from gracetape.replay.player import Player
from gracetape.replay.targets.page import PageTarget
from gracetape.view.live_app import live_page
from gracetape.view.serving import page_url, serve_page
from tests.view.browser import Heard
from tests.view.test_shown_files import FILES, tape_of

Opener = Callable[..., tuple[Any, Heard]]
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CHILD = {"name": "low", "state": "runs", "alerts": 4, "queue": 2, "states": {"T1": {"far": "ok", "psd": "failed"}}}
STATUS = {"accepted": 5, "running": True, "children": [CHILD]}


@contextmanager
def replayed(listener: Path) -> Iterator[tuple[str, Player]]:
    """The address of a page over a replay that stands still, so that nothing but the page moves it."""
    with Archive.open(SHORT) as tape:
        player = Player(list(alerts_of(timeline_of(tape))), ScaledClock(1e-6))
        player.pause()
        with live_page(0, "replay of short.tape", tape, PlayerMoves(player), listener) as (url, tell):
            thread = threading.Thread(target=player.play, args=([PageTarget(tell)],), daemon=True)
            thread.start()
            try:
                yield url, player
            finally:
                player.stop()
                thread.join(60)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_replay_is_seen_and_moved_from_the_page(opener: Opener, tmp_path: Path, colours: str) -> None:
    (tmp_path / "listener.status.json").write_text(json.dumps(STATUS))
    page, heard = opener(color_scheme=colours)
    with replayed(tmp_path) as (url, player):
        root = url.partition("#")[0]
        page.goto(url)
        facts = page.locator(".facts")
        facts.get_by_text("paused").wait_for()
        page.get_by_role("button", name="The next message now").click()
        page.locator(".live-row").get_by_text("new").wait_for()
        page.locator("h1").click()
        page.keyboard.press("ArrowRight")
        facts.get_by_text("2 of 43").wait_for()
        page.get_by_label("Type of alert to go to").select_option("label_removed")
        page.get_by_role("button", name="Go to the next alert of this type").click()
        page.get_by_role("button", name="The next message now").click()
        row = page.locator(".live-row", has_text="label removed")
        row.click()
        page.locator(".message .tree").get_by_text("label_removed").wait_for()
        assert (
            page.locator(".message a").get_attribute("href") == f"#/TS101020a?n={player.last.n if player.last else 0}"
        )
        page.get_by_label("Type of alert to go to").select_option("voevent")
        page.get_by_role("button", name="Go to the next alert of this type").click()
        page.get_by_role("alert").get_by_text("comes after this place").wait_for()
        assert "psd failed" in page.get_by_role("region", name="Listener").inner_text()
        found = axe.Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        page.get_by_role("button", name="Pause or go on").click()
        facts.get_by_text("plays").wait_for()
        assert not player.paused
        player.stop()
        facts.get_by_text("ended").wait_for()
        page.locator(".message a").click()
        page.get_by_role("heading", name="TS101020a").wait_for()
        page.get_by_role("link", name="Live").click()
        page.locator(".live-row", has_text="label removed").wait_for()  # what was before comes again
        heard.assert_quiet(root)


def test_every_kind_of_file_is_shown_in_the_browser(opener: Opener, tmp_path: Path) -> None:
    page, heard = opener(viewport={"width": 900, "height": 900})
    with Archive.open(tape_of(tmp_path / "files.tape")) as archive, serve_page(archive) as server:
        root = page_url(server)
        page.goto(f"{root}#/T1?tab=files")
        viewer = page.locator(".files .viewer")
        for name in FILES:
            page.get_by_role("button", name=f"Show {name} version 0").click()
            viewer.get_by_role("heading", name=f"{name},0").wait_for()
            viewer.get_by_text("sha256").wait_for()
            if name in ("bayestar.fits.gz", "coinc.xml", "p_astro.json"):
                found = axe.Axe().run(page, options=RULES)
                assert found.violations_count == 0, found.generate_report()
            if name.endswith((".fits.gz", "plot.png")) and name != "lie.png":
                page.wait_for_function(
                    "() => [...document.querySelectorAll('.viewer img')].every((image) => image.complete)"
                )
        page.get_by_role("button", name="Show bayestar.fits.gz version 0").click()
        picture = viewer.locator("picture img")
        picture.wait_for()
        page.wait_for_function("() => document.querySelector('.viewer picture img').naturalWidth > 1000")
        assert "90 % region" in (picture.get_attribute("alt") or "")
        assert page.evaluate("document.documentElement.scrollWidth") <= 900
        heard.assert_quiet(root)
