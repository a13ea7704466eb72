"""Tessera: plans telescopes' follow-up; its listener keeps what each alert of an event changes. It asks GCN, and is led."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_ALERTS = "select a.alert_type, a.outcome from alerts_raw a where a.superevent_id = ? order by a.rowid"


def listen(scene: Scene) -> str:
    """tessera listen, which asks GCN, keeps a mock event's preliminary map, and its retraction"""
    os.environ |= {"GCN_CLIENT_ID": "nobody", "GCN_CLIENT_SECRET": "nothing", "TESSERA_MODE": "test"}
    scene.start("tessera listen --source gcn")
    mock, database = scene.beside("mock_event"), scene.folder / "tessera-data" / "tessera.db"
    names: list[str] = []
    found: list[Any] = []

    def heard() -> bool:
        names.append(mock.mock_event())  # it listens from now on, whenever that is
        if not database.exists():
            return False
        with sqlite3.connect(database) as tables:
            for name in names:
                found[:] = tables.execute(_ALERTS, (name,)).fetchall()
                if len(found) == 2:
                    return True
        return False

    scene.wait_for("alerts in its database", heard, 120)
    # Its list of types has EARLY_WARNING where the schema says EARLYWARNING: it leaves these out.
    assert [kind for kind, _ in found] == ["PRELIMINARY", "RETRACTION"], found
    assert found[1][1] == "retracted", found
    return json.dumps(found)


STEPS = (listen,)
