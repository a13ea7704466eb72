"""What a message that was heard tells of, in a few words: told from it and from the message of its object that came before."""

from gracetape.alert_lines import what_of
from gracetape.archive.recorded import Record

#: Messages that bear a whole record, and of it only what is new is of interest.
_OF_MEMBERS = ("event_added", "event_removed")
_OF_SUPEREVENT = ("added_to_superevent", "removed_from_superevent", "selected_as_preferred", "removed_as_preferred")
_CHANGEABLE = ("t_start", "preferred_event", "t_0", "t_end", "em_type", "time_coinc_far", "space_coinc_far", "gw_id")


def record_of(payload: Record) -> Record | None:
    """The record of the object as a message bears it; None if it bears none."""
    whole = payload.get("object")
    return whole if isinstance(whole, dict) and whole else None


def members_of(record: Record) -> list[str]:
    """The events of a superevent, by its record."""
    found = (record.get(name) for name in ("gw_events", "em_events"))
    return [graceid for some in found if isinstance(some, list) for graceid in some if isinstance(graceid, str)]


def words_of(payload: Record, before: Record | None) -> str:
    """In a few words, what a message tells of; `before`: the record of its object as the message before it bore it."""
    kind, after = payload.get("alert_type"), payload.get("data")
    if not isinstance(after, dict):
        return what_of(payload)
    if kind == "voevent" and isinstance(told := after.get("voevent_type"), str) and told:
        return told
    if kind in _OF_MEMBERS:
        return _moved(after, before, added=kind == "event_added")
    if kind in _OF_SUPEREVENT and (superevent := after.get("superevent") or (before or {}).get("superevent")):
        return str(superevent)
    if kind == "update" and before is not None and "superevent_id" in after:
        changed = (name for name in _CHANGEABLE if name in before and name in after and before[name] != after[name])
        return ", ".join(f"{name} -> {after[name]}" for name in changed) or what_of(payload)
    return what_of(payload)


def _moved(after: Record, before: Record | None, *, added: bool) -> str:
    """The event that was added or taken away; the preferred one, which both records bear, is not what the message is about."""
    if before is None:  # what was there already is not known
        return ""
    more, fewer = (members_of(one) for one in ((after, before) if added else (before, after)))
    return ", ".join(graceid for graceid in more if graceid not in fewer)
