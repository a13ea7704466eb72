"""A mock event of which the public is told, made in a client's own environment, and what of it comes through gcn-kafka."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.drive import Scene

TOPIC = "igwn.gwalert"
#: The alerts of a mock event, in order.
ALERTS = ["EARLYWARNING", "PRELIMINARY", "RETRACTION"]


def skymap() -> bytes:
    """A small multi-order map, brightest in its fourth pixel."""
    import numpy as np
    from astropy.io import fits

    probability = np.full(48, 0.5 / 47)
    probability[3] = 0.5
    uniq = fits.Column("UNIQ", "K", array=np.arange(48) + 16)
    density = fits.Column("PROBDENSITY", "D", "sr-1", array=probability * 48 / (4 * np.pi))
    distances = [
        fits.Column(name, "D", unit, array=np.full(48, value))
        for name, unit, value in (("DISTMU", "Mpc", 100.0), ("DISTSIGMA", "Mpc", 10.0), ("DISTNORM", "Mpc-2", 1e-4))
    ]
    table, buffer = fits.BinTableHDU.from_columns([uniq, density, *distances]), io.BytesIO()
    cards = {"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "MOCORDER": 1, "INDXSCHM": "EXPLICIT"}
    table.header.update(
        cards
        | {
            "CREATOR": "BAYESTAR",
            "INSTRUME": "H1,L1",
            "DISTMEAN": 100.0,
            "DISTSTD": 10.0,
            "DATE-OBS": "2010-10-20T12:00:00.0",
            "DATE": "2010-10-20T12:00:30.0",
            "OBJECT": "M1",
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


def heard(scene: Scene) -> list[bytes]:
    """The notices of a mock event as gcn-kafka's Consumer has them from the private broker."""
    from gcn_kafka import Consumer

    consumer = Consumer(
        {"bootstrap.servers": scene.kafka, "security.protocol": "plaintext", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([TOPIC])
    found: list[bytes] = []

    def enough() -> bool:
        found.extend(message.value() or b"" for message in consumer.consume(timeout=1) if message.error() is None)
        return len(found) >= len(ALERTS)

    scene.wait_for("notices", enough, 120)
    consumer.close()
    return found
