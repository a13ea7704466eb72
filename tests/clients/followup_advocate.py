"""ligo-followup-advocate: drafts of GCN Circulars for a superevent with sky maps, notices and a coincident burst."""

from __future__ import annotations

import json
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_DATA = files("ligo.gracedb") / "test" / "integration" / "data"


def _client(version: str = "v1") -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-playground.ligo.org/api/", force_noauth=True, api_version=version)


def _skymap(scene: Scene) -> str:
    """Write a multi-order map whose probability lies around a place, with a distance."""
    import healpy
    import numpy
    from astropy.table import Table
    from ligo.skymap.io import fits

    nside = 32
    pixels = numpy.arange(healpy.nside2npix(nside))
    there = healpy.ang2vec(120.0, 30.0, lonlat=True)
    density = numpy.exp(40 * numpy.array(healpy.pix2vec(nside, pixels, nest=True)).T @ there)
    density /= density.sum() * healpy.nside2pixarea(nside)
    ones = numpy.ones(len(pixels))
    columns = {"UNIQ": pixels + 4 * nside**2, "PROBDENSITY": density, "DISTMU": 100 * ones, "DISTSIGMA": 20 * ones}
    table = Table(columns | {"DISTNORM": 1e-4 * ones})
    table.meta |= {"distmean": 100.0, "diststd": 20.0, "instruments": {"H1", "L1"}}
    path = scene.folder / "bayestar.multiorder.fits"
    fits.write_sky_map(str(path), table, nest=True)
    return str(path)


PROPERTIES = {"HasNS": 1.0, "HasRemnant": 0.9, "HasMassGap": 0.0, "HasSSM": 0.0}
CLASSES = {"BNS": 0.98, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.02}


def _notify(scene: Scene, superevent: str, external: dict[str, Any] | None) -> None:
    """Have the `gracedb` command write a notice, as it went out on Kafka."""
    where = f"{scene.url}superevents/{superevent}"
    notice = {
        "alert_type": "PRELIMINARY", "time_created": "2026-03-01T12:00:00Z", "superevent_id": superevent,
        "urls": {"gracedb": f"{where}/view/", "skymap": f"{where}/files/bayestar.multiorder.fits,0"}, "external_coinc": external,
        "event": {
            "significant": True, "time": "2010-10-20T15:20:32.000Z", "far": 1e-9, "instruments": ["H1", "L1"], "group": "CBC",
            "pipeline": "gstlal", "search": "AllSky", "duration": None, "central_frequency": None,
            "skymap": b64encode(Path(_skymap(scene)).read_bytes()).decode(), "properties": PROPERTIES, "classification": CLASSES,
        },
    }  # fmt: skip
    (scene.folder / "notice.json").write_text(json.dumps(notice))
    scene.run(f"gracedb create notice {superevent} notice.json")


def _subject(draft: str) -> str:
    return next(line for line in draft.splitlines() if line.startswith("SUBJECT"))


def prepare(scene: Scene) -> str:
    """A superevent with a sky map, classification and a notice is there"""
    client = _client()
    event = client.create_event("CBC", "gstlal", str(_DATA / "cbc-lm.xml"), search="AllSky").json()
    t_0 = event["gpstime"]
    superevent = client.create_superevent(t_0 - 1, t_0, t_0 + 1, event["graceid"]).json()["superevent_id"]
    contents: dict[str, Any] = {
        "em_bright.json": PROPERTIES,
        "gstlal.p_astro.json": CLASSES,
    }
    for graceid in (superevent, event["graceid"]):
        client.write_log(graceid, "sky localization", _skymap(scene), tag_name=["sky_loc", "public"])
        for name, content in contents.items():
            tags = [name.removeprefix("gstlal.").removesuffix(".json"), "public"]
            client.write_log(graceid, "follow-up", name, json.dumps(content), tag_name=tags)
    numbers = {"BNS": 0.98, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.02, "ProbHasNS": 1.0, "ProbHasRemnant": 0.9}
    client.create_voevent(
        superevent, "PR", skymap_type="BAYESTAR", skymap_filename="bayestar.multiorder.fits,0", internal=False, open_alert=True,
        **numbers,
    )  # fmt: skip
    _notify(scene, superevent, None)
    scene.made |= {"superevent": superevent, "event": event["graceid"]}
    return f"{superevent} of {event['graceid']}"


def compose(scene: Scene) -> str:
    """compose: the draft of an initial Circular"""
    draft = scene.run(f"ligo-followup-advocate --service {scene.url} compose {scene['superevent']}")
    assert f"SUBJECT: LIGO/Virgo/KAGRA {scene['superevent']}" in draft, draft[:300]
    assert "bayestar.multiorder.fits" in draft
    return _subject(draft)


def retract(scene: Scene) -> str:
    """compose_retraction, and compose_update of the sky map"""
    scene.run(f"ligo-followup-advocate --service {scene.url} compose_update {scene['superevent']} sky_localization")
    draft = scene.run(f"ligo-followup-advocate --service {scene.url} compose_retraction {scene['superevent']}")
    assert "Retraction" in draft
    return _subject(draft)


def coincide(scene: Scene) -> str:
    """compose_raven: the draft for a coincidence with a burst of Fermi"""
    client, superevent = _client(), scene["superevent"]
    burst = client.create_event("External", "Fermi", str(_DATA / "fermi-test.xml"), search="GRB").json()["graceid"]
    client.add_event_to_superevent(superevent, burst)
    client.update_superevent(superevent, em_type=burst, time_coinc_far=1e-9, space_coinc_far=1e-10)
    client.write_label(superevent, "EM_COINC")
    external = {"gcn_notice_id": 1, "ivorn": "ivo://nasa.gsfc.gcn/Fermi#GBM", "observatory": "Fermi", "search": "GRB",
                "time_difference": -2.0, "time_coincidence_far": 1e-9, "time_sky_position_coincidence_far": 1e-10,
                "combined_skymap": b64encode(Path(_skymap(scene)).read_bytes()).decode()}  # fmt: skip
    _notify(scene, superevent, external)
    far = json.dumps({"temporal_coinc_far": 1e-9, "spatiotemporal_coinc_far": 1e-10})
    client.write_log(superevent, "RAVEN: joint FAR", "coincidence_far.json", far, tag_name=["ext_coinc"])
    draft = scene.run(f"ligo-followup-advocate --service {scene.url} compose_raven {superevent}")
    return _subject(draft)


STEPS = (prepare, compose, retract, coincide)
