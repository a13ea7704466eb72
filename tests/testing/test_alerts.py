"""What a test says of alerts: asked by type, waited for, compared readably, kept as a snapshot."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from gracetape import dummy
from gracetape.archive import Alert
from gracetape.errors import UsageError
from gracetape.testing import AlertList, Alerts, assert_same_alerts, masked
from tests.testing.conftest import SHORT, Folder

pytest_plugins = ("pytester",)


@pytest.fixture(scope="module")
def alerts() -> list[Alert]:
    """A label, a log entry, a label."""
    heard = Alerts()
    with dummy.GraceDb(SHORT, on_alert=heard.add) as client:
        client.write_label("TS101020a", "DQV")
        client.write_log("T1", "a word", "word.txt", b"the word")
        client.write_label("TS101020a", "INJ")
    return list(heard)


def test_alerts_are_found_by_type_and_object(alerts: list[Alert]) -> None:
    found = AlertList(alerts)
    assert found.types == ["label_added", "log", "label_added"]
    assert found.of("label_added") == [alerts[0], alerts[2]]
    assert found.of("log", "new", graceid="T1") == found[1:2] == [alerts[1]]
    assert found.of(graceid="TS101020a").payloads == [alerts[0].payload(), alerts[2].payload()]
    assert repr(found[1:]) == "<2 alerts: log of T1, label_added of TS101020a>"


def test_alerts_are_waited_for(alerts: list[Alert]) -> None:
    coming = Alerts()
    coming.add(alerts[1])
    thread = threading.Timer(0.02, lambda: [coming.add(alert) for alert in (alerts[0], alerts[2])])
    thread.start()
    assert coming.wait("label_added", count=2) == [alerts[0], alerts[2]]
    thread.join()
    with pytest.raises(AssertionError, match=r"1 alert\(s\) of new of T9 did not come within 0\.01 s; .* log of T1"):
        coming.wait("new", graceid="T9", timeout_s=0.01)
    coming.clear()
    assert len(coming) == 0


def test_the_same_alerts_are_the_same_however_they_are_given(alerts: list[Alert], tmp_path: Path) -> None:
    lines = [json.dumps(line) for alert in alerts for line in alert.lines(alert.created)[:1]]
    (tmp_path / "alerts.jsonl").write_text("\n".join(lines))
    served = json.loads(
        json.dumps([alert.payload() for alert in alerts]).replace("https://dummy.invalid", "http://[::1]:1")
    )
    for got in (alerts, AlertList(alerts), lines, tmp_path / "alerts.jsonl", served):
        assert_same_alerts(got, alerts)


def test_a_difference_is_told_of_in_lines_that_can_be_read(alerts: list[Alert]) -> None:
    other = json.loads(json.dumps([alert.payload() for alert in alerts]))
    other[0]["data"]["name"] = "EM_READY"
    other[1]["data"]["tag_names"] = ["pe"]
    with pytest.raises(AssertionError) as error:
        assert_same_alerts([*alerts[:2], alerts[1]], other)
    assert str(error.value).splitlines() == [
        "the alerts differ (3 expected, 3 came):",
        "  1. label_added of TS101020a:",
        "       data.name: 'EM_READY' expected, 'DQV' came",
        "  2. log of T1:",
        "       data.tag_names: ['pe'] expected, [] came",
        "- 3. label_added of TS101020a: expected, and did not come",
        "+ 3. log of T1: came, and was not expected",
    ]
    assert_same_alerts(alerts[:2], other[:2], ignore=("name", "tag_names"))


def test_a_masked_alert_is_the_same_at_each_run(alerts: list[Alert]) -> None:
    other = (
        json.dumps(alerts[1].payload())
        .replace("T1", "G777")
        .replace("https://dummy.invalid/api/", "https://x.org/api/v2/")
    )
    other = other.replace(alerts[1].data["created"], "2031-01-01 00:00:00 UTC")
    with pytest.raises(AssertionError, match="log of G777"):
        assert_same_alerts([json.loads(other)], [alerts[1]], ignore=("created",))
    assert_same_alerts([json.loads(other)], [alerts[1]], mask=True)
    (payload,) = masked([alerts[1]])
    assert payload["uid"] == "<event 1>"
    assert payload["data"]["created"] == "<time>"
    assert payload["data"]["self"].startswith("<api>/events/<event 1>/log/")


SNAPSHOTS = """
from gracetape.testing import AlertsExtension
pytestmark = pytest.mark.tape("a.tape")
def test_ambr(gracedb, alerts, snapshot):
    gracedb.write_label(S, "DQV")
    assert alerts == snapshot
def test_json(gracedb, alerts, snapshot):
    gracedb.write_label(S, "WORD")
    assert alerts == snapshot(extension_class=AlertsExtension)
"""


def test_snapshots_are_kept_by_syrupy(folder: Folder) -> None:
    source = SNAPSHOTS.replace("WORD", "DQV")
    folder.passes(source, "--snapshot-update", passed=2)
    kept = (folder.path / "__snapshots__" / "test_it" / "test_json.alerts.json").read_text()
    assert '"<time>"' in kept
    assert "<superevent 1>" in kept
    folder.passes(source, passed=2)
    text = folder.passes(SNAPSHOTS.replace("WORD", "INJ"), passed=1, failed=1)
    assert "DQV" in text
    assert "INJ" in text


@pytest.mark.parametrize("nonsense", [Path("nowhere.jsonl"), ["{not json"], [5], [None]], ids=repr)
def test_what_is_no_alert_is_told_of(alerts: list[Alert], nonsense: Any) -> None:
    with pytest.raises(UsageError, match=r"no file of messages|number 1 of the alerts to compare, .* is none"):
        assert_same_alerts(alerts, nonsense)
