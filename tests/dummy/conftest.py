"""An empty archive and an event in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "run.tape") as archive:
        yield archive


@pytest.fixture
def graceid(tape: Archive) -> str:
    with dummy.GraceDb(tape) as client:
        return new_event(client)
