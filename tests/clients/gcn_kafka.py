"""gcn-kafka: a subscriber to GCN's notices, as the public alerts user guide shows one, hears what is written to the dummy."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

TOPIC = "igwn.gwalert"


def skymap() -> bytes:
    """A small multi-order map, brightest in its fourth pixel."""
    import numpy as np
    from astropy.io import fits

    probability = np.full(48, 0.5 / 47)
    probability[3] = 0.5
    uniq = fits.Column("UNIQ", "K", array=np.arange(48) + 16)
    density = fits.Column("PROBDENSITY", "D", "sr-1", array=probability * 48 / (4 * np.pi))
    table, buffer = fits.BinTableHDU.from_columns([uniq, density]), io.BytesIO()
    cards = {"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "MOCORDER": 1, "INDXSCHM": "EXPLICIT"}
    table.header.update(
        cards
        | {
            "CREATOR": "BAYESTAR",
            "INSTRUME": "H1,L1",
            "DISTMEAN": 100.0,
            "DISTSTD": 10.0,
            "DATE-OBS": "2010-10-20T12:00:00.0",
        }
    )
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


def mock_event() -> str:
    """A superevent of a mock event, of which the public is told by an early warning, a preliminary notice and a retraction."""
    from importlib.resources import files

    from ligo.gracedb.rest import GraceDb

    client: Any = GraceDb("https://gracedb.ligo.org/api/", force_noauth=True)
    data = files("ligo.gracedb") / "test" / "integration" / "data"
    event = client.create_event("CBC", "gstlal", str(data / "cbc-lm.xml"), search="MDC").json()
    t_0 = event["gpstime"]
    made = client.create_superevent(t_0 - 1, t_0, t_0 + 1, event["graceid"], category="mdc").json()
    name = str(made["superevent_id"])
    for file, content, tags in (
        ("p_astro.json", json.dumps({"BNS": 0.95, "Terrestrial": 0.05}), ["p_astro", "public"]),
        ("em_bright.json", json.dumps({"HasNS": 1.0}), ["em_bright", "public"]),
        ("bayestar.multiorder.fits", skymap(), ["sky_loc", "public"]),
    ):
        client.write_log(name, f"{file} copied", filename=file, filecontents=content, tag_name=tags)
    given = {"internal": False, "open_alert": True}
    named = {"skymap_type": "BAYESTAR", "skymap_filename": "bayestar.multiorder.fits,0"}
    client.create_voevent(name, "earlywarning", **given, **named)
    client.create_voevent(name, "preliminary", **given, **named)
    client.create_voevent(name, "retraction", **given)
    return name


def hear(scene: Scene) -> str:
    """Its Consumer hears a mock event's notices, in order"""
    from gcn_kafka import Consumer

    name = mock_event()
    consumer = Consumer(
        {"bootstrap.servers": scene.kafka, "security.protocol": "plaintext", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([TOPIC])
    found: list[Any] = scene.made.setdefault("notices", [])

    def heard() -> bool:
        found.extend(json.loads(m.value() or b"") for m in consumer.consume(timeout=1) if m.error() is None)
        return len(found) >= 3

    scene.wait_for("notices", heard, 120)
    consumer.close()
    assert [notice["alert_type"] for notice in found] == ["EARLYWARNING", "PRELIMINARY", "RETRACTION"]
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
    assert base64.b64decode(event["skymap"]) == skymap()
    assert event["classification"]["BNS"] == 0.95
    return f"RA {ra.deg:.1f}, Dec {dec.deg:.1f}, {table.meta['DISTMEAN']:.0f} +/- {table.meta['DISTSTD']:.0f} Mpc"


STEPS = (hear, read)
