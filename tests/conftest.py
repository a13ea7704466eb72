"""What all tests share."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from gracetape.dummy import server_settings

ROOMS = frozenset(
    {"archive", "brokers", "capture", "dummy", "listen", "pipelines", "replay", "simulate", "testing", "view"}
)


class _OtherPeoplesNames(MetaPathFinder):
    """Refuses the folders' own names, which tests could import because they run in the repository: `gracetape` alone is installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in ROOMS:
            raise ModuleNotFoundError(f"No module named {name!r}: import gracetape.{name}", name=name)


sys.meta_path.insert(0, _OtherPeoplesNames())
# Where nothing compiled may be kept, each process compiles the whole package anew: half of what its start costs.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# How long an example takes says how busy the machine is, not whether the code is right.
# Each run tries the same examples, so that a rare one fails where it was made and not somewhere by chance; LIVES=5000 tries others.
settings.register_profile(
    "gracetape",
    deadline=None,
    derandomize="LIVES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gracetape")


@pytest.fixture(scope="session", autouse=True)
def ids_from_one() -> Iterator[None]:
    """New events are T1, T2, ... here, so that tests are short to read; dummies in other processes begin where they always do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_settings, "FIRST_ID", 1)
        yield


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """A command that ran in this process left it to Ctrl-C to end it at once."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


def pytest_configure() -> None:
    """Let Ctrl-C work where the tests were started with it ignored, as shells do in the background: children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let what was imported and collected stay: it is not looked through again, and children that are forked share it."""
    gc.collect()
    gc.freeze()
