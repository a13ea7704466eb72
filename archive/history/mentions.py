"""Which other objects an object is tied to, by its record and by what its log tells of."""

from gracetape.archive.history.history import History


def mentions(history: History) -> set[str]:
    """The graceids that an object's record and log tie it to: a superevent's events, past ones too; an event's superevents."""
    record = history.final
    names = {record.get("superevent"), record.get("preferred_event"), record.get("em_type")}
    names.update(record.get("gw_events") or (), record.get("em_events") or ())
    for entry in history.entries:
        params = entry.act.params
        names.update(params.get(name) for name in ("graceid", "preferred_event", "superevent"))
        names.update(params.get("events") or ())
        named = ("preferred_event", "em_type")
        names.update(value for name, *values in params.get("changes") or () if name in named for value in values)
    return {name for name in names if isinstance(name, str)} - {history.graceid}
