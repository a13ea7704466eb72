"""EM observations: footprints that a follow-up group reports, and the region that covers them."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import invalid
from gracetape.dummy.source import Record
from gracetape.errors import GracetapeError
from gracetape.times import parse_time, server_time

LISTS = ("ra_list", "dec_list", "ra_width_list", "dec_width_list", "start_time_list", "duration_list")


def write(writer: Writer, subject: Subject, group: str, lists: Sequence[Sequence[Any]], comment: str) -> Record:
    """Record an observation. `lists` are those of LISTS: right ascensions and declinations and their widths (degrees),
    start times (UTC), durations (seconds). Problem (400) if they do not fit each other.
    """
    footprints = [_footprint(n, row) for n, row in enumerate(_rows(lists), start=1)]
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


def _rows(lists: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    if len({len(values) for values in lists}) > 1:
        raise invalid(f"{', '.join(LISTS[:-1])}, and {LISTS[-1]} must be the same length.")
    return list(zip(*lists, strict=True))


def _footprint(n: int, row: Sequence[Any]) -> Record:
    try:
        ra, dec, ra_width, dec_width = (float(value) for value in row[:4])
        duration = int(row[5])
        if not all(map(math.isfinite, (ra, dec, ra_width, dec_width))):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise invalid("A valid number is required.") from None
    return {
        "N": n, "ra": ra, "dec": dec, "raWidth": ra_width, "decWidth": dec_width, "start_time": _start(row[4]),
        "exposure_time": duration,
    }  # fmt: skip


def _start(value: Any) -> str:
    try:
        moment: datetime = parse_time(str(value))
    except GracetapeError:
        raise invalid(f"Datetime has wrong format: {value!r}") from None
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


def check_group(group: Any, known: Sequence[str]) -> str:
    """The group's name; Problem (400) if the server knows no such group."""
    if group not in known:
        raise invalid(f"Object with name={group} does not exist.")
    return str(group)
