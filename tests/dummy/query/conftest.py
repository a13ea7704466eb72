"""A small archive to search in, and a client of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.app import make_app
from gracetape.dummy.links import HOME, Links

NOW = datetime(2019, 3, 31, 10, 50, 0, tzinfo=UTC)


def event(graceid: str, **values: Any) -> dict[str, Any]:
    """An event's record."""
    return {
        "submitter": "gstlalcbc", "created": "2019-03-30 10:00:00 UTC", "group": "CBC", "graceid": graceid, "pipeline": "gstlal",
        "gpstime": 1126259462.4, "reporting_latency": 10.0, "instruments": "H1,L1", "nevents": 2, "offline": False,
        "search": "AllSky", "far": 1e-8, "far_is_upper_limit": False, "likelihood": None, "labels": [],
        "extra_attributes": {}, "superevent": None, "superevent_neighbours": {}, "replay_id": None,
        "links": Links(HOME, "event", graceid).all_of_event(),
    } | values  # fmt: skip


def superevent(graceid: str, preferred: str, **values: Any) -> dict[str, Any]:
    """A superevent's record."""
    return {
        "superevent_id": graceid, "gw_id": None, "category": "Production", "created": "2019-03-30 10:00:00 UTC",
        "submitter": "emfollow", "preferred_event": preferred, "em_type": None, "t_start": 1.0, "t_0": 2.0, "t_end": 3.0,
        "gw_events": [preferred], "em_events": [], "far": None, "time_coinc_far": None, "space_coinc_far": None,
        "labels": [], "preferred_event_data": None, "pipeline_preferred_events": {},
        "links": Links(HOME, "superevent", graceid).all_of_superevent(),
    } | values  # fmt: skip


def _singles(*snrs: float, channel: str = "DMT-STRAIN") -> dict[str, Any]:
    lines = [
        {"ifo": "H1", "snr": snr, "mchirp": snr / 10, "eff_distance": 50 - snr, "channel": channel} for snr in snrs
    ]
    return {"SingleInspiral": lines, "CoincInspiral": {"ifos": "H1,L1", "snr": sum(snrs), "mchirp": 1.2}}


EVENTS = (
    event("G1", labels=["INJ"], superevent="S190330a", extra_attributes=_singles(4, 9)),
    event("G2", far=1e-3, superevent="GW150914A", created="2019-03-30 12:00:00 UTC", labels=["EM_READY", "ADVOK"]),
    event("G3", group="Burst", pipeline="CWB", instruments="H1,L1,V1", nevents=3, far=None, gpstime=1187008882.4),
    event("T4", group="Test", created="2019-03-31 00:00:00 UTC"),
    event("M5", search="MDC"),
    event("E6", group="External", pipeline="Fermi", search="GRB", instruments="", far=2e-7, submitter="albert.einstein@ligo.org",
          extra_attributes={"GRB": {"trigger_id": "1234", "ra": 200.5, "T90": 1.5}}),
    event("H7", pipeline="HardwareInjection", search=None, labels=["INJ", "DQV"]),
    event("G8", group="Burst", pipeline="CWB", search="AllSky", replay_id="run-1.a",
          extra_attributes={"MultiBurst": {"snr": 2.0, "central_freq": 1500.0, "ifos": "H1,L1"}}),
    event("G9", pipeline="pycbc", gpstime=1396800000.0, labels=["EM_READY"], created="2018-12-01 00:00:00 UTC",
          extra_attributes=_singles(6, channel="DMT-PAIN")),
    event("M10", group="Test", search="MDC"),
)  # fmt: skip
SUPEREVENTS = (
    superevent("S190330a", "G1", labels=["EM_READY"]),
    superevent("S190330b", "G2", gw_id="GW150914A", em_events=["E6"], labels=["ADVOK"], t_start=10.0, t_0=1126259462.4),
    superevent("TS190330a", "T4", category="Test"),
    superevent("MS190330ab", "M5", category="MDC", created="2019-03-31 09:00:00 UTC"),
)


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An archive of EVENTS and SUPEREVENTS; S190330a is public."""
    folder: Path = tmp_path_factory.mktemp("query")
    with Archive.create(folder / "searched.tape") as archive:
        with archive.transaction() as tx:
            for record in EVENTS:
                tx.new_object(record["graceid"], HOME, record)
            for record in SUPEREVENTS:
                tx.new_object(record["superevent_id"], HOME, record)
            tx.name("GW150914A", "S190330b")
            tx.put("S190330a", "permission", 1, {"group": "public_users", "permission": "view_superevent"})
        yield archive


@pytest.fixture(scope="session")
def client(searched: Archive) -> Iterator[Any]:
    """A client of it, at NOW."""
    with dummy.GraceDb(searched, now=lambda: NOW) as client:
        yield client


@pytest.fixture(scope="session")
def app(searched: Archive) -> TestClient:
    """The web application over it."""
    return TestClient(make_app(searched, now=lambda: NOW))


def get(app: TestClient, path: str, **params: Any) -> Any:
    """A list, which must be answered."""
    answered = app.simulate_get(f"/api/{path}", params=params)
    assert answered.status_code == 200, answered.text
    return answered.json


def ids(page: dict[str, Any]) -> list[str]:
    """The graceids on a page, in its order."""
    return [record.get("graceid") or record["superevent_id"] for record in page.get("events", page.get("superevents"))]


def asked(app: TestClient, category: str, query: Any) -> Any:
    """The answer to a structured query in a body."""
    return app.simulate_post(f"/api/v2/{category}s/search/", body=json.dumps(query))
