"""Superevents that are told of to the public, made through the ordinary client, and what the public then hears of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive, timeline_of
from gracetape.archive.alerts.notices.public_alerts import PublicAlert, public_alerts

#: Probabilities of the user guide's examples.
P_ASTRO = {"BNS": 0.95, "NSBH": 0.01, "BBH": 0.03, "Terrestrial": 0.01}
EM_BRIGHT = {"HasNS": 0.95, "HasRemnant": 0.91, "HasMassGap": 0.01}
PUBLIC = {"internal": False, "open_alert": True}


class Ticking:
    """A clock for the dummy, which stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Told:
    """A superevent that is being made, and the client that makes it."""

    client: Any
    clock: Ticking
    superevent: str
    events: list[str] = field(default_factory=list)

    def later(self, seconds: float = 10) -> "Told":
        self.clock.moment += timedelta(seconds=seconds)
        return self

    def event(self, **more: Any) -> str:
        """One more event in the superevent."""
        graceid = new_event(self.client, **more)
        self.client.add_event_to_superevent(self.superevent, graceid)
        self.events.append(graceid)
        return graceid

    def write(self, name: str, contents: bytes | str, *tags: str, graceid: str = "", comment: str = "") -> None:
        text = contents.encode() if isinstance(contents, str) else contents
        self.client.write_log(
            graceid or self.superevent,
            comment or f"copied {name}",
            filename=name,
            filecontents=text,
            tag_name=list(tags),
        )

    def source(self, **values: float) -> None:
        """Files of the source's classification and properties."""
        self.write("p_astro.json", json.dumps(P_ASTRO | values), "p_astro", "public")
        self.write("em_bright.json", json.dumps(EM_BRIGHT), "em_bright", "public")

    def skymap(self, contents: bytes = b"SIMPLE  = T map", name: str = "bayestar.multiorder.fits") -> None:
        self.write(name, contents, "sky_loc", "public")

    def alert(self, kind: str, skymap: str | None = "bayestar.multiorder.fits", **more: Any) -> None:
        """A VOEvent for the public."""
        about = {"skymap_filename": skymap, "skymap_type": "BAYESTAR"} if skymap else {}
        self.client.create_voevent(self.superevent, kind, **PUBLIC | about | more)

    def label(self, name: str) -> None:
        self.client.write_label(self.superevent, name)


@contextmanager
def a_superevent(path: Path, category: str = "test", **event: Any) -> Iterator[Told]:
    """A superevent with one event, ten seconds old, in an archive that is kept at `path`."""
    clock = Ticking()
    with Archive.create(path) as archive, dummy.GraceDb(archive, now=clock, keep=True) as client:
        first = new_event(client, **event)
        gps = client.event(first).json()["gpstime"]
        clock.moment += timedelta(seconds=1)
        made = client.create_superevent(gps - 1, gps, gps + 1, first, category=category).json()
        yield Told(client, clock, made["superevent_id"], [first]).later()


def heard(path: Path, format: str = "gwalert") -> list[PublicAlert]:
    """What the public heard of all superevents of an archive."""
    with Archive.open(path) as archive:
        return list(public_alerts(timeline_of(archive), format))


@cache
def validator() -> Callable[[Any], None]:
    """Raises if a message is not as the schema wants it."""
    from jsonschema.validators import validator_for

    schema = json.loads(files("igwn_gwalert_schema").joinpath("igwn.alerts.Alert.schema.json").read_text())
    checked: Callable[[Any], None] = validator_for(schema)(
        schema, format_checker=validator_for(schema).FORMAT_CHECKER
    ).validate
    return checked
