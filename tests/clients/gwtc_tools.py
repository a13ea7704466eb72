"""gwtc-tools: a catalogue is made from a query, an offline event joins it, versions are compared and taken back."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_DATA = files("ligo.gracedb") / "test" / "integration" / "data"


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-test.ligo.org/api/", force_noauth=True)


def _upload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _client().create_event("CBC", "gstlal", str(_DATA / name), search="AllSky").json()
    event: dict[str, Any] = _client().event(found["graceid"]).json()
    return event


def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = _client().gwtc_get(number="5", version="latest").json()
    return found


def create(scene: Scene) -> str:
    """gwtc_create_from_query: superevents of a query become a catalogue"""
    scene.made["event"] = _upload("cbc-lm.xml")
    superevent = scene["event"]["superevent"]
    scene.run(f"gwtc_create_from_query --service-url {scene.url} --number 5 {superevent}")
    found = _catalogue()
    assert superevent in json.dumps(found)
    return f"catalogue {found['number']} version {found['version']} with {superevent}"


def offline(scene: Scene) -> str:
    """gwtc_update_pipeline_gevents: an offline event is uploaded, waits for its superevent, and joins the catalogue"""
    scene["event"]
    (scene.folder / "p_astro.json").write_text(json.dumps({"BNS": 0.98, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.02}))
    given = f"- coinc: {_DATA / 'cbc-lm2.xml'}\n  pastro: {scene.folder / 'p_astro.json'}\n"
    (scene.folder / "in.yaml").write_text(given)
    words = f"--service-url {scene.url} --number 5 --pipeline gstlal --in-yaml in.yaml --out-yaml out.yaml"
    scene.run(f"gwtc_update_pipeline_gevents {words}", seconds=120)
    graceid = (scene.folder / "out.yaml").read_text().partition("gid: ")[2].split()[0]
    found = _catalogue()
    assert graceid in json.dumps(found)
    return f"{graceid} in version {found['version']}"


def compare(scene: Scene) -> str:
    """gwtc_diff tells two versions apart, gwtc_get_gevent_coinc_files fetches files, gwtc_revert takes a version back"""
    superevent, latest = scene["event"]["superevent"], _catalogue()["version"]
    if latest == 1:  # without offline events, a version of our own hands
        _client().gwtc_create(
            {superevent: {"pipelines": {"gstlal": scene["event"]["graceid"]}, "far": 1e-9, "pastro": None}}, "5"
        )
        latest = 2
    words = f"--service-url {scene.url} --number 5"
    scene.run(f"gwtc_diff {words} 1 {latest}")
    scene.run(f"gwtc_get_gevent_coinc_files {words} --pipeline gstlal")
    scene.run(f"gwtc_revert {words} 1")
    assert _catalogue()["version"] == latest + 1
    return f"version {latest + 1} is as version 1 was"


STEPS = (create, offline, compare)
