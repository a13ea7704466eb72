"""What is behind the plug-in's fixtures: from a test and its marks to its tapes, recorded if need be, and a session over them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gracetape.errors import GracetapeError
from gracetape.testing.network import no_network
from gracetape.testing.places import TestPlace
from gracetape.testing.settings import Settings
from gracetape.testing.tape_session import TapeSession
from gracetape.testing.tapes import session_over
from gracetape.testing.wanted import WantedTape, read_mark


@contextmanager
def session_of(request: pytest.FixtureRequest) -> Iterator[TapeSession]:
    """The session of a test; what is wrong with its tapes is told in one sentence."""
    try:
        settings = Settings.of(request.config)
        session = session_over(*wanted_by(request.node, settings), settings, playing="replay" in request.fixturenames)
    except GracetapeError as error:
        raise pytest.fail.Exception(f"{request.node.nodeid}: {error}", pytrace=False) from None
    with session, no_network(settings.mode, settings.allowed_hosts):
        yield session


def wanted_by(item: Any, settings: Settings) -> tuple[list[WantedTape], TestPlace]:
    """The tapes that the closest marks of a test name (none: its own), and where they are looked for."""
    found = list(item.iter_markers_with_node("tape"))
    closest = [mark for node, mark in found if node is found[0][0]]
    cls, owner = getattr(item, "cls", None), found[0][0] if found else item
    place = TestPlace(
        Path(item.path), cls.__name__ if cls else "", getattr(item, "originalname", None) or item.name,
        settings.tape_dir, own=owner is item,
    )  # fmt: skip
    return [want for mark in closest for want in read_mark(mark.args, mark.kwargs)] or [WantedTape()], place
