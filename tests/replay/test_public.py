"""What the public was told goes to every target in every form, comes back as it was sent, and is compared field by field."""

import base64
import io
import json
import shutil
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from astropy.io import fits
from astropy_healpix import level_ipix_to_uniq

from gracetape.archive import Archive, timeline_of
from gracetape.archive.alerts.lines import line_of
from gracetape.brokers import Heard, open_source, parse_url
from gracetape.brokers.fixtures import kafka_broker
from gracetape.brokers.heard_lines import HeardLines
from gracetape.brokers.kafka_client import Admin, client_settings, topics_on
from gracetape.brokers.private import PrivateBroker
from gracetape.capture.archive_sink import ArchiveSink
from gracetape.replay import BadRequest, MaxClock, Wanted, play
from gracetape.replay.check import check
from gracetape.replay.skymap_differences import difference, distance
from gracetape.replay.targets.page import PageTarget
from gracetape.topics import PUBLIC_TOPICS
from tests.archive.notices.superevents import a_superevent, heard, validator
from tests.test_words import run

__all__ = ["kafka_broker"]
REPLAY = "replay"
WHEN = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
#: What a map says of its event's time.
OBSERVED = "2026-03-01T11:59:50.125"


def skymap(level: int = 1, peak: float = 0.5, *, flat: bool = False, date: str = OBSERVED) -> bytes:
    """A small map, multi-order or flat."""
    count = 12 * 4**level
    probability = np.full(count, (1 - peak) / (count - 1))
    probability[3] = peak
    if flat:
        columns, cards = [fits.Column("PROB", "D", array=probability)], {"ORDERING": "NESTED", "NSIDE": 2**level}
    else:
        uniq = level_ipix_to_uniq(level, np.arange(count))
        density = probability * count / (4 * np.pi)
        columns = [fits.Column("UNIQ", "K", array=uniq), fits.Column("PROBDENSITY", "D", array=density)]
        cards = {"ORDERING": "NUNIQ"}
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(cards | {"DATE-OBS": date})
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


def deep_map(whole: float) -> bytes:
    """A map whose probability is all in the first pixels of the levels down to the finest that there is."""
    levels = np.array([*range(1, 30), 29])
    pixels = np.array([1] * 29 + [0])
    density = whole / 30 * 12 * 4.0**levels / (4 * np.pi)
    columns = [
        fits.Column("UNIQ", "K", array=level_ipix_to_uniq(levels, pixels)),
        fits.Column("PROBDENSITY", "D", array=density),
    ]
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("public") / "told.tape"
    with a_superevent(path) as told:
        told.source()
        told.skymap(skymap())
        told.alert("preliminary", BNS=0.95)
        told.later().alert("initial")
        told.later().alert("retraction", None)
    return path


def replayed(tmp_path: Path, *words: object) -> list[dict[str, Any]]:
    """The lines that a replay writes."""
    file = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    done = run([REPLAY, *map(str, words), "--max", "--to", str(file)])
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_line_holds_each_form_and_is_read_again(tape: Path, tmp_path: Path) -> None:
    sent: dict[str, list[Any]] = {}
    for form in ("gwalert", "gwalert-avro", "voevent"):
        lines = replayed(tmp_path, tape, "--format", form)
        file = tmp_path / f"{form}.jsonl"
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        again = replayed(tmp_path, file, "--format", form)
        assert [line["payload"] for line in again] == [line["payload"] for line in lines]
        assert [line["node"] for line in again] == [line["node"] for line in lines]
        sent[form] = [line["payload"] for line in lines]
    for payload, packed, document in zip(*sent.values(), strict=True):
        validator()(payload)
        (found,) = fastavro.reader(io.BytesIO(base64.b64decode(packed)))
        assert found["alert_type"] == payload["alert_type"]
        assert "VOEvent" in document
    assert base64.b64decode(sent["gwalert"][0]["event"]["skymap"]) == skymap()


def test_several_forms_go_out_together_in_order(tape: Path, tmp_path: Path) -> None:
    lines = replayed(tmp_path, tape, "--format", "gwalert,voevent,gwalert-avro")
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    kinds = [type(line["payload"]).__name__ + str(line["payload"])[:5] for line in lines]
    assert kinds == ["dict{'ale", "str<?xml", "strT2JqA"] * 3
    assert run([REPLAY, str(tape), "--format", "gwalert,modern", "--to", "-"]).returncode == 2


def test_a_program_gets_bytes_where_they_are_bytes(tape: Path, tmp_path: Path) -> None:
    script = tmp_path / "keep.sh"
    script.write_text(f"#!/bin/sh\ncat > {tmp_path}/$GRACETAPE_NODE.$$\n")
    script.chmod(0o755)
    done = run([REPLAY, str(tape), "--format", "gwalert-avro", "--max", "--to", f"exec:{script}"])
    assert done.returncode == 0, done.stderr
    kinds = [next(fastavro.reader(file.open("rb")))["alert_type"] for file in tmp_path.glob("igwn.gwalert.*")]
    assert sorted(kinds) == ["INITIAL", "PRELIMINARY", "RETRACTION"]


