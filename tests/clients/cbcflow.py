"""cbcflow: the metadata of a superevent is pulled into a library, and its monitor finds new superevents by itself."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_DATA = files("ligo.gracedb") / "test" / "integration" / "data"
#: What a library says of itself; its server is production's address, where the dummy answers.
LIBRARY = """
[Library Info]
library-name = CBC-Library
[Events]
far-threshold = 1
earliest-library-datetime = 2010-01-01
latest-library-datetime = now
snames-to-include = []
snames-to-exclude = []
[Monitor]
parent = gracedb
gracedb-service-url = https://gracedb.ligo.org/api/
cred = None
pe_rota_token = none
"""


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb.ligo.org/api/", force_noauth=True)


def _superevent(name: str) -> str:
    client = _client()
    event = client.create_event("CBC", "gstlal", str(_DATA / name), search="AllSky").json()
    t_0 = event["gpstime"]
    superevent: str = client.create_superevent(t_0 - 1, t_0, t_0 + 1, event["graceid"]).json()["superevent_id"]
    p_astro = json.dumps({"BNS": 0.98, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.02})
    client.write_log(event["graceid"], "p_astro", "gstlal.p_astro.json", p_astro, tag_name=["p_astro"])
    client.write_log(
        event["graceid"], "em_bright", "em_bright.json", json.dumps({"HasNS": 1.0}), tag_name=["em_bright"]
    )
    client.write_log(event["graceid"], "sky map", "bayestar.multiorder.fits", b"a map", tag_name=["sky_loc"])
    return superevent


def pull(scene: Scene) -> str:
    """fetch_gracedb_information: the events of a superevent, with SNRs, FARs and classifications"""
    from cbcflow.inputs.gracedb import (
        fetch_gracedb_information,
    )  # its program cbcflow_pull 0.6.3 lacks an argument of its own

    scene.made["superevent"] = _superevent("cbc-lm.xml")
    (event,) = fetch_gracedb_information(scene["superevent"])["GraceDB"]["Events"]
    assert event["Pipeline"] == "gstlal"
    assert event["Pbns"] == 0.98
    return f"{event['UID']}: SNR {event['NetworkSNR']:.2f}, FAR {event['FAR']:.2g} Hz"


def monitor(scene: Scene) -> str:
    """cbcflow_monitor_run: superevents that a query finds are added to a library, committed and pushed"""
    library, origin = scene.folder / "library", scene.folder / "origin.git"
    os.environ |= {
        f"GIT_{who}_{what}": "somebody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(origin)], check=True)
    subprocess.run(["git", "clone", "-q", str(origin), str(library)], check=True)
    (library / "library.cfg").write_text(LIBRARY)
    for words in (
        ["checkout", "-q", "-B", "main"],
        ["add", "."],
        ["commit", "-qm", "a library"],
        ["push", "-q", "origin", "main"],
    ):
        subprocess.run(["git", "-C", str(library), *words], check=True)
    scene.run(f"cbcflow_monitor_run {library}", seconds=600)
    kept = json.loads((library / f"{scene['superevent']}-cbc-metadata.json").read_text())
    return f"{scene['superevent']}: {', '.join(event['UID'] for event in kept['GraceDB']['Events'])}"


STEPS = (pull, monitor)
