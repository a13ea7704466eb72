"""ligo-raven: its programs find a superevent and a gamma-ray burst two seconds apart, and write joint false-alarm rates to both."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_DATA = files("ligo.gracedb") / "test" / "integration" / "data"


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-playground.ligo.org/api/", force_noauth=True)


def _skymap(path: Path, ra: float, dec: float) -> None:
    """Write a multi-order map whose probability lies around a place (degrees)."""
    import healpy
    import numpy
    from astropy.table import Table
    from ligo.skymap.io import fits

    nside = 16
    pixels = numpy.arange(healpy.nside2npix(nside))
    there = healpy.ang2vec(ra, dec, lonlat=True)
    density = numpy.exp(10 * numpy.array(healpy.pix2vec(nside, pixels, nest=True)).T @ there)
    density /= density.sum() * healpy.nside2pixarea(nside)
    fits.write_sky_map(str(path), Table({"UNIQ": pixels + 4 * nside**2, "PROBDENSITY": density}), nest=True)


def pair(scene: Scene) -> str:
    """A superevent and a burst of Fermi are there, with sky maps"""
    client = _client()
    burst = client.create_event("External", "Fermi", str(_DATA / "fermi-test.xml"), search="GRB").json()
    gw = client.create_event("CBC", "gstlal", str(_DATA / "cbc-lm.xml"), search="AllSky").json()["graceid"]
    t_0 = burst["gpstime"] + 2
    superevent = client.create_superevent(t_0 - 1, t_0, t_0 + 1, gw).json()["superevent_id"]
    there = burst["extra_attributes"]["GRB"]
    for graceid, name in ((superevent, "bayestar.multiorder.fits"), (burst["graceid"], "fermi.multiorder.fits")):
        _skymap(scene.folder / name, there["ra"] + 5, there["dec"])
        client.write_log(graceid, "sky localization complete", str(scene.folder / name), tag_name=["sky_loc"])
    scene.made |= {"burst": burst["graceid"], "superevent": superevent}
    return f"{superevent}, {burst['graceid']}"


def query(scene: Scene) -> str:
    """raven_query and raven_search find the one from the other, and write it into both logs"""
    burst, superevent = scene["burst"], scene["superevent"]
    gpstime = _client().event(burst).json()["gpstime"]
    found = scene.run(f"raven_query -e Superevent -t {gpstime} -w -5 5 -u {scene.url} -g CBC")
    assert superevent in found, found
    assert superevent in scene.run(f"raven_search -i {burst} -w -1 5 -u {scene.url} -g CBC")
    assert burst in scene.run(f"raven_search -i {superevent} -w -5 1 -u {scene.url} -p Fermi -s GRB")
    told = [log["comment"] for log in _client().logs(superevent).json()["log"] if log["comment"].startswith("RAVEN: ")]
    return re.sub("<[^>]*>", "", told[0])


def rate(scene: Scene) -> str:
    """raven_calc_signif_gracedb: joint false-alarm rate in time, and in time and sky"""
    burst, superevent = scene["burst"], scene["superevent"]
    words = f"-s {superevent} -e {burst} -w -5 1 -u {scene.url} -g GRB"
    scene.run(f"raven_calc_signif_gracedb {words}")
    scene.run(f"raven_calc_signif_gracedb {words} -S bayestar.multiorder.fits -E fermi.multiorder.fits -m -M")
    for graceid in (superevent, burst):
        assert "coincidence_far.json,1" in _client().files(graceid).json()
    found = _client().files(superevent, "coincidence_far.json").json()
    assert found["spatiotemporal_coinc_far"] > 0
    return f"{found['temporal_coinc_far']:.2g} Hz, with sky maps {found['spatiotemporal_coinc_far']:.2g} Hz"


def join(scene: Scene) -> str:
    """The library, as gwcelery calls it, over API v2"""
    from ligo.gracedb.rest import GraceDb
    from ligo.raven.search import search

    client = GraceDb("https://gracedb-playground.ligo.org/api/", force_noauth=True, api_version="v2")
    found = search(scene["superevent"], -5, 1, gracedb=client, group="CBC", searches=["GRB"])
    assert [event["graceid"] for event in found] == [scene["burst"]]
    client.add_event_to_superevent(scene["superevent"], scene["burst"])
    return f"{scene['burst']} in {scene['superevent']}"


STEPS = (pair, query, rate, join)
