"""The `gracedb` command of ligo-gracedb, whole: an event's and a superevent's life, one command after another."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def _sample(name: str) -> str:
    """A file that ships with ligo-gracedb for its own tests."""
    return str(files("ligo.gracedb") / "test" / "integration" / "data" / name)


def _asked(scene: Scene, line: str) -> Any:
    """The JSON that a command answers with."""
    return json.loads(scene.run(f"gracedb {line}"))


def _done(scene: Scene, line: str) -> None:
    """A command whose answer has no body: with one, the command's own exit code would be 1."""
    assert re.search("Server returned 20[24]", scene.run(f"gracedb --output-type=status {line}")), line


def create(scene: Scene) -> str:
    """Events and a superevent are created, read and updated"""
    event = _asked(scene, f"create event Test gstlal {_sample('cbc-lm.xml')} LowMass --labels=INJ --replay-id=run_1")[
        "graceid"
    ]
    other = _asked(scene, f"create event Test gstlal {_sample('cbc-lm.xml')} LowMass")["graceid"]
    times = "971609247 971609248 971609249"
    answer = _asked(scene, f"create superevent {times} {event} --category=T --labels=ADVREQ,H1OPS")
    superevent = answer["superevent_id"]
    _done(scene, f"update event {event} {_sample('cbc-lm2.xml')}")
    scene.run(f"gracedb update superevent {superevent} --t-end=971609250")
    scene.run(f"gracedb add event {superevent} {other}")
    _done(scene, f"remove event {superevent} {other}")
    assert _asked(scene, f"get superevent {superevent}")["t_end"] == 971609250
    scene.made |= {"event": event, "superevent": superevent}
    return f"{event}, {other}, {superevent}"


def annotate(scene: Scene) -> str:
    """Logs with files, tags and labels, read and taken back"""
    superevent = scene["superevent"]
    comment = "'a comment, ünïcödé'"
    number = _asked(scene, f"create log {superevent} {comment} {_sample('test_file.txt')} --tag-name=sky_loc")["N"]
    scene.run(f"gracedb add tag {superevent} {number} em_follow")
    assert [tag["name"] for tag in _asked(scene, f"list tags {superevent} {number}")["tags"]] == [
        "sky_loc",
        "em_follow",
    ]
    _done(scene, f"remove tag {superevent} {number} em_follow")
    scene.run(f"gracedb add label {superevent} DQV")
    assert "DQV" in [label["name"] for label in _asked(scene, f"list labels {superevent}")["labels"]]
    _done(scene, f"remove label {superevent} DQV")
    scene.run(f"gracedb get file {superevent} test_file.txt got.txt")
    assert (scene.folder / "got.txt").read_bytes() == Path(_sample("test_file.txt")).read_bytes()
    assert "test_file.txt,0" in scene.run(f"gracedb list files {superevent}")
    return f"log {number} of {superevent}"


def refuse(scene: Scene) -> str:
    """What is there already, or is not there at all, is refused, and the command fails"""
    superevent = scene["superevent"]
    scene.run(f"gracedb create log {superevent} refused --tag-name=em_follow")
    scene.run(f"gracedb add label {superevent} NO_SUCH_LABEL", status=1)
    scene.run(f"gracedb add event {superevent} {scene['event']}", status=1)
    scene.run("gracedb get event T999999", status=1)
    return "three refusals"


def sign(scene: Scene) -> str:
    """Signoffs, EM observations and VOEvents are made, changed and taken back"""
    superevent = scene["superevent"]
    scene.run(f"gracedb create signoff {superevent} ADV OK 'looks good'")
    scene.run(f"gracedb update signoff {superevent} ADV --status=NO")
    assert _asked(scene, f"get signoff {superevent} ADV")["status"] == "NO"
    _done(scene, f"delete signoff {superevent} ADV")
    observed = "1,2 1,1 3,4 1,1 2026-03-01T12:00:00,2026-03-01T12:00:01 1,1"
    scene.run(f"gracedb create emobservation {superevent} Test {observed}")
    assert _asked(scene, f"list emobservations {superevent}")["observations"]
    scene.run(f"gracedb create voevent {superevent} PR")
    return str(_asked(scene, f"get voevent {superevent} 1")["filename"])


def search(scene: Scene) -> str:
    """Searches, permissions, confirmation, and what the server knows"""
    superevent = scene["superevent"]
    assert scene["event"] in scene.run("gracedb search events Test --columns=graceid,far")
    assert superevent in scene.run(f"gracedb search superevents {superevent} --columns=superevent_id,t_0")
    scene.run(f"gracedb expose {superevent}")
    scene.run(f"gracedb hide {superevent}")
    scene.run(f"gracedb confirm_as_gw {superevent}")
    known = {
        what: scene.run(f"gracedb info {what}") for what in ("groups", "pipelines", "searches", "labels", "emgroups")
    }
    assert "gstlal" in known["pipelines"]
    return f"{len(known)} lists of server {scene.run('gracedb info server_version').strip()}"


STEPS = (create, annotate, refuse, sign, search)
