"""What the public sees: captured without a login, served as the public server serves it, told of as far as it goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from igwn_auth_utils import IgwnAuthError
from ligo.gracedb.exceptions import HTTPError

from gracetape import capture, dummy
from gracetape.archive import Archive, UsageError
from gracetape.archive.public_view import public_record
from tests import commands
from tests.archive.notices.superevents import Told, a_superevent, heard, validator

HIDDEN = {"gw_events", "em_events", "preferred_event", "pipeline_preferred_events"}


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Told]:
    """A whole superevent, and the same as the public sees it."""
    folder = tmp_path_factory.mktemp("public")
    with a_superevent(folder / "whole.tape") as told:
        told.write("secret.txt", "for members")
        told.source()
        told.skymap(b"a map")
        told.alert("preliminary", BNS=0.95)
        told.client.write_log(told.superevent, "nothing to see here")
        n = next(log["N"] for log in told.client.logs(told.superevent).json()["log"] if log["comment"] == "New VOEvent")
        told.client.add_tag(told.superevent, n, "public")
        told.label("ADVREQ")
        told.later().client.create_signoff(told.superevent, "ADV", "OK", "", "")
    with Archive.open(folder / "whole.tape") as whole, dummy.GraceDb(whole) as client:
        capture.capture([told.superevent], folder / "public.tape", client, as_public=True)
    return folder / "whole.tape", folder / "public.tape", told


@pytest.fixture(params=["asked", "captured so"])
def client(request: Any, tapes: tuple[Path, Path, Told]) -> Iterator[Any]:
    whole, public, _ = tapes
    made = dummy.GraceDb(whole, as_public=True) if request.param == "asked" else dummy.GraceDb(public)
    with made as one:
        yield one


def test_a_capture_as_the_public_has_public_things_only(tapes: tuple[Path, Path, Told]) -> None:
    _, public, told = tapes
    with Archive.open(public) as archive:
        assert archive.objects() == [told.superevent]
        view = archive.view(told.superevent)
        assert not HIDDEN & view.record().keys()
        assert "events" not in view.record()["links"]
        assert {tag for log in view.records("log") for tag in log["tag_names"]} >= {"public"}
        assert all("public" in log["tag_names"] for log in view.records("log"))
        names = {file.name for file in view.files()}
        assert names == {
            "p_astro.json",
            "em_bright.json",
            "bayestar.multiorder.fits",
            f"{told.superevent}-1-Preliminary.xml",
        }
        assert archive.capture(told.superevent).noted()["as public"] is True
        assert view.records("signoff") == view.records("permission") == []


def test_a_dummy_answers_as_the_public_server(client: Any, tapes: tuple[Path, Path, Told]) -> None:
    told = tapes[2]
    record = client.superevent(told.superevent).json()
    assert not HIDDEN & record.keys()
    assert [found["superevent_id"] for found in client.superevents("")] == [told.superevent]
    assert "secret.txt" not in client.files(told.superevent).json()
    assert client.files(told.superevent, "bayestar.multiorder.fits").read() == b"a map"
    assert len(client.voevents(told.superevent).json()["voevents"]) == 1
    refused = (
        (403, lambda: client.event(told.events[0])),
        (403, lambda: list(client.events(""))),
        (403, lambda: client.write_log(told.superevent, "no")),
        (403, lambda: client.write_label(told.superevent, "DQV")),
        (403, lambda: client.signoffs(told.superevent)),
        (404, lambda: client.files(told.superevent, "secret.txt").read()),
        (404, lambda: client.superevent("S200101zz")),
    )
    for status, ask in refused:
        with pytest.raises(HTTPError) as caught:
            ask()
        assert caught.value.response.status_code == status
    with pytest.raises(HTTPError) as caught:
        client.event(told.events[0])
    assert caught.value.response.json() == {"detail": "Authentication credentials were not provided."}


def test_of_the_preferred_event_hardly_anything_is_shown(client: Any, tapes: tuple[Path, Path, Told]) -> None:
    event = client.superevent(tapes[2].superevent).json()["preferred_event_data"]
    assert event["pipeline"] == "gstlal"
    assert "superevent_neighbours" not in event
    assert {name: [list(row) for row in rows] for name, rows in event["extra_attributes"].items()} == {
        "SingleInspiral": [["ifo", "end_time", "end_time_ns"]] * 3
    }


def test_what_the_public_sees_of_a_burst_is_when_and_where_it_was_heard() -> None:
    burst = {"ifos": "H1,L1", "single_ifo_times": "1,2", "central_freq": 100.0, "duration": 0.1}
    event = {"group": "Burst", "extra_attributes": {"MultiBurst": burst, "CoincInspiral": {"snr": 8.0}}}
    shown = public_record({"preferred_event_data": event})["preferred_event_data"]
    assert shown["extra_attributes"] == {"MultiBurst": {"ifos": "H1,L1", "single_ifo_times": "1,2"}}


def test_a_client_that_insists_on_a_login_fails_at_once(tapes: tuple[Path, Path, Told]) -> None:
    with pytest.raises(IgwnAuthError, match="no valid authorisation credentials"):
        dummy.GraceDb(tapes[1], fail_if_noauth=True)


def test_notices_are_made_of_what_is_public(tapes: tuple[Path, Path, Told]) -> None:
    whole, public, _ = tapes
    (made,) = (alert for alert in heard(public) if alert.alert_type == "PRELIMINARY")
    validator()(made.payload())
    (expected,) = (alert for alert in heard(whole) if alert.alert_type == "PRELIMINARY")
    assert made.payload() == expected.payload()
    assert [alert.payload("voevent") for alert in heard(public, "voevent")][:1] == [
        alert.payload("voevent") for alert in heard(whole, "voevent")
    ][:1]


def test_what_is_not_exposed_is_not_there(tmp_path: Path) -> None:
    with a_superevent(tmp_path / "a.tape") as told:
        told.write("secret.txt", "for members")
    with dummy.GraceDb(tmp_path / "a.tape", as_public=True) as client:
        assert list(client.superevents("")) == []
        with pytest.raises(HTTPError):
            client.superevent(told.superevent)


def test_the_command_captures_a_public_server_and_says_so(tapes: tuple[Path, Path, Told], tmp_path: Path) -> None:
    whole, _, told = tapes
    with Archive.open(whole) as tape, dummy.serve(dummy.make_app(tape, as_public=True)) as server:
        for words in ([], ["--as-public"]):
            path = tmp_path / f"new{len(words)}.tape"
            done = commands.run(
                ["capture", told.superevent, "--service-url", server.url, "-a", path, *words], capture_output=True
            )
            assert done.returncode == 0, done.stderr
            shown = commands.run(["gracetape", "archive", "show", told.superevent, "-a", path], capture_output=True)
            assert "public" in shown.stdout
    assert len(heard(path)) >= 1


def test_events_are_not_for_the_public(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the public sees no events"):
        capture.capture(["G1"], tmp_path / "a.tape", None, as_public=True)
