"""Code that cannot be edited, led to a dummy: in this process, in others, and with the `gracedb` command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from gracetape import dummy
from gracetape.archive import Archive, ArchiveError
from gracetape.destinations import local_broker
from gracetape.dummy import hook, listener_patch

BIN = Path(sys.executable).parent
HOOK = str(Path(hook.__file__).parent)

#: A program that knows nothing of dummies.
PROGRAM = """
from ligo.gracedb.rest import GraceDb
class Mine(GraceDb):
    pass
for client in (GraceDb(), Mine("https://gracedb-playground.ligo.org/api/", api_version="v2")):
    print(client.write_log("T1", "from a program").status_code)
"""


class Mine(GraceDb):  # type: ignore[misc]
    """A client class as people write them."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.mine = True


def comments(path: Path) -> list[str]:
    with Archive.open(path) as tape:
        return [log["comment"] for log in tape.view("T1").records("log")][
            3:
        ]  # after the upload and the files made of it


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    return subprocess.run(words, env=env, cwd="/", capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("url", ["https://gracedb.ligo.org/api/", "http://example.org/api", "https://example.org/g/"])
def test_clients_made_inside_use_ask_the_dummy_whatever_they_are_told(tape: Archive, graceid: str, url: str) -> None:
    with dummy.use(tape):
        for client in (GraceDb(url), Mine(url, api_version="v2"), GraceDb(url, cred=("/no/cert", "/no/key"))):
            assert client.event(graceid).json()["graceid"] == graceid
            assert client.write_log(graceid, "hello").status_code == 201
    host = url.partition("//")[2].partition("/")[0]
    assert client.event(graceid).json()["links"]["self"].startswith(f"{url.partition(':')[0]}://{host}/api/")


def test_credentials_are_neither_looked_for_nor_required(tape: Archive) -> None:
    with dummy.use(tape):
        client = Mine(fail_if_noauth=True, use_auth="scitoken", reload_cred=True)
        assert client.ping().status_code == 200
        assert client.auth_type == set()
        assert client.mine


def test_after_the_block_clients_are_ordinary_again(tape: Archive) -> None:
    before = GraceDb.__init__, GraceDb.__mro__[1].__init__
    with dummy.use(tape), dummy.use(tape, as_of="2020-01-01T00:00:00Z"):
        pass
    assert (GraceDb.__init__, GraceDb.__mro__[1].__init__) == before


def test_a_plain_call_lasts_until_it_is_stopped(tape: Archive, graceid: str) -> None:
    using = dummy.use(tape.path, user="somebody")
    try:
        assert GraceDb().write_log(graceid, "hello").json()["issuer"] == "somebody"
    finally:
        using.stop()


def test_options_are_those_of_the_client(tape: Archive, graceid: str) -> None:
    heard: list[str] = []
    with dummy.use(tape, on_alert=lambda alert: heard.append(alert.alert_type), faults=["DELETE *:403"]):
        client = GraceDb()
        client.write_label(graceid, "INJ")
        with pytest.raises(HTTPError, match="403"):
            client.remove_label(graceid, "INJ")
    assert heard == ["label_added"]


def test_an_archive_that_is_not_there_is_told_of_and_changes_nothing(tmp_path: Path) -> None:
    before = GraceDb.__mro__[1].__init__
    with pytest.raises(ArchiveError, match="there is nothing there"):
        dummy.use(tmp_path / "none.tape")
    assert GraceDb.__mro__[1].__init__ is before


def test_the_dummys_own_clients_stay_what_they_are(tape: Archive, graceid: str, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "other.tape") as other, dummy.use(other):
        with dummy.GraceDb(tape) as client:
            assert client.event(graceid).status_code == 200


def test_the_variable_leads_a_process_with_the_hook_to_an_archive(tape: Archive, graceid: str) -> None:
    done = run(sys.executable, "-c", PROGRAM, GRACETAPE_DUMMY=str(tape.path), PYTHONPATH=HOOK)
    assert (done.stdout, done.stderr) == ("201\n201\n", "")
    assert comments(tape.path) == []


def test_the_variable_is_honoured_by_a_call_and_not_by_importing_dummy(tape: Archive, graceid: str) -> None:
    honoured = f"from gracetape import dummy\ndummy.honour()\n{PROGRAM}"
    done = run(sys.executable, "-c", honoured, GRACETAPE_DUMMY=str(tape.path))
    assert (done.stdout, done.stderr) == ("201\n201\n", "")
    imported = "from gracetape import dummy\nfrom ligo.gracedb.client import GraceDBClient\nprint(GraceDBClient.__init__.__module__)"
    done = run(sys.executable, "-c", imported, GRACETAPE_DUMMY=str(tape.path))
    assert (done.stdout, done.stderr) == ("ligo.gracedb.client\n", "")


def test_the_variable_can_name_a_served_dummy(tape: Archive, graceid: str) -> None:
    with dummy.serve(dummy.make_app(tape)) as server:
        done = run(sys.executable, "-c", PROGRAM, GRACETAPE_DUMMY=server.url, PYTHONPATH=HOOK)
    assert (done.stdout, done.stderr) == ("201\n201\n", "")


def test_the_hook_runs_a_sitecustomize_that_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('the other one')")
    done = run(sys.executable, "-c", "pass", PYTHONPATH=os.pathsep.join([HOOK, str(tmp_path)]))
    assert (done.stdout, done.stderr) == ("the other one\n", "")


def test_dummy_run_leads_a_program_and_the_gracedb_command_to_the_archive(tape: Archive, graceid: str) -> None:
    start = [str(BIN / "gracetape"), "dummy", "run", "--keep", str(tape.path), "--"]
    assert run(*start, sys.executable, "-c", PROGRAM).stdout == "201\n201\n"
    done = run(*start, str(BIN / "gracedb"), "create", "log", graceid, "from the command")
    assert done.returncode == 0, done.stderr
    assert comments(tape.path) == ["from a program", "from a program", "from the command"]


#: A listener to public alerts, as gcn-kafka and hop-client make theirs; it prints whom it cannot reach.
LISTENER = """
import sys, confluent_kafka, confluent_kafka.admin
settings = {"bootstrap.servers": sys.argv[1], "group.id": "x", "security.protocol": "sasl_ssl", "sasl.mechanisms": "PLAIN",
            "sasl.username": "me", "sasl.password": "secret", "error_cb": lambda error: told.append(str(error))}
class Consumer(confluent_kafka.Consumer):
    pass
told = []
consumer = Consumer(settings)
while not any("/bootstrap" in said for said in told):  # it may say first that no broker at all can be reached
    consumer.poll(0.1)
consumer.close()
print(*told)
"""


@pytest.mark.parametrize("servers", ["kafka.gcn.nasa.gov", "SSL://kafka.scimma.org:9092,other"])
def test_listeners_to_public_alerts_are_led_to_the_broker_that_the_public_is_told_on(
    tmp_path: Path, servers: str
) -> None:
    done = run(sys.executable, "-c", LISTENER, servers, GRACETAPE_PUBLIC="localhost:1", PYTHONPATH=HOOK)
    assert "localhost:1/" in done.stdout, done.stderr
    assert "SASL" not in done.stdout + done.stderr


def test_other_kafka_clients_are_left_alone() -> None:
    asked = {"bootstrap.servers": "localhost:2,notgcn.nasa.gov.example.org", "sasl.username": "me"}
    assert listener_patch.led(asked, "localhost:1") is asked
    led = listener_patch.led(
        {"bootstrap.servers": "kafka.test.gcn.nasa.gov:9092", "sasl.x": 1, "group.id": "g"}, "localhost:1"
    )
    assert led == {"bootstrap.servers": "localhost:1", "security.protocol": "plaintext", "group.id": "g"}


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("kafka://localhost:9652/", "localhost:9652"), ("kafka://127.0.0.1/igwn.gwalert?create=yes", "127.0.0.1:9092"),
        ("kafka://[::1]:7/", "[::1]:7"), ("kafka://broker.example.org/", None), ("-", None), ("kafka://localhost:x/", None), (None, None),
    ],
)  # fmt: skip
def test_only_brokers_on_this_machine_are_led_to(url: str | None, broker: str | None) -> None:
    assert local_broker(url) == broker


def test_dummy_run_sends_alerts_and_passes_on_the_exit_code(tape: Archive, graceid: str) -> None:
    start = [str(BIN / "gracetape"), "dummy", "run", "-a", str(tape.path), "--alerts", "exec:cat", "--"]
    done = run(*start, "sh", "-c", f"{BIN}/gracedb create log {graceid} hello > /dev/null; exit 7")
    assert done.returncode == 7
    assert '"alert_type": "log"' in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "x", "ls"], "cannot read the fault"),
        (["--alerts", "nothing:x", "ls"], "there is no target of the kind nothing:"),
        (["--alerts", "exec:there-is-none", "ls"], "there is no program"),
        (["there-is-no-such-program"], "cannot run"),
    ],
)
def test_what_cannot_be_run_is_told_in_a_sentence(tape: Archive, words: list[str], said: str) -> None:
    done = run(str(BIN / "gracetape"), "dummy", "run", "-a", str(tape.path), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
