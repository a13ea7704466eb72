"""A notice of the igwn-gwalert schema: an alert to the public, rebuilt from what the superevent was like at its moment.

Facts: gwcelery, tasks/alerts.py and tasks/orchestrator.py; the public alerts user guide; igwn-gwalert-schema (docs/credits.md).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gracetape.archive.alerts.notices.coincidence import coincidence, coincides, combined_map, number
from gracetape.archive.alerts.notices.files import EM_BRIGHT, OLDER_SKYMAP, P_ASTRO, SKYMAP, Chosen, Files
from gracetape.archive.alerts.notices.moments import Moment
from gracetape.archive.alerts.notices.probabilities import CLASSIFICATION, PROPERTIES, Probabilities, probabilities
from gracetape.archive.alerts.notices.significance import is_significant
from gracetape.archive.history.rules import Record
from gracetape.archive.history.snapshot import Snapshot
from gracetape.times import as_utc, utc_of

#: (group, search) of events that notices give another group than GraceDB.
_GROUPS = {("Burst", "BBH"): "CBC"}
#: What says how long a burst was and how high: table of the attributes, field of the duration, field of the frequency.
_BURSTS = (
    ("MultiBurst", "duration", "central_freq"),
    ("MLyBurst", "duration", "central_freq"),
    ("LalInferenceBurst", "", "frequency_mean"),
)
#: Searches that give no classification.
_UNCLASSIFIED = frozenset({"ssm"})
_LATEST_GPS = 3e10
#: From gwcelery 3.0 (June 2026) on notices in JSON name the files of their sky maps, which no schema asks for.
_MAPS_ARE_NAMED = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class Notice:
    """A notice, its sky maps as `Contents`; `doubts` are (certainty, reason), `skymap` is the name of its sky map."""

    message: Record
    doubts: list[tuple[str, str]] = field(default_factory=list)
    skymap: str = ""

    def doubt(self, certainty: str, reason: str) -> None:
        """Note what the message is not sure of; nothing if there is no reason."""
        if reason:
            self.doubts.append((certainty, reason))


def notice_of(
    moment: Moment, snapshot: Snapshot, record_of: Callable[[str], Record | None], files: Files, said: Record
) -> Notice:
    """The notice of a moment at which nothing was kept of what was sent.

    `snapshot` is the superevent then, `record_of` gives another object's record then (None: not at hand), `said` is what the VOEvent's
    document says of the event, for what the records do not tell (as those that the public sees).
    """
    record = snapshot.record()
    notice = Notice(base(moment, record, snapshot.graceid))
    if moment.type.code == "RE":
        return notice
    event = record.get("preferred_event_data")
    event = (
        said | {name: value for name, value in event.items() if value is not None} if isinstance(event, dict) else said
    )
    far = number(record.get("far"))
    far = far if far is not None else number(event.get("far"))
    time = _first_time(record.get("t_0"), event.get("gpstime"))
    if far is None or time is None:
        lacking = "the false alarm rate" if far is None else "t_0"
        notice.doubt("guessed", f"{lacking} of the superevent is not in the archive, so nothing is told of the event")
        return notice
    group, search = str(event.get("group") or ""), str(event.get("search") or "")
    if not group:
        notice.doubt("guessed", "the preferred event of that moment is not in the archive")
    group = _GROUPS.get((group, search), group)
    skymap = _skymap(moment, files, str(event.get("graceid") or ""), str(event.get("pipeline") or ""))
    classes, matter = _source(moment, files, event, group)
    for doubt in (skymap.doubt if skymap else "", classes.doubt, matter.doubt):
        notice.doubt("inferred", doubt)
    notice.skymap = skymap.name if skymap else ""
    duration, frequency = _burst(event) if group == "Burst" else (None, None)
    notice.message["event"] = {
        "time": time,
        "far": far,
        "significant": _significant(moment, record),
        "instruments": sorted(filter(None, (name.strip() for name in str(event.get("instruments") or "").split(",")))),
        "group": group,
        "pipeline": str(event.get("pipeline") or ""),
        "search": search,
        "properties": matter.values,
        "classification": classes.values,
        **({"skymap_filename": skymap.name if skymap else None} if maps_are_named(moment) else {}),
        "duration": duration,
        "central_frequency": frequency,
        "skymap": skymap.contents if skymap else None,
    }
    if coincides(record, moment.voevent):
        _add_coincidence(notice, moment, record, record_of, files)
    return notice


def maps_are_named(moment: Moment) -> bool:
    """Whether notices of that time name the files of their sky maps."""
    return as_utc(moment.entry.created) >= _MAPS_ARE_NAMED


def base(moment: Moment, record: Record, graceid: str) -> Record:
    """What every notice says, a retraction nothing besides."""
    links = record.get("links")
    link = str(links.get("self") or "") if isinstance(links, dict) else ""
    page = re.sub(r"/api/(?:v\d+/)?", "/", link, count=1)
    return {
        "alert_type": moment.type.notice,
        "time_created": whole_seconds(moment.entry.created),
        "superevent_id": graceid,
        "urls": {"gracedb": f"{page}{'' if page.endswith('/') else '/'}view/"} if page else {},
        "event": None,
        "external_coinc": None,
    }


def whole_seconds(moment: datetime) -> str:
    """`2018-11-01T22:34:49Z`."""
    return as_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_time(*given: Any) -> str | None:
    """The first of some GPS times that is one, as `2018-11-01T22:22:46.654Z`."""
    for gps in map(number, given):
        if gps is not None and 0 <= gps < _LATEST_GPS:
            return utc_of(round(gps, 3)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return None


def _significant(moment: Moment, record: Record) -> bool:
    if moment.significant is not None:
        return moment.significant
    return is_significant(moment.type.code, record.get("labels") or ())


def _skymap(moment: Moment, files: Files, graceid: str, pipeline: str) -> Chosen | None:
    """The map that the VOEvent names; where there is none, the last that was public, as gwcelery chooses it."""
    voevent = moment.voevent
    if voevent is not None:
        name = voevent.get("skymap_filename")
        return files.named(name) if isinstance(name, str) and name else None
    if found := files.last(SKYMAP) or files.last(OLDER_SKYMAP):
        return Chosen(found.name, found.contents, found.doubt or f"{found.name} is the last public sky map then")
    stem = "amplfi" if pipeline.lower() == "aframe" else pipeline.lower()
    return files.of_event(graceid, ("bayestar.multiorder.fits", f"{stem}.multiorder.fits")) if graceid else None


def _source(moment: Moment, files: Files, event: Record, group: str) -> tuple[Probabilities, Probabilities]:
    """Classification and properties; bursts have none."""
    if group == "Burst":
        return Probabilities({}), Probabilities({})
    graceid, pipeline = str(event.get("graceid") or ""), str(event.get("pipeline") or "").lower()
    p_astro = em_bright = None
    if str(event.get("search")).lower() not in _UNCLASSIFIED:
        p_astro = files.last(P_ASTRO) or files.of_event(graceid, (f"{pipeline}.p_astro.json", "p_astro.json"))
    em_bright = files.last(EM_BRIGHT) or files.of_event(graceid, ("em_bright.json",))
    return probabilities(p_astro, moment.voevent, CLASSIFICATION), probabilities(em_bright, moment.voevent, PROPERTIES)


def _burst(event: Record) -> tuple[float | None, float | None]:
    """Duration (s) and central frequency (Hz) of a burst: of its attributes, which the public does not see, or as its VOEvent has them."""
    tables: Any = event.get("extra_attributes")
    for table, duration, frequency in _BURSTS:
        if isinstance(tables, dict) and isinstance(found := tables.get(table), dict) and frequency in found:
            return number(found.get(duration)), number(found.get(frequency))
    return number(event.get("duration")), number(event.get("central_frequency"))


def _add_coincidence(
    notice: Notice, moment: Moment, record: Record, record_of: Callable[[str], Record | None], files: Files
) -> None:
    name = str(record["em_type"])
    external = record_of(name)
    if external is None:
        notice.doubt("guessed", f"{name}, with which it coincides, is not in the archive")
        return
    combined = combined_map(files, record, external, moment.voevent)
    if combined is not None:
        notice.doubt("inferred", combined.doubt)
    notice.message["external_coinc"] = coincidence(record, external, combined)
    if maps_are_named(moment):
        notice.message["external_coinc"]["combined_skymap_filename"] = combined.name if combined is not None else None
