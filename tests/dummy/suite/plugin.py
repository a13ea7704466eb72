"""A pytest plug-in under which ligo-gracedb's own integration suite meets the dummy: it says how each case went, runs what the
suite skips for want of a server that has it, and, where asked, answers the suite's client in its own process.

SUITE_REPORT names the file that the outcomes go to (JSON: case -> [outcome, reason]); SUITE_TAPE and SUITE_API name an
archive and the API version of its unversioned root, to be answered from in this process.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

#: Modules whose skip marks say only that no server had it yet.
UNSKIPPED = ("test_notices",)
_outcomes: dict[str, list[str]] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "integration: the suite's own mark")
    if tape := os.environ.get("SUITE_TAPE"):
        _answer_in_process(tape)


def _answer_in_process(tape: str) -> None:
    from ligo.gracedb.client import GraceDBClient

    from gracetape.archive import Archive
    from gracetape.dummy.app import make_app
    from gracetape.dummy.client import mount

    app = make_app(Archive.open(tape, read_only=False), api_default=os.environ["SUITE_API"])
    ordinary = GraceDBClient.__init__

    def redirected(self: Any, *args: Any, **kwargs: Any) -> None:
        ordinary(self, *args, **kwargs)
        mount(self, app)

    GraceDBClient.__init__ = redirected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for node in item.listchain():
            if getattr(item, "module", None) and item.module.__name__.rpartition(".")[2] in UNSKIPPED:
                node.own_markers = [mark for mark in node.own_markers if mark.name != "skip"]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    case = report.nodeid.rpartition("/")[2]
    if report.when == "call" or report.outcome != "passed":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
        _outcomes[case] = ["xfailed" if hasattr(report, "wasxfail") else report.outcome, reason]


def pytest_sessionfinish() -> None:
    Path(os.environ["SUITE_REPORT"]).write_text(json.dumps(_outcomes))
