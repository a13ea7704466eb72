"""hop-client: SCiMMA's subscribers read the notices from Avro, their library and their command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def stream(scene: Scene) -> str:
    """Its Stream decodes Avro by the schema inside, sky maps as bytes"""
    from hop import Stream
    from hop.io import StartPosition

    mock = scene.beside("mock_event")
    name = mock.mock_event()
    found: list[Any] = []

    def heard() -> bool:
        found.clear()
        with Stream(auth=False, start_at=StartPosition.EARLIEST, until_eos=True).open(
            f"kafka://{scene.kafka}/igwn.gwalert", "r"
        ) as source:
            found.extend(message.content for message in source)
        return len(found) >= 3

    scene.wait_for("notices", heard, 120)
    assert [notice["alert_type"] for notice in found] == mock.ALERTS
    assert found[1]["event"]["skymap"] == mock.skymap()
    return f"3 notices of {name}"


def subscribe(scene: Scene) -> str:
    """hop subscribe prints them"""
    import subprocess

    command = [str(scene.programs / "hop"), "subscribe", "--no-auth", "-s", "EARLIEST", "-e"]
    done = subprocess.run(
        [*command, f"kafka://{scene.kafka}/igwn.gwalert"], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-300:]
    assert done.stdout.count(b"igwn.alerts") or b"RETRACTION" in done.stdout, done.stdout[-300:]
    return f"{len(done.stdout)} bytes"


STEPS = (stream, subscribe)
