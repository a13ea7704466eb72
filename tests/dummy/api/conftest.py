"""Clients of a dummy over an empty archive, and the alerts that its writes caused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gracetape import dummy
from gracetape.archive import Alert, Archive

Made = Callable[..., Any]


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "api.tape") as archive:
        yield archive


@pytest.fixture
def announced() -> list[Alert]:
    return []


@pytest.fixture
def client(tape: Archive, announced: list[Alert]) -> Iterator[Any]:
    with dummy.GraceDb(tape, on_alert=announced.append) as found:
        yield found


@pytest.fixture
def client_v2(tape: Archive, announced: list[Alert]) -> Iterator[Any]:
    with dummy.GraceDb(tape, on_alert=announced.append, api_version="v2") as found:
        yield found


@pytest.fixture
def superevent_of() -> Callable[[Any, str], str]:
    """Makes a superevent of an event that a client created, and returns its id."""

    def made(client: Any, graceid: str, **more: Any) -> str:
        t_0 = client.event(graceid).json()["gpstime"]
        answer = client.create_superevent(t_0 - 1, t_0, t_0 + 1, graceid, category="test", **more)
        return str(answer.json()["superevent_id"])

    return made
