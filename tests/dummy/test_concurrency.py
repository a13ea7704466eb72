"""Many threads and processes writing one archive lose nothing, and their alerts come in order."""

import json
import subprocess
import threading
from collections import defaultdict
from pathlib import Path

import pytest
from ligo.gracedb.rest import GraceDb

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.dummy import turns
from gracetape.dummy.alert_queue import AlertQueue
from tests import commands
from tests.dummy.writers import write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=[False, True], ids=["folder", "packed"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[str]]:
    """An archive, and two events in it."""
    path = tmp_path / "shared.tape"
    with Archive.create(path, packed=request.param) as tape, dummy.GraceDb(tape) as client:
        return path, [new_event(client), new_event(client)]


def heard_per_object(file: Path) -> dict[str, list[int]]:
    """The N of the alerts in a file of lines, per object, as they stand there (one node of each)."""
    found: dict[str, list[int]] = defaultdict(list)
    for line in file.read_text().splitlines():
        alert = json.loads(line)
        if alert["node"] == "test_gstlal":
            found[alert["graceid"]].append(alert["n"])
    return found


def check_nothing_is_lost(path: Path, graceids: list[str], names: list[str], times: int, threads: int) -> None:
    with Archive.open(path) as tape:
        for graceid in graceids:
            view = tape.view(graceid)
            logs = view.records("log")
            assert [log["N"] for log in logs] == list(range(1, len(logs) + 1))
            wanted = {f"{n}.{t}.{turn}" for n in names for t in range(threads) for turn in range(times)}
            said = [log["comment"] for log in logs if log["filename"] == "shared.txt"]
            assert sorted(said) == sorted(wanted)
            files = [file for file in view.files() if file.name == "shared.txt"]
            assert [file.version for file in files] == list(range(len(wanted)))
            held = {file.version: b"".join(tape.read(file)).decode() for file in files}
            assert {log["file_version"]: log["comment"] for log in logs if log["file_version"] in held
                    and log["filename"] == "shared.txt"} == held  # fmt: skip
        assert not list(verify(tape))


def check_alerts(file: Path, path: Path, graceids: list[str]) -> None:
    heard = heard_per_object(file)
    with Archive.open(path) as tape:
        for graceid in graceids:
            assert heard[graceid] == list(range(4, tape.view(graceid).count("log") + 1))


def test_sixteen_threads_lose_nothing_and_alerts_come_in_order(shared: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, graceids = shared
    heard = tmp_path / "heard.jsonl"
    with Archive.open(path, read_only=False) as tape:
        write(tape, heard, graceids, "only", times=3, threads=16)
    check_nothing_is_lost(path, graceids, ["only"], times=3, threads=16)
    check_alerts(heard, path, graceids)


def test_four_processes_lose_nothing_and_alerts_come_in_order(shared: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, graceids = shared
    heard, names = tmp_path / "heard.jsonl", ["a", "b", "c", "d"]
    command = ["python", "-m", "tests.dummy.writers", str(path), str(heard), ",".join(graceids)]
    running = [commands.Popen([*command, name, "5", "4"], cwd=ROOT) for name in names]
    assert [process.wait(600) for process in running] == [0] * 4
    check_nothing_is_lost(path, graceids, names, times=5, threads=4)
    check_alerts(heard, path, graceids)


def test_sixteen_clients_of_a_served_dummy_make_events_with_ids_of_their_own(tape: Archive) -> None:
    made: list[str] = []
    with dummy.serve(dummy.make_app(tape)) as server:

        def work() -> None:
            with GraceDb(server.url, force_noauth=True) as client:
                made.extend(new_event(client) for _ in range(3))

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(made, key=lambda graceid: int(graceid[1:])) == [f"T{n}" for n in range(1, 49)]
    assert sorted(tape.objects()) == sorted(made)


def test_a_receiver_that_writes_and_waits_for_it_is_let_in(tape: Archive, graceid: str) -> None:
    heard: list[str] = []

    def answer(alert: object) -> None:
        heard.append(getattr(alert, "data")["comment"])  # noqa: B009
        if len(heard) < 4:
            other = threading.Thread(target=client.write_log, args=(graceid, f"answer {len(heard)}"))
            other.start()
            other.join(60)

    with dummy.GraceDb(tape, on_alert=answer) as client:
        client.write_log(graceid, "question")
    assert heard == ["question", "answer 1", "answer 2", "answer 3"]


def test_a_process_waits_until_the_others_alerts_are_out(
    tape: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 600.0)  # the other one may be kept from its work
    code = (
        "import sys, time; from pathlib import Path; from gracetape.dummy.alert_queue import AlertQueue\n"
        "with AlertQueue.of(Path(sys.argv[1])).turn.held():\n"
        "    print('mine', flush=True); time.sleep(0.5); Path(sys.argv[2]).touch()"
    )
    out = tmp_path / "out"
    command = ["python", "-c", code, str(tape.path), str(out)]
    with commands.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with AlertQueue.of(tape.path).turn.held():
            assert out.exists()


def test_a_killed_process_leaves_its_turn_to_the_others(tape: Archive) -> None:
    code = (
        "import sys, time; from pathlib import Path; from gracetape.dummy.alert_queue import AlertQueue\n"
        "with AlertQueue.of(Path(sys.argv[1])).turn.held(): print('mine', flush=True); time.sleep(60)"
    )
    with commands.Popen(["python", "-c", code, tape.path], cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        other.kill()
    with AlertQueue.of(tape.path).turn.held():
        pass