def test_new_ids_and_times_reach_notices_and_documents(tape: Path, tmp_path: Path) -> None:
    moved = ["--as", "MS260101{letters}", "--retime-to", "2026-11-27T00:00:00Z"]
    notices = replayed(tmp_path, tape, "--as-public", *moved)
    documents = replayed(tmp_path, tape, "--format", "voevent", *moved)
    assert {line["payload"]["superevent_id"] for line in notices} == {"MS260101a"}
    assert notices[0]["payload"]["time_created"] == "2026-11-27T00:00:00Z"
    moved = base64.b64decode(notices[0]["payload"]["event"]["skymap"])
    shift = datetime(2026, 11, 27, tzinfo=UTC) - heard(tape)[0].created  # of the header; pixels stay where they are
    assert moved == skymap(date=(datetime.fromisoformat(OBSERVED) + shift).isoformat(timespec="milliseconds"))
    assert 'ivorn="ivo://gwnet/LVC#MS260101a-1-Preliminary"' in documents[0]["payload"]
    assert "<Date>2026-11-27T00:00:00Z</Date>" in documents[0]["payload"]


@pytest.mark.parametrize("form", ["gwalert", "gwalert-avro", "voevent"])
def test_a_page_is_told_what_json_can_hold(tape: Path, form: str) -> None:
    told: list[Any] = []
    play(tape, format=form, clock=MaxClock()).play([PageTarget(lambda line, message: told.append((line, message)))])
    assert [line.alert_type for line, _ in told] == ["PRELIMINARY", "INITIAL", "RETRACTION"]
    assert all(json.dumps(message()) for _, message in told)


def test_forms_are_named_where_there_is_no_such_one(tape: Path) -> None:
    with pytest.raises(BadRequest, match="gwalert-avro"):
        Wanted(format="nope")
    done = run([REPLAY, str(tape), "--as-public", "--format", "legacy", "--to", "-"])
    assert (done.returncode, "--as-public sends notices" in done.stderr) == (2, True)


@pytest.mark.parametrize("form", ["gwalert", "gwalert-avro", "voevent"])
def test_damage_befalls_every_form(tape: Path, form: str, tmp_path: Path) -> None:
    file = tmp_path / "damaged.jsonl"
    words = ["--format", form, "--max", "--corrupt", "1", "--seed", "3", "--loop", "6", "--to", str(file)]
    done = run([REPLAY, str(tape), *words])
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert len(file.read_bytes().splitlines()) == 18


def test_cutoffs_bound_what_the_public_is_told(tape: Path) -> None:
    first = heard(tape)[0]
    with Archive.open(tape) as archive:
        told = list(play(archive, format="gwalert", clock=MaxClock(), cutoff=first.n))
    assert [alert.alert_type for alert in told] == ["PRELIMINARY"]


def test_brokers_carry_each_form_and_a_recording_hears_it(
    tape: Path, kafka_broker: PrivateBroker, tmp_path: Path
) -> None:
    url = f"kafka://localhost:{kafka_broker.port}/"
    topics = ["igwn.gwalert", *(f"gcn.classic.voevent.LVC_{name}" for name in ("PRELIMINARY", "INITIAL", "RETRACTION"))]
    with open_source(f"{url}igwn.gwalert", topics) as source, Archive.create(tmp_path / "heard.tape") as kept:
        for form in ("gwalert", "voevent"):
            done = run([REPLAY, str(tape), "--format", form, "--max", "--to", url])
            assert "3 acknowledged, 0 failed" in done.stderr
        known = topics_on(Admin(client_settings(parse_url(url + "x"))), parse_url(url + "x"))
        assert set(PUBLIC_TOPICS) <= set(known)  # as at the real brokers, whoever sends what
        batch = [message for _ in range(6) if (message := source.poll(60)) is not None]
        ArchiveSink(kept, url).keep(batch)
    assert sorted(message.node for message in batch) == sorted([*topics, "igwn.gwalert", "igwn.gwalert"])
    for form in ("gwalert", "voevent"):
        again = replayed(tmp_path, kept.path, "--format", form)
        sent = [alert.payload(form) for alert in heard(tape, form)]  # brokers keep the order of each topic alone
        assert sorted(json.dumps(line["payload"]) for line in again) == sorted(map(json.dumps, sent))
        assert {line["certainty"] for line in again} == {"recorded"}


def test_avro_that_is_heard_is_the_notice_in_json(tape: Path, kafka_broker: PrivateBroker) -> None:
    url = f"kafka://localhost:{kafka_broker.port}/igwn.gwalert"
    with open_source(url, ["igwn.gwalert"]) as source:
        done = run([REPLAY, str(tape), "--format", "gwalert-avro", "--max", "--to", url])
        assert "3 acknowledged, 0 failed" in done.stderr
        found = [json.loads(message.payload) for _ in range(3) if (message := source.poll(60)) is not None]
    for payload, alert in zip(found, heard(tape), strict=True):
        expected = alert.payload()
        if expected["event"]:
            expected["event"]["mchirp_source"] = None
        assert payload == expected


