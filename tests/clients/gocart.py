"""gocart: collects notices, and writes their sky maps with what it makes of them. Its command asks GCN alone, and is led."""

from __future__ import annotations

import logging
from pathlib import Path
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


def echo(scene: Scene) -> str:
    """gocart echo, which asks GCN, collects the notices of the last day, and their maps"""
    import os

    import gocart

    os.environ["HOME"] = str(scene.folder)
    text = (Path(gocart.__file__).parent / "default_settings.yaml").read_text()
    for old, new in (
        ("XXXX", "nobody-at-all"),
        ("~/lvk_events", str(scene.folder / "events")),
        ("convert: True", "convert: False"),
    ):
        text = text.replace(old, new)
    place = scene.folder / ".config" / "gocart" / "gocart.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    scene.run(f"gocart echo 1 -s {place}")
    found = sorted(path.parent.name for path in (scene.folder / "events").rglob("*.fits*"))
    assert len(found) == 2, found
    return ", ".join(found)


STEPS = (listen, echo)
