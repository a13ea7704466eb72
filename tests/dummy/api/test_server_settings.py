"""What a dummy's server is set up with: what its tape's captures tell of their server, and names given besides."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import new_event
from gracetape import capture, dummy
from gracetape.archive import Archive
from gracetape.archive.services import keep_service, service_documents
from gracetape.archive.verify import verify
from gracetape.dummy.server_settings import LABELS, read_root, settings_of
from gracetape.errors import UsageError


@pytest.fixture
def captured(tape: Archive, tmp_path: Path) -> Iterator[tuple[Archive, Any]]:
    """A tape of one event, captured from a dummy that knows a further label, pipeline and search."""
    with dummy.GraceDb(tape, labels=["NEW_LABEL"], pipelines=["newpipe"], searches=["NewSearch"]) as client:
        graceid = new_event(client)
        with Archive.create(tmp_path / "captured.tape") as archive:
            capture.capture([graceid], archive, client)
            yield archive, client


def refused(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(HTTPError) as error:
        call(*arguments, **named)
    assert error.value.status_code == 400
    return str(error.value.response.text)


def test_names_given_besides_can_be_used_and_asked_for(tape: Archive) -> None:
    with dummy.GraceDb(tape, labels=["NEW_LABEL"], pipelines=["newpipe"], searches=["NewSearch"]) as client:
        assert "NEW_LABEL" in client.allowed_labels
        assert set(LABELS) < set(client.allowed_labels)
        assert ("newpipe" in client.pipelines, "NewSearch" in client.searches) == (True, True)
        made = client.create_event(
            "Test", "newpipe", "x.txt", filecontents="x", search="NewSearch", labels=["NEW_LABEL"]
        )
        graceid = made.json()["graceid"]
        assert list(client.event(graceid).json()["labels"]) == ["NEW_LABEL"]
        for query in ("newpipe", "newsearch", "NEW_LABEL", "label: NEW_LABEL & ~INJ", "pipeline: newpipe"):
            assert [event["graceid"] for event in client.events(f"{query} Test")] == [graceid], query


@pytest.mark.parametrize("name", ["", " ", "a/b", "a,b", "x" * 101])
def test_what_can_be_no_name_is_refused(tape: Archive, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a label"):
        dummy.GraceDb(tape, labels=[name])


def test_one_name_need_not_be_in_a_list(tape: Archive) -> None:
    with dummy.GraceDb(tape, labels="NEW_LABEL") as client:
        assert "NEW_LABEL" in client.allowed_labels


def test_a_capture_keeps_the_services_root_and_its_dummy_offers_what_it_says(captured: tuple[Archive, Any]) -> None:
    archive, client = captured
    assert service_documents(archive) == [client.service_info]
    with dummy.GraceDb(archive) as of_tape:
        for what in ("allowed_labels", "pipelines", "searches", "groups", "em_groups", "voevent_types", "instruments"):
            assert getattr(of_tape, what) == getattr(client, what), what


def test_a_dummy_refuses_what_its_tapes_server_did_not_know(tape: Archive) -> None:
    root = {
        "labels": ["INJ"],
        "voevent-types": {"PR": "preliminary", "IN": "initial"},
        "instruments": {"": "---", "H1": "LHO"},
    }
    settings = read_root(root)
    assert settings.labels == ("INJ",)
    assert list(settings.voevent_types) == ["PR", "IN"]
    assert list(settings.instruments) == ["H1"]
    assert "K1OK" in settings.protected
    with dummy.GraceDb(tape, settings=settings) as client:
        graceid = new_event(client)
        client.allowed_labels.append("MOCK")  # the client looks there first
        assert "No such Label" in refused(client.write_label, graceid, "MOCK")


def test_captures_of_several_servers_give_all_that_any_of_them_knew(
    captured: tuple[Archive, Any], tmp_path: Path
) -> None:
    archive, _ = captured
    with Archive.create(tmp_path / "other.tape") as other, dummy.GraceDb(other, labels=["OTHER"]) as client:
        capture.capture([new_event(client)], archive, client)
    labels = settings_of(archive).labels
    assert {"NEW_LABEL", "OTHER", *LABELS} == set(labels)
    assert len(service_documents(archive)) == 2


def test_a_changed_server_is_told_of_without_a_new_version_of_what_has_not_changed(
    tape: Archive, tmp_path: Path
) -> None:
    with Archive.create(tmp_path / "captured.tape") as archive:
        with dummy.GraceDb(tape) as client:
            graceid = new_event(client)
            assert capture.capture([graceid], archive, client)[0].new
        with dummy.GraceDb(tape, labels=["LATER"]) as client:
            assert not capture.capture([graceid], archive, client)[0].new
            assert not capture.capture([graceid], archive, client)[0].new
        assert len(archive.captures(graceid)) == 1
        assert "LATER" in settings_of(archive).labels
        assert len(service_documents(archive)) == 2


@pytest.mark.parametrize(
    "document",
    [
        {
            "labels": ["", "~", 5, {"x": 1}, None, "x" * 100_000, "\x1b[2J"],
            "pipelines": [None, ""],
            "searches": {"": 5},
        },
        {"labels": [[[[]]]] * 1000, "groups": [""], "em-groups": 5, "server-version": 5},
        {"instruments": {"": {}, "H1": {}, "Q": None}, "voevent-types": {"PR": 5, "??": []}, "labels": "INJ"},
    ],
)
def test_a_strangers_root_document_does_no_harm(captured: tuple[Archive, Any], document: dict[str, Any]) -> None:
    archive, _ = captured
    with archive.transaction() as tx:
        keep_service(tx, archive.captures()[-1], document)
    assert list(verify(archive)) == []
    with dummy.GraceDb(archive) as client:
        assert "NEW_LABEL" in client.allowed_labels
        assert [event["graceid"] for event in client.events("Test")] == archive.objects()


def test_mock_and_early_warnings_are_known_to_every_dummy(client: Any) -> None:
    graceid = new_event(client)
    client.write_label(graceid, "MOCK")
    assert client.event(graceid).json()["labels"] == ["MOCK"]
    assert client.voevent_types["EW"] == "earlywarning"


@pytest.mark.parametrize("site", ["H1", "L1", "V1", "K1", "ADV"])
def test_labels_of_signoffs_behave_alike_at_every_site(client: Any, superevent_of: Any, site: str) -> None:
    graceid = new_event(client)
    superevent = superevent_of(client, graceid)
    request = "ADVREQ" if site == "ADV" else f"{site}OPS"
    for target in (graceid, superevent):
        for status in ("OK", "NO"):
            assert "automated process" in refused(client.write_label, target, f"{site}{status}")
    assert "automated process" in refused(
        client.create_event, "Test", "gstlal", "x.xml", filecontents="x", labels=[f"{site}OK"]
    )
    client.write_label(superevent, request)
    kind, instrument = ("ADV", "") if site == "ADV" else ("OP", site)
    client.create_signoff(superevent, kind, "OK", "fine", instrument=instrument)
    assert f"{site}OK" in client.superevent(superevent).json()["labels"]
    assert "related signoff already exists" in refused(client.write_label, superevent, request)
    assert "automated process" in refused(client.remove_label, superevent, f"{site}OK")


def test_the_commands_take_further_names(tmp_path: Path) -> None:
    asked = (
        "from ligo.gracedb.rest import GraceDb; g = GraceDb(); "
        "print('a' in g.allowed_labels, 'b' in g.pipelines, 'c' in g.searches)"
    )
    words = [
        "--create",
        "-a",
        str(tmp_path / "x.tape"),
        "--label",
        "a",
        "--pipeline",
        "b",
        "--search",
        "c",
        sys.executable,
        "-c",
        asked,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "gracetape", "dummy", "run", *words], capture_output=True, text=True, timeout=100
    )
    assert done.stdout == "True True True\n", done.stderr


def test_todays_names_are_known_without_being_asked_for(client: Any) -> None:
    assert {"MOCK", "SOG_READY", "COMBINEDSKYMAP_READY", "LENSED_CANDIDATE"} <= set(client.allowed_labels)
    assert {"SGNL", "PyGRB", "GWAK", "aframe", "EinsteinProbe", "SVOM", "CHIME", "IceCube"} <= set(client.pipelines)
    assert {"FRB", "HEN", "SSM", "SubGRBTargeted", "LensingSubthreshold"} <= set(client.searches)
    graceid = new_event(client, pipeline="SGNL", search="SSM", labels=["SOG_READY"])
    assert client.get(client.templates["event-detail-template"].format(graceid=graceid)).json()["pipeline"] == "SGNL"
    for query in ("SGNL", "pipeline: sgnl", "search: SSM", "SSM", "SOG_READY", "ci.snr > 9 SGNL"):
        assert [event["graceid"] for event in client.events(f"{query} Test")] == [graceid], query
