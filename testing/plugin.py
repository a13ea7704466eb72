"""The pytest plug-in: the mark `tape`, options and fixtures. Nothing of gracetape is loaded until a test asks for one of them."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ligo.gracedb.rest import GraceDb

    from gracetape.archive import Archive
    from gracetape.testing import Alerts, Replay, TapeSession

MODES = ("none", "once", "rewrite", "new")
#: The sessions that run in this process, the newest last; unittest's mix-in asks for it.
CONFIGS: list[pytest.Config] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gracetape", "tests with tapes of GraceDB")
    group.addoption(
        "--tape-record", choices=MODES, metavar="MODE",
        help="none: play tapes that are there (default where CI is set); once: record those that are missing (default elsewhere); "
        "rewrite: record all again; new: add ids that a tape lacks",
    )  # fmt: skip
    group.addoption("--tape-service", metavar="URL", help="record from this GraceDB, unless a mark names another")
    group.addoption("--tape-update", action="store_true", help="show what changed on the GraceDB since; write nothing")
    parser.addini("tape_dir", "folder of tapes (default: tapes/ beside each test file)")
    parser.addini("tape_service", "the GraceDB to record from")
    parser.addini("tape_allowed_hosts", "hosts that tests with tapes may connect to", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    CONFIGS.append(config)
    config._gracetape_began = time.time()  # type: ignore[attr-defined]
    config.addinivalue_line(
        "markers",
        "tape(*names, cutoff=N, ids=..., service=URL, checksum=..., **options): the tapes of gracetape that a test is over",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    if config in CONFIGS:
        CONFIGS.remove(config)


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test is off the network, and its tape is there, also if it asks for no fixture."""
    names = getattr(item, "fixturenames", None)
    if names is not None and "tape_session" not in names and item.get_closest_marker("tape") is not None:
        names.append("tape_session")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist when the run began."""
    node.workerinput["gracetape_began"] = node.config._gracetape_began


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist has to say."""
    _said(node.config).extend(getattr(node, "workeroutput", {}).get("gracetape_said", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["gracetape_said"] = _said(session.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if said := _said(config):
        terminalreporter.section("tapes")
        for line in dict.fromkeys(said):
            terminalreporter.line(line)


def _said(config: pytest.Config) -> list[str]:
    """What is to be told of tapes at the end."""
    said: list[str] = config.__dict__.setdefault("_gracetape_said", [])
    return said


@pytest.fixture
def tape_session(request: pytest.FixtureRequest) -> "Iterator[TapeSession]":
    """All that the fixtures below share: one GraceDB over the test's tapes, its writes on a scratch."""
    from gracetape.testing.fixtures import session_of

    with session_of(request) as session:
        yield session


@pytest.fixture
def tape(tape_session: "TapeSession") -> "Archive":
    """The test's tape, open for reading (the first, if there are several)."""
    return tape_session.archive


@pytest.fixture
def gracedb(tape_session: "TapeSession") -> "GraceDb":
    """The ordinary client over the tape, as of the mark's cutoff; writes are gone after the test."""
    return tape_session.gracedb


@pytest.fixture
def gracedb_url(tape_session: "TapeSession") -> str:
    """The same served on loopback; clients that the code under test makes itself are led there, in other processes too."""
    return tape_session.url


@pytest.fixture
def alerts(tape_session: "TapeSession") -> "Alerts":
    """What the writes of the code under test announced."""
    return tape_session.alerts


@pytest.fixture
def replay(tape_session: "TapeSession") -> "Replay":
    """A player of the tape's alerts on a virtual clock; `gracedb` and `gracedb_url` answer as of each of them."""
    return tape_session.replay


@pytest.fixture(scope="session")
def kafka_url() -> Iterator[str]:
    """A private Kafka broker of this run; the test is skipped where none is installed."""
    from gracetape.testing.private_brokers import kafka

    with kafka() as url:
        yield url


@pytest.fixture(scope="session")
def lvalert_url() -> Iterator[str]:
    """A private LVAlert of this run; the test is skipped where none is installed."""
    from gracetape.testing.private_brokers import lvalert

    with lvalert() as url:
        yield url
