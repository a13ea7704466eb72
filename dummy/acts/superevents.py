"""Superevents: created, updated, confirmed as gravitational waves, and their member events."""

from collections.abc import Mapping, Sequence
from typing import Any

from gracetape.archive import category_of
from gracetape.dummy.acts.labels import add_label
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.links import HOME, Links, relink
from gracetape.dummy.problems import invalid
from gracetape.dummy.refusals import refused
from gracetape.dummy.server_settings import SUPEREVENT_CATEGORIES
from gracetape.dummy.source import Record
from gracetape.ids import gw_id, superevent_id

#: What an update may change, in the order in which the log tells of it.
PARAMETERS = ("preferred_event", "em_type", "t_start", "t_0", "t_end", "time_coinc_far", "space_coinc_far")


def event_category(record: Record) -> str:
    """Which superevents an event may join: `Test`, `MDC` or `Production`."""
    if record.get("group") == "Test":
        return "Test"
    return "MDC" if record.get("search") == "MDC" else "Production"


def check_free(event: Subject) -> None:
    """Problem (400) if an event belongs to a superevent already."""
    if event.record.get("superevent"):
        raise refused("assigned", graceid=event.graceid)


def check_category(event: Subject, category: str) -> None:
    """Problem (400) if an event may not join superevents of a category."""
    mine = event_category(event.record)
    if mine != category:
        raise refused("category", graceid=event.graceid, mine=mine, wanted=category)


def create(
    writer: Writer, times: Mapping[str, float], preferred: Subject, events: Sequence[Subject], labels: Sequence[str],
    category: str,
) -> Subject:  # fmt: skip
    """Make a superevent. `times` are t_start, t_0 and t_end in GPS seconds, `category` a code of SUPEREVENT_CATEGORIES."""
    graceid = _free_id(writer, category, times["t_0"])
    members = list({event.graceid: event for event in (preferred, *events)}.values())
    record: Record = {
        "superevent_id": graceid, "gw_id": None, "category": SUPEREVENT_CATEGORIES[category], "created": writer.created,
        "submitter": writer.user, "preferred_event": preferred.graceid, "em_type": None, **times,
        "gw_events": [], "em_events": [], "far": None, "time_coinc_far": None, "space_coinc_far": None, "labels": [],
        "links": Links(HOME, "superevent", graceid).all_of_superevent(), "preferred_event_data": None,
        "pipeline_preferred_events": {},
    }  # fmt: skip
    _set_members(record, [event.graceid for event in members])
    subject = writer.new(graceid, record)
    named = [event.graceid for event in events]
    for event in members:
        _join(event, graceid)
    done: dict[str, Any] = {**times, "preferred_event": preferred.graceid, "events": named}
    writer.record(subject, "created", **done)
    for event in members:
        act = "selected_as_preferred" if event is preferred else "added_to_superevent"
        writer.record(event, act, superevent=graceid)
    for label in labels:
        add_label(writer, subject, label)
    return subject


def _free_id(writer: Writer, category: str, t_0: float, *, gw: bool = False) -> str:
    """The first date id of a category and day that nobody has."""
    make = gw_id if gw else superevent_id
    counter = f"superevents like {make(category, t_0, 1)}"
    while True:
        graceid = make(category, t_0, writer.tx.next_number(counter))
        row = writer.tx.archive.connection.execute("SELECT 1 FROM names WHERE name = ?", (graceid,)).fetchone()
        if row is None:
            return graceid


def _join(event: Subject, superevent: str | None) -> None:
    event.record["superevent"] = superevent
    event.save()


def _set_members(record: Record, graceids: Sequence[str]) -> None:
    """Set the members, newest number first as the server lists them."""
    order = sorted(set(graceids), key=lambda graceid: int(graceid[1:]), reverse=True)
    record["gw_events"] = [graceid for graceid in order if not graceid.startswith("E")]
    record["em_events"] = [graceid for graceid in order if graceid.startswith("E")]


def members_of(record: Record) -> list[str]:
    """The graceids of a superevent's events."""
    return [*record.get("gw_events", ()), *record.get("em_events", ())]


