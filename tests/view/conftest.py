"""A browser for tests of the page, and the archives that they look at; a test that takes `page` runs on the browser's thread."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.real_data import NoRealData, real_tape
from gracetape.archive import Archive
from gracetape.view.serving import page_url, serve_page
from tests.view.browser import Browser, Heard, opened
from tests.view.hostile import make_hostile
from tests.view.made import make_long, make_many


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with opened() as found:
        yield found


@pytest.fixture
def opener(browser: Browser) -> Iterator[Callable[..., tuple[Any, Heard]]]:
    """Opens a page: `opener(color_scheme="dark")`; on the browser's thread, as the whole test."""
    pages: list[Any] = []

    def new(**options: Any) -> tuple[Any, Heard]:
        page, heard = browser.open(**options)
        pages.append(page)
        return page, heard

    yield new
    browser.run(lambda: [page.context.close() for page in pages])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that opens pages on the browser's thread, where alone they can be touched."""
    if "opener" not in pyfuncitem.fixturenames:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    browser: Browser = pyfuncitem.funcargs["browser"]
    browser.run(lambda: pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def real() -> Path:
    try:
        return real_tape()
    except NoRealData as error:
        pytest.skip(str(error))


def _served(path: Path) -> Iterator[str]:
    with Archive.open(path) as archive, serve_page(archive) as server:
        yield page_url(server)


@pytest.fixture(scope="session")
def real_page(real: Path) -> Iterator[str]:
    """The address of a page over the real superevent."""
    yield from _served(real)


@pytest.fixture(scope="session")
def long_tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A superevent with 10,000 log entries."""
    return make_long(tmp_path_factory.mktemp("long") / "long.tape")


@pytest.fixture(scope="session")
def long_page(long_tape: Path) -> Iterator[str]:
    yield from _served(long_tape)


@pytest.fixture(scope="session")
def many_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page over 10,000 superevents."""
    yield from _served(make_many(tmp_path_factory.mktemp("many") / "many.tape"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tape whose every text tries to run something."""
    return make_hostile(tmp_path_factory.mktemp("hostile") / "hostile.tape")


@pytest.fixture(scope="session")
def hostile_page(hostile: Path) -> Iterator[str]:
    yield from _served(hostile)
