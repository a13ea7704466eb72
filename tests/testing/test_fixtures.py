"""The plug-in's fixtures: one GraceDB over a test's tape, which stays as it was, for code that is handed a client or makes its own."""

from tests.testing.conftest import Folder

pytest_plugins = ("pytester",)


def test_writes_are_seen_and_announced_and_gone_after_the_test(folder: Folder) -> None:
    folder.passes(
        """
pytestmark = pytest.mark.tape("a.tape")
@pytest.mark.parametrize("turn", range(2))
def test_it(tape, gracedb, alerts, turn):
    assert "DQV" not in labels(gracedb)
    gracedb.write_label(S, "DQV")
    gracedb.write_log(S, "a word")
    assert "DQV" in labels(gracedb)
    assert alerts.types == ["label_added", "log"]
    assert [alert.data["name"] for alert in alerts.of("label_added")] == ["DQV"]
    assert tape.read_only
""",
        passed=2,
    )


def test_at_a_cutoff_writes_go_on_from_there(folder: Folder) -> None:
    folder.passes(
        """
@pytest.mark.tape("a.tape", cutoff=2)
def test_it(gracedb, alerts):
    assert gracedb.logs(S).json()["numRows"] == 2
    gracedb.write_log(S, "a word", "word.txt", b"the word")
    log = gracedb.logs(S).json()["log"]
    assert (len(log), log[-1]["N"], log[-1]["comment"]) == (3, 3, "a word")
    assert log[-1]["created"][:16] == log[-2]["created"][:16]
    assert gracedb.files(S, "word.txt").read() == b"the word"
    assert alerts[0].object["superevent_id"] == S
""",
    )


def test_clients_of_every_process_are_led_to_the_same_scratch(folder: Folder) -> None:
    folder.passes(
        """
import time
pytestmark = pytest.mark.tape("a.tape")
def wait(): time.sleep(1000)
@pytest.fixture
def earlier():
    multiprocessing.get_context("forkserver").Process(target=int).start()
    other = multiprocessing.get_context("fork").Process(target=wait, daemon=True)
    other.start()
    yield
    other.kill()
def child(): GraceDb("https://gracedb.ligo.org/api/").write_log("T1", "child")
def test_it(earlier, gracedb, gracedb_url, alerts):
    child()
    program = "from ligo.gracedb.rest import GraceDb; GraceDb().write_log('T1', 'program')"
    subprocess.run([sys.executable, "-c", program], check=True)
    for how in ("forkserver", "fork", "spawn"):
        process = multiprocessing.get_context(how).Process(target=child)
        process.start(), process.join()
        assert process.exitcode == 0
    assert [alert.data["comment"] for alert in alerts.wait("log", count=5)] == ["child", "program"] + 3 * ["child"]
    assert gracedb.logs("T1").json()["log"][-1]["comment"] == "child"
""",
    )


def test_a_replay_is_answered_as_of_each_alert(folder: Folder) -> None:
    folder.passes(
        """
pytestmark = pytest.mark.tape("a.tape")
def test_it(replay, gracedb, alerts):
    rows = []
    def handler(alert):
        rows.append(gracedb.logs(alert.graceid).json()["numRows"])
        if alert.alert_type == "label_added":
            gracedb.write_log(alert.graceid, "seen: " + alert.data["name"])
    assert len(replay.to(handler)) == len(rows) > 20
    assert rows[:2] == [1, 2]
    assert alerts.types == ["log"] * len(replay.alerts.of("label_added"))
""",
    )


def test_the_networks_hosts_are_refused_and_a_missing_tape_is_told_of_in_one_sentence(folder: Folder) -> None:
    text = folder.passes(
        """
import socket, urllib.request
from gracetape import UsageError
@pytest.mark.tape("a.tape")
def test_it(gracedb):
    with pytest.raises(UsageError, match="gracedb.ligo.org was not asked.*--tape-record=none"):
        GraceDb("https://gracedb.ligo.org/api/").ping()
    for ask in (lambda: socket.create_connection(("10.1.2.3", 80)), lambda: urllib.request.urlopen("http://gracedb.ligo.org/"),
                lambda: socket.socket().connect_ex(("10.1.2.3", 80)), lambda: socket.gethostbyname("gracedb.ligo.org"),
                lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("10.1.2.3", 80))):
        with pytest.raises(UsageError, match="(10.1.2.3|gracedb.ligo.org) was not asked"):
            ask()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as other:
        assert isinstance(server, socket.socket) and other
def test_missing(gracedb): pass
""",
        errors=1,
    )
    assert "tapes/test_it/test_missing.tape nor at " in text
    assert "tapes/test_it.tape: record one with" in text
    assert "fixtures.py" not in text


def test_many_threads_have_one_scratch(folder: Folder) -> None:
    folder.passes(
        """
from concurrent.futures import ThreadPoolExecutor
@pytest.mark.tape("a.tape", cutoff=5)
def test_it(gracedb_url, gracedb, alerts):
    def write(i): GraceDb().write_log(S, str(i))
    with ThreadPoolExecutor(8) as pool: list(pool.map(write, range(16)))
    log = gracedb.logs(S).json()["log"]
    assert [entry["N"] for entry in log] == list(range(1, 22))
    assert [alert.data["N"] for alert in alerts] == list(range(6, 22))
"""
    )


def test_a_replay_up_to_a_cutoff_is_written_on_from_there_and_one_of_nothing_is_none(folder: Folder) -> None:
    folder.passes(
        """
@pytest.mark.tape("a.tape", cutoff=5)
def test_it(replay, gracedb, alerts):
    list(replay)
    assert gracedb.write_log(S, "a word").json()["N"] == 6
    assert gracedb.logs(S).json()["numRows"] == 6
@pytest.mark.tape(None)
def test_nothing(replay, gracedb, alerts):
    assert (len(replay), list(replay), list(gracedb.superevents("")), replay.position) == (0, [], [], None)
@pytest.mark.tape("a.tape")
def test_awaited(replay):
    from gracetape import UsageError
    async def handler(alert): pass
    with pytest.raises(UsageError, match="is to be awaited"): replay.to(handler)
""",
        passed=3,
    )
