"""gocart: reads notices as its `listen` does, and writes their sky maps with what it makes of them.

Its command asks GCN alone; so that its reader of notices, which is the rest of it, is given what gcn-kafka's Consumer hears.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def _mock_event() -> Any:
    path = Path(__file__).with_name("gcn_kafka.py")
    spec = importlib.util.spec_from_file_location("steps_of_mock_event", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listen(scene: Scene) -> str:
    """Its reader takes a mock event's notices as they came"""
    from gcn_kafka import Consumer
    from gocart.parsers import lvk

    name = _mock_event().mock_event()
    consumer = Consumer(
        {"bootstrap.servers": scene.kafka, "security.protocol": "plaintext", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["igwn.gwalert"])
    found: list[bytes] = []

    def heard() -> bool:
        found.extend(m.value() or b"" for m in consumer.consume(timeout=1) if m.error() is None)
        return len(found) >= 3

    scene.wait_for("notices", heard, 120)
    consumer.close()
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
