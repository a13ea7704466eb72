"""Notices of an event that is made to have the values of the public alerts user guide's examples are those, field by field."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import fastavro
import pytest

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.times import gps_of, parse_time
from tests.archive.notices.superevents import EM_BRIGHT, P_ASTRO, Told, heard
from tests.archive.notices.test_documents import found_number

#: The examples' values; their superevent is MS181101ab, at example.org.
T_0, FAR = "2018-11-01T22:22:46.654437Z", 9.11069936486e-14
TIMES = {
    "EARLYWARNING": "2018-11-01T22:34:20Z",
    "PRELIMINARY": "2018-11-01T22:34:49Z",
    "RETRACTION": "2018-11-01T23:36:23Z",
}
EVENT: dict[str, Any] = {
    "time": "2018-11-01T22:22:46.654Z", "far": FAR, "significant": True, "instruments": ["H1", "L1", "V1"], "group": "CBC",
    "pipeline": "gstlal", "search": "MDC", "properties": EM_BRIGHT, "classification": P_ASTRO, "duration": None,
    "central_frequency": None, "skymap": None,
}  # fmt: skip
#: What the client calls them.
_ASKED = {"HasNS": "ProbHasNS", "HasRemnant": "ProbHasRemnant", "HasMassGap": "HasMassGap"}
SKYMAP = b"SIMPLE  =                    T the guide's map"


def guides_superevent(path: Path, skymap: bytes = SKYMAP) -> str:
    """An archive with the guide's superevent, whose id is the day's first; that id."""
    name, contents = sample("cbc-lm.xml")
    whole, parts = divmod(gps_of(parse_time(T_0)), 1)
    text = contents if isinstance(contents, str) else contents.decode()
    for old, new in (
        ("971609248,", f"{whole:.0f},"),
        (",151740542,", f",{round(parts * 1e6) * 1000},"),
        ("0.0003680075621499241", repr(FAR)),
    ):
        text = text.replace(old, new)
    moment = datetime(2018, 11, 1, 22, 33, tzinfo=UTC)
    with Archive.create(path) as archive, dummy.GraceDb(archive, now=lambda: moment, keep=True) as client:
        event = client.create_event("CBC", "gstlal", name, filecontents=text, search="MDC").json()
        gps = event["gpstime"]
        made = client.create_superevent(gps - 1, gps, gps + 1, event["graceid"], category="mdc").json()
        told = Told(client, None, made["superevent_id"])  # type: ignore[arg-type]
        told.source()
        told.skymap(skymap)
        told.label("SIGNIF_LOCKED")
        values = {"significant": True} | P_ASTRO | {_ASKED[name]: p for name, p in EM_BRIGHT.items()}
        for kind, time in TIMES.items():
            moment = parse_time(time)
            if kind == "RETRACTION":
                told.alert(kind.lower(), None)
            else:
                told.alert(kind.lower(), "bayestar.multiorder.fits,0", **values)
        return told.superevent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("guide") / "guide.tape"
    return path, guides_superevent(path)


def expected(kind: str, name: str) -> dict[str, Any]:
    page = f"https://dummy.invalid/superevents/{name}/view/"
    return {
        "alert_type": kind, "time_created": TIMES[kind], "superevent_id": name, "urls": {"gracedb": page},
        "event": None if kind == "RETRACTION" else dict(EVENT), "external_coinc": None,
    }  # fmt: skip


def test_notices_in_json_are_the_guides_field_by_field_and_in_their_order(made: tuple[Path, str]) -> None:
    path, name = made
    for kind, alert in zip(TIMES, heard(path), strict=True):
        notice, wanted = alert.payload(), expected(kind, name)
        if notice["event"]:
            notice["event"]["skymap"] = None
        assert json.dumps(notice) == json.dumps(wanted)


def test_notices_in_avro_are_the_guides_field_by_field(made: tuple[Path, str]) -> None:
    path, name = made
    for kind, alert in zip(TIMES, heard(path), strict=True):
        reader = fastavro.reader(io.BytesIO(alert.payload("gwalert-avro")))
        assert reader.codec == "null"
        (record,) = reader
        wanted = expected(kind, name)
        if wanted["event"]:
            wanted["event"] |= {"skymap": SKYMAP, "mchirp_source": None}  # the newer field of schema 1.3
        assert record == wanted


def test_voevents_are_numbered_and_timed_as_the_guides(made: tuple[Path, str]) -> None:
    path, name = made
    documents = [alert.payload("voevent") for alert in heard(path, "voevent")]
    assert [found_number(document.encode()) for document in documents] == [1, 2, 3]
    roots = [ET.fromstring(document) for document in documents]
    assert [root.findtext("Who/Date") for root in roots] == list(TIMES.values())
    assert {root.findtext(".//ISOTime") for root in roots} == {T_0}
    params = {str(param.get("name")): param.get("value") for param in roots[1].iter("Param")}
    assert (params["FAR"], params["GraceID"], params["Significant"]) == (repr(FAR), name, "1")
    assert all(params[key] == str(value) for key, value in (P_ASTRO | EM_BRIGHT).items())
