"""gocart: reads notices as its `listen` does, and writes their sky maps with what it makes of them.

Its command asks GCN alone; so that its reader of notices, which is the rest of it, is given what gcn-kafka's Consumer hears.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def listen(scene: Scene) -> str:
    """Its reader takes a mock event's notices as they came"""
    from gocart.parsers import lvk

    mock = scene.beside("mock_event")
    name = mock.mock_event()
    found = mock.heard(scene)
    folder = scene.folder / "maps"
    lvk_settings: dict[str, Any] = {"parse_mock_events": True, "parse_real_events": False, "download_dir": str(folder)}
    lvk_settings |= {"json": True, "aitoff": {"convert": False}, "ascii_map": {"convert": True, "nside": 16}}
    settings = {"lvk": lvk_settings}
    for record in found:
        lvk(log=logging.getLogger("gocart"), record=record, settings=settings, plugins=False).parse()
    maps = sorted(path.name for path in folder.rglob("*.fits*"))
    assert maps, "it wrote no sky map"
    return f"{len(maps)} maps of {name}"


STEPS = (listen,)
