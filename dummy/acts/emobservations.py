"""EM observations: footprints that a follow-up group reports, and the region that covers them."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import invalid_fields
from gracetape.dummy.refusals import REQUIRED, refused
from gracetape.dummy.source import Record
from gracetape.errors import GracetapeError
from gracetape.times import parse_time, server_time

LISTS = ("ra_list", "dec_list", "ra_width_list", "dec_width_list", "start_time_list", "duration_list")


def write(writer: Writer, subject: Subject, group: str, lists: Sequence[Sequence[Any]], comment: str) -> Record:
    """Record an observation. `lists` are those of LISTS: right ascensions and declinations and their widths (degrees),
    start times (UTC), durations (seconds), as `check_lists` passed them. Problem (400) if one cannot be read.
    """
    footprints = [_footprint(subject.category, n, row) for n, row in enumerate(zip(*lists, strict=True), start=1)]
    n = writer.tx.next_n(subject.graceid, "emobservation")
    region = _covering(footprints)
    said = {"N": n, "created": writer.created, "submitter": writer.user, "group": group, "comment": comment}
    record: Record
    if subject.category == "event":
        record = {
            "N": n, "footprint_count": len(footprints), "self": subject.links.emobservation(n),
            "created": writer.created, "submitter": writer.user, "group": group, "comment": comment,
            **region, "footprints": footprints,
        }  # fmt: skip
    else:
        record = {name: said[name] for name in ("created", "N", "submitter", "group")}
        record |= {name: region[name] for name in ("ra", "raWidth", "dec", "decWidth")}
        record |= {"comment": comment, "footprint_count": len(footprints), "footprints": footprints}
    subject.put("emobservation", n, record)
    writer.record(subject, "emobservation", group=group)
    return record


def check_lists(category: str, lists: Sequence[Sequence[Any]]) -> None:
    """Problem (400) unless each of LISTS is given, and all have one length."""
    if empty := [values for values in lists if not values]:
        raise refused("observation_incomplete") if category == "event" else invalid_fields([REQUIRED] * len(empty))
    if len({len(values) for values in lists}) > 1:
        raise refused("observation_lengths" if category == "event" else "footprints")


def _footprint(category: str, n: int, row: Sequence[Any]) -> Record:
    ra, dec, ra_width, dec_width = (_read(category, "number", float, value) for value in row[:4])
    duration = _read(category, "integer", int, row[5])
    if category == "superevent" and duration < 0:
        raise refused("at_least", limit=0)
    return {
        "N": n, "ra": ra, "dec": dec, "raWidth": ra_width, "decWidth": dec_width, "start_time": _start(category, row[4]),
        "exposure_time": duration,
    }  # fmt: skip


def _read(category: str, name: str, kind: Callable[[Any], Any], value: Any) -> Any:
    """A number of that kind; Problem (400) as the server if it is none."""
    try:
        found = kind(value)
        if not math.isfinite(found):
            raise ValueError(f"could not convert string to {kind.__name__}: {value!r}")
        return found
    except (TypeError, ValueError, OverflowError) as error:
        said = str(error)[:300]
        raise refused("observation_unread", why=said) if category == "event" else refused(name) from None


def _start(category: str, value: Any) -> str:
    try:
        moment: datetime = parse_time(str(value))
    except GracetapeError:
        if category == "event":
            raise refused("observation_unread", why=f"Could not parse start time {str(value)[:100]}") from None
        raise refused("datetime") from None
    return server_time(moment)


def _covering(footprints: Sequence[Record]) -> dict[str, float | None]:
    """The smallest box of right ascension and declination around all footprints."""
    if not footprints:
        return {"ra": None, "dec": None, "raWidth": None, "decWidth": None}
    found: dict[str, float | None] = {}
    for centre, width in (("ra", "raWidth"), ("dec", "decWidth")):
        low = min(f[centre] - f[width] / 2 for f in footprints)
        high = max(f[centre] + f[width] / 2 for f in footprints)
        found |= {centre: (low + high) / 2, width: high - low}
    return found


def check_group(category: str, group: Any, known: Sequence[str]) -> str:
    """The group's name; Problem (400) if the server knows no such group."""
    if group in known:
        return str(group)
    if category == "event":
        raise refused("mou_group")
    raise refused("required") if group is None else refused("no_such_name", name=group)
