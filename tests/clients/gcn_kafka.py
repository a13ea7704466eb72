"""gcn-kafka: a subscriber to GCN's notices, as the public alerts user guide shows one, hears what is written to the dummy."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene


def hear(scene: Scene) -> str:
    """Its Consumer hears a mock event's notices, in order"""
    mock = scene.beside("mock_event")
    name = mock.mock_event()
    found: list[Any] = scene.made.setdefault("notices", [json.loads(value) for value in mock.heard(scene)])
    assert [notice["alert_type"] for notice in found] == mock.ALERTS
    assert {notice["superevent_id"] for notice in found} == {name}
    return f"3 notices of {name}"


def read(scene: Scene) -> str:
    """The user guide's way of reading: the most probable position, and the distance"""
    import astropy_healpix as healpix
    import numpy as np
    from astropy.table import Table

    event = scene["notices"][1]["event"]
    table = Table.read(io.BytesIO(base64.b64decode(event["skymap"])))
    level, pixel = healpix.uniq_to_level_ipix(table[np.argmax(table["PROBDENSITY"])]["UNIQ"])
    ra, dec = healpix.healpix_to_lonlat(pixel, healpix.level_to_nside(level), order="nested")
    assert int(pixel) == 3
    assert base64.b64decode(event["skymap"]) == scene.beside("mock_event").skymap()
    assert event["classification"]["BNS"] == 0.95
    return f"RA {ra.deg:.1f}, Dec {dec.deg:.1f}, {table.meta['DISTMEAN']:.0f} +/- {table.meta['DISTSTD']:.0f} Mpc"


STEPS = (hear, read)
