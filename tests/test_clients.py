"""The table of docs/clients.md is about the clients that there are, at the versions that are pinned; each has steps that say what they are about."""

import pytest

from tests.clients import table
from tests.clients.drive import about, steps_of
from tests.clients.environments import Client, all_clients
from tests.clients.table import YES, Row

CLIENTS = all_clients()


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_the_page_tells_of_the_steps_and_the_version_of_a_client(client: Client) -> None:
    steps = [about(step) for step in steps_of(client.steps)]
    assert len(set(steps)) == len(steps)
    rows = [row for row in table.read() if row.client == client.title]
    assert {row.version for row in rows} == {client.version}
    assert [row.step for row in rows] == steps


def test_the_page_tells_of_no_other_clients() -> None:
    assert {row.client for row in table.read()} == {client.title for client in CLIENTS.values()}


def test_what_was_reached_and_is_not_any_more_is_lost() -> None:
    old = [Row("a", "1", "2026-01-01", step, reached) for step, reached in (("x", YES), ("y", "why not"), ("z", YES))]
    old.append(Row("b", "1", "2026-01-01", "x", YES))
    new = [Row("a", "2", "2026-02-01", step, reached) for step, reached in (("x", YES), ("z", "some reason"))]
    assert [row.step for row in table.lost(old, new)] == ["z"]
    assert table.merged(old, new, ["b", "a"]) == [old[3], *new]


def test_a_row_is_read_back_as_it_was_written() -> None:
    row = Row("a", "1", "2026-01-01", "x", "it said a | b")
    assert str(row) == "| a | 1 | 2026-01-01 | x | it said a \\| b |\n"