def update(writer: Writer, subject: Subject, wanted: Mapping[str, Any]) -> None:
    """Change parameters (of PARAMETERS). Problem (400) if nothing would change or the new preferred event is taken."""
    record = subject.record
    changes = [(name, record.get(name), value) for name, value in wanted.items() if record.get(name) != value]
    if not changes:
        raise refused("unchanged")
    old = writer.find(record["preferred_event"])
    new = _new_preferred(writer, subject, changes)
    for name, _, value in changes:
        record[name] = value
    if new is not None:
        _set_members(record, [*members_of(record), new.graceid])
        unprefer(record, old.graceid if old else "")
        chosen = record.get("pipeline_preferred_events") or {}
        record["pipeline_preferred_events"] = chosen | {new.record["pipeline"]: {"graceid": new.graceid}}
        _join(new, subject.shown_id)
    subject.save()
    if new is not None:
        if old is not None:
            writer.record(old, "removed_as_preferred", superevent=subject.shown_id)
        writer.record(new, "selected_as_preferred", superevent=subject.shown_id)
    writer.record(subject, "updated", changes=changes)


def _new_preferred(writer: Writer, subject: Subject, changes: Sequence[tuple[str, Any, Any]]) -> Subject | None:
    graceid = next((value for name, _, value in changes if name == "preferred_event"), None)
    if graceid is None:
        return None
    event = writer.find(graceid)
    if event is None or event.category != "event":
        raise refused("no_such_event", graceid=graceid)
    if event.graceid not in members_of(subject.record):
        check_free(event)
        check_category(event, subject.record["category"])
    return event


def add_event(writer: Writer, subject: Subject, event: Subject) -> None:
    """Add an event to a superevent. Problem (400) if it has one already or is of another category."""
    check_free(event)
    check_category(event, subject.record["category"])
    _set_members(subject.record, [*members_of(subject.record), event.graceid])
    subject.save()
    _join(event, subject.shown_id)
    writer.record(subject, "event_added", graceid=event.graceid)
    writer.record(event, "added_to_superevent", superevent=subject.shown_id)


def remove_event(writer: Writer, subject: Subject, event: Subject) -> None:
    """Remove a member that is not the preferred event."""
    if subject.record["preferred_event"] == event.graceid:
        raise refused("preferred_member", graceid=event.graceid, superevent=subject.shown_id)
    _set_members(subject.record, [member for member in members_of(subject.record) if member != event.graceid])
    unprefer(subject.record, event.graceid)
    subject.save()
    _join(event, None)
    writer.record(subject, "event_removed", graceid=event.graceid)
    writer.record(event, "removed_from_superevent", superevent=subject.shown_id)


def unprefer(record: Record, graceid: str) -> None:
    """Take an event out of those that are preferred by pipeline."""
    chosen = record.get("pipeline_preferred_events")
    if isinstance(chosen, dict):
        record["pipeline_preferred_events"] = {p: e for p, e in chosen.items() if e.get("graceid") != graceid}


def confirm(writer: Writer, subject: Subject, chosen: str | None = None) -> None:
    """Confirm a superevent as a gravitational wave: it goes by its GW id from here on, and so do its links."""
    record = subject.record
    if record.get("gw_id"):
        raise refused("confirmed")
    code = next(code for code, name in SUPEREVENT_CATEGORIES.items() if name == record["category"])
    new = chosen or _free_id(writer, code, float(record["t_0"]), gw=True)
    _check_gw_id(writer, new)
    old = subject.graceid
    record["gw_id"] = new
    subject.save()
    _lead_links(writer, subject, old, new)
    for member in members_of(record):
        if (event := writer.find(member)) is not None:
            _join(event, new)
    writer.record(subject, "confirmed", old=old, new=new)


def _check_gw_id(writer: Writer, chosen: str) -> None:
    if category_of(chosen) != "superevent" or "GW" not in chosen:
        raise invalid(f"{chosen} is not a GW id")
    if writer.find(chosen) is not None:
        raise invalid(f"{chosen} is another superevent's id")


def _lead_links(writer: Writer, subject: Subject, old: str, new: str) -> None:
    """Put the new id into the links of everything that the superevent has."""
    service = subject.view.service
    was, becomes = f"{service}superevents/{old}/", f"{service}superevents/{new}/"
    subject.links = Links(service, "superevent", new)
    for kind, key, order, _ in list(subject.view.items()):
        if (stored := writer.tx.view(subject.graceid).one(kind, key)) is not None:
            moved = relink(stored, was, becomes)
            if moved != stored:
                subject.put(kind, key, moved, order)
    subject.record = subject.view.stored()
