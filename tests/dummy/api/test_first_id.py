"""Where the ids of new events begin, and that none is given twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.lives import new_event, sample
from gracetape import capture, dummy, replay
from gracetape.archive import Archive
from gracetape.dummy import server_settings
from gracetape.errors import UsageError
from gracetape.replay.branch import Branch

CREATE = """
import json, sys
from gracetape import dummy
from gracetape.archive import Archive
with dummy.GraceDb(Archive.at(sys.argv[1]), **json.loads(sys.argv[2])) as client:
    for group in ("Test", "Burst"):
        print(client.create_event(group, "Omega", "x.txt", filecontents="x").json()["graceid"])
"""


def created(path: Path, **options: Any) -> list[str]:
    """The ids of two events that another process makes, without what holds for tests alone."""
    words = [sys.executable, "-c", CREATE, str(path), json.dumps(options)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def test_a_new_dummy_begins_where_servers_have_come_to_and_goes_on_from_there(tmp_path: Path) -> None:
    assert created(tmp_path / "a.tape") == ["T1000001", "G1000002"]
    assert created(tmp_path / "a.tape", first_id=5000) == ["T1000003", "G1000004"]


def test_an_archive_is_told_where_to_begin(tape: Archive) -> None:
    with dummy.GraceDb(tape, first_id=5000) as client:
        assert [new_event(client), new_event(client)] == ["T5000", "T5001"]
    with dummy.GraceDb(tape) as client:
        assert new_event(client) == "T5002"
    with dummy.GraceDb(tape, first_id=7000) as client:
        assert new_event(client) == "T7000"


def test_new_events_come_after_all_that_were_captured(tape: Archive, tmp_path: Path) -> None:
    with dummy.GraceDb(tape, first_id=5000) as client, Archive.create(tmp_path / "b.tape") as captured:
        capture.capture([new_event(client)], captured, client)
        with dummy.GraceDb(captured, first_id=10) as other:
            assert new_event(other) == "T5001"


@pytest.mark.parametrize("number", [0, -1, 10**13, 1.5, "5000", True])
def test_what_can_be_no_number_is_refused(tape: Archive, number: Any) -> None:
    with pytest.raises(UsageError, match="can be no event's number"):
        dummy.GraceDb(tape, first_id=number)


def test_the_command_passes_it_on(tmp_path: Path) -> None:
    name, contents = sample("cbc-lm.xml")
    (tmp_path / name).write_bytes(contents)
    words = ["-m", "gracetape", "dummy", "run", "--create", "--first-id", "4321", str(tmp_path / "a.tape"), "--"]
    make = f"from ligo.gracedb.rest import GraceDb; print(GraceDb().create_event('Test', 'Omega', '{name}').json()['graceid'])"
    done = subprocess.run(
        [sys.executable, *words, sys.executable, "-c", make], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout.split() == ["T4321"], done.stderr


def test_what_is_written_into_a_replay_takes_no_id_that_its_tape_comes_to(
    client: Any, tape: Archive, tmp_path: Path
) -> None:
    first = new_event(client)
    second = new_event(client)
    assert (first, second) == ("T1", "T2")
    player = replay.play(tape, clock=replay.VirtualClock())
    branch = Branch(player, tmp_path / "branch.tape")
    played = iter(player)
    assert next(played).graceid == "T1"
    with dummy.GraceDb(branch.archive) as listener:
        assert new_event(listener) == "T3"
        assert [alert.graceid for alert in played] == ["T2"]
        assert listener.event("T2").json()["graceid"] == "T2"
        assert new_event(listener) == "T4"
    branch.close()
    assert server_settings.FIRST_ID == 1  # as tests have it