def test_what_was_heard_is_compared_by_field_and_maps_by_pixel(tape: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.tape"
    with a_superevent(path) as told:
        told.skymap(skymap())
        told.alert("preliminary")
        told.later().alert("initial")
    first, second = (alert.payload() for alert in heard(path))
    first["event"] |= {"far": 1.0, "skymap": base64.b64encode(skymap(2, 0.9)).decode()}
    second["event"]["skymap"] = base64.b64encode(skymap(flat=True)).decode()
    with Archive.open(path, read_only=False) as archive:
        said = [Heard("igwn.gwalert", json.dumps(notice), WHEN) for notice in (first, second)]
        ArchiveSink(archive, "kafka://x/").keep(said)
        report = check(archive, told.superevent)
        assert len(list(timeline_of(archive).steps)) > 3
    assert [(one.verdict, one.alert_type) for one in report.messages] == [
        ("differs", "PRELIMINARY"),
        ("equal", "INITIAL"),
    ]
    assert [one.field for one in report.messages[0].differences] == ["event.far", "event.skymap"]


def test_maps_are_as_far_apart_as_their_probabilities() -> None:
    assert distance(skymap(), skymap(flat=True)) < 1e-9
    assert distance(skymap(1), skymap(1, 0.6)) == pytest.approx(0.2)
    even, finer = skymap(0, 1 / 12), skymap(3, 1 / 768)
    assert distance(even, finer) < 1e-9
    assert distance(even, skymap(1)) == pytest.approx(distance(skymap(1), finer)) == pytest.approx(2 * (0.5 - 1 / 48))


def test_maps_with_pixels_of_any_depth_are_compared_in_little_memory() -> None:
    one = deep_map(1.0), deep_map(1.0), deep_map(2.0)
    tracemalloc.start()
    try:
        assert distance(one[0], one[1]) == 0
        assert distance(one[0], one[2]) == pytest.approx(1.0)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_what_is_no_map_is_told_with_its_reason() -> None:
    told = difference(base64.b64encode(skymap()).decode(), base64.b64encode(b"nothing").decode())
    assert told is not None
    assert "no sky map that can be read" in told


def test_a_graceDB_that_follows_shows_what_is_public_by_then(tape: Path) -> None:
    from ligo.gracedb.exceptions import HTTPError
    from ligo.gracedb.rest import GraceDb

    from gracetape.replay.serving import following

    with Archive.open(tape) as archive:
        (graceid,) = [name for name in archive.objects() if name.startswith("TS")]
    player = play(tape, format="gwalert", clock=MaxClock())
    with following(player, scratch=True) as url:
        next(player)
        client = GraceDb(url, force_noauth=True)
        assert client.files(graceid, "bayestar.multiorder.fits").read() == skymap()
        assert "gw_events" not in client.superevent(graceid).json()
        with pytest.raises(HTTPError) as caught:
            client.event("T1")
        assert caught.value.response.status_code == 403


@pytest.mark.parametrize("form", ["gwalert", "voevent"])
def test_what_is_heard_is_shown_as_what_is_sent(tape: Path, form: str) -> None:
    heard_lines = HeardLines()
    for alert in heard(tape, form):
        sent = alert.payload(form)
        text = sent if isinstance(sent, str) else json.dumps(sent)
        shown = heard_lines.line(Heard(alert.nodes[0], text, alert.created))
        expected = line_of(alert, 0.0, alert.nodes)
        assert (shown.graceid, shown.alert_type, shown.what) == (expected.graceid, expected.alert_type, expected.what)
        assert ("FAR" in shown.what) == (alert.alert_type != "RETRACTION")


def test_a_counterpart_that_others_send_is_kept_and_sent_again(tape: Path, tmp_path: Path) -> None:
    (name,) = {alert.object_id for alert in heard(tape)}
    document = f'<voe:VOEvent><What><Param name="Packet_Type" value="154"/><Param name="GraceID" value="{name}"/></What></voe:VOEvent>'
    path, topic = tmp_path / "copy.tape", "gcn.classic.voevent.LVC_COUNTERPART"
    shutil.copytree(tape, path)
    with Archive.open(path, read_only=False) as archive:
        ArchiveSink(archive, "kafka://x/").keep([Heard(topic, document, WHEN)])
    (line,) = (line for line in replayed(tmp_path, path, "--format", "voevent") if line["node"] == topic)
    assert (line["payload"], line["graceid"], line["certainty"]) == (document, name, "recorded")
    assert HeardLines().line(Heard(topic, document, WHEN)).alert_type == "COUNTERPART"
