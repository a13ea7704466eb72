"""dqralert: hears igwn-alert, computes latencies from `dispatched`, and runs a program for what it was told to look at."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_DATA = files("ligo.gracedb") / "test" / "integration" / "data"
#: Its own program speaks to SCiMMA's server alone, so that its library is started with another one.
LISTENER = """
import configparser, logging, sys
from dqralert.DQRAlertClient import DQRALERT
logging.basicConfig(stream=sys.stderr)
logger = logging.getLogger("dqr")
logger.setLevel(logging.DEBUG)
config = configparser.ConfigParser()
config.read("dqralert.ini")
DQRALERT(server="kafka://localhost/", config=config, logger=logger).connect()
"""
SETTINGS = """
[alerts]
group = {group}
topics = superevent
type = label_added
label = DQR_REQUEST
max_far = 1
json_dir = {folder}/json
saveall_dir = {folder}/all
run = /bin/echo ${{gid}}
"""


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb-playground.ligo.org/api/", force_noauth=True)


def _said(scene: Scene) -> str:
    return (scene.folder / "dqralert.log").read_text(errors="replace")


def listen(scene: Scene) -> str:
    """It subscribes to a topic that is there before it"""
    (scene.folder / "dqralert.ini").write_text(SETTINGS.format(group=scene.group, folder=scene.folder))
    with (scene.folder / "dqralert.log").open("ab") as out:
        process = subprocess.Popen([sys.executable, "-c", LISTENER], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    scene.endings.append(process.kill)
    scene.wait_for("connection", lambda: "Connected topics" in _said(scene), 120)
    client = _client()
    event = client.create_event("CBC", "gstlal", str(_DATA / "cbc-lm.xml"), search="AllSky").json()
    t_0 = event["gpstime"]
    scene.made["superevent"] = client.create_superevent(t_0 - 1, t_0, t_0 + 1, event["graceid"]).json()["superevent_id"]

    def heard() -> bool:
        client.write_log(scene["superevent"], "is anybody there?")  # it hears what comes after its subscription
        return "Alert ingested" in _said(scene)

    scene.wait_for("alert", heard, 120)
    return f"{scene['superevent']} on {scene.group}.superevent"


def request(scene: Scene) -> str:
    """DQR_REQUEST: it keeps the alert, and starts its program"""
    superevent = scene["superevent"]
    _client().write_label(superevent, "DQR_REQUEST")
    written = scene.folder / "json" / f"dqr-{superevent}-label_added-01.json"
    scene.wait_for("file of the request", written.exists, 120)
    assert list((scene.folder / "all").glob("*.json"))
    return written.name


def latency(scene: Scene) -> str:
    """Latencies: since the alert was dispatched, since the superevent was made, since t_0"""
    scene["superevent"]
    assert "'dispatched' key missing" not in _said(scene), "the alert has no key dispatched"
    found = re.findall(r"latencies: ([-\d.e+]+) seconds w.r.t. alert generation", _said(scene))
    assert all(-1 < float(seconds) < 600 for seconds in found), found
    return f"{len(found)} alerts"


STEPS = (listen, request, latency)
