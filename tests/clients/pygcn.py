"""pygcn: the listener to GCN Classic of many robotic telescopes, over the VOEvent Transport Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def listen(scene: Scene) -> str:
    """pygcn-listen keeps a mock event's VOEvents, each under its name"""
    scene.start(f"pygcn-listen localhost:{scene.port}")
    mock = scene.beside("mock_event")
    name = mock.mock_event()
    wanted = {f"ivo%3A%2F%2Fgwnet%2FLVC%23{name}-{i}-{kind}" for i, kind in enumerate(_KINDS, start=1)}
    scene.wait_for("documents", lambda: wanted <= {path.name for path in scene.folder.iterdir()}, 120)
    return f"3 documents of {name}"


def read(scene: Scene) -> str:
    """Its handlers know the packets' types, and the words of the documents"""
    from xml.etree import ElementTree as ET

    import gcn

    found: list[tuple[str, str]] = []

    def keep(payload: bytes, root: Any) -> None:
        params = {param.get("name"): param.get("value") for param in root.iterfind(".//Param")}
        found.append((gcn.NoticeType(gcn.get_notice_type(root)).name, params["AlertType"]))

    handle = gcn.include_notice_types(*(getattr(gcn.NoticeType, name) for name in _PACKETS))(keep)
    for path in sorted(scene.folder.glob("ivo*")):
        payload = path.read_bytes()
        handle(payload, ET.fromstring(payload))
    assert found == list(zip(_PACKETS, _KINDS, strict=True)), found
    return ", ".join(name for name, _ in found)


_PACKETS = ("LVC_EARLY_WARNING", "LVC_PRELIMINARY", "LVC_RETRACTION")
_KINDS = ("EarlyWarning", "Preliminary", "Retraction")
STEPS = (listen, read)
