"""gkligo: its daemon of ATLAS and Pan-STARRS downloads the notices' maps, and writes regions and what they say.

Neither its command nor its configuration names a broker, so that it asks GCN, and is led.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_CONFIGURATION = "version: 1\nclient_id: nobody\nclient_secret: nothing\ntopics:\n  - igwn.gwalert\n"


def listen(scene: Scene) -> str:
    """downloadGWAlerts, which asks GCN, hears a mock event's notices and goes on after a retraction"""
    (scene.folder / "config.yaml").write_text(_CONFIGURATION)
    log = scene.folder / "alerts.log"
    scene.start(
        f"downloadGWAlerts config.yaml listen --writeMap --writeMOC --writemeta --contours=90,50 --directory={scene.folder} "
        f"--logfile={log} --pidfile={scene.folder / 'pid'}"
    )
    mock = scene.beside("mock_event")
    names: list[str] = []

    def heard_all() -> bool:
        names.append(mock.mock_event())  # it listens from now on, whenever that is
        return log.exists() and log.read_text().count("_retraction") >= 3

    scene.wait_for("retractions in its log", heard_all, 120)
    whole = [name for name in names if log.read_text().count(f"Received: {name}_") == len(mock.ALERTS)]
    scene.made["name"] = whole[0]
    return f"{len(whole)} events, all their notices"


def maps(scene: Scene) -> str:
    """It writes their maps bit by bit, the regions of 90 and 50 %, and what map and notice say"""
    mock, name = scene.beside("mock_event"), str(scene["name"])
    found = sorted(Path(scene.folder).glob(f"{name}_*_preliminary*"))
    kinds = {path.name.partition("preliminary")[2] for path in found}
    assert kinds == {".fits", ".yaml", "_90.moc", "_50.moc"}, kinds
    assert next(path for path in found if path.suffix == ".fits").read_bytes() == mock.skymap()
    said = next(path for path in found if path.suffix == ".yaml").read_text()
    assert "DISTMEAN: 100.0" in said, said
    assert "BNS: 0.95" in said, said
    return f"{len(found)} files of its preliminary notice"


STEPS = (listen, maps)
