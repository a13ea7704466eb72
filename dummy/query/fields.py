"""Which field of a query is which column of the search tables, and which columns lists can be sorted by."""

from collections.abc import Mapping
from dataclasses import dataclass

from gracetape.dummy.query import attributes


@dataclass(frozen=True)
class Field:
    """How a field is tested.

    `column` of the object's row, or, with `within` (a FROM and the start of its WHERE), of a row that names the object in
    `owner`. `type` is number, text or time (POSIX seconds). `words` says under which kind `search_words` has the column's values;
    `indexed` is set where an index leads with the column itself rather than with `hidden`.
    """

    column: str
    type: str = "text"
    within: str = ""
    owner: str = "object"
    words: str = ""
    indexed: bool = False


_LABEL = Field("label", within="FROM search_labels WHERE")
_SUPEREVENT = "FROM search_superevents s CROSS JOIN search_events e ON e.superevent IN (s.object, s.gw_id) WHERE"
_PREFERRED = "FROM search_superevents WHERE preferred_event IS NOT NULL AND"
EVENT: Mapping[str, Field] = {
    "id": Field("number", "number", indexed=True),
    "graceid": Field("object", indexed=True),
    "created": Field("created", "time"),
    "gpstime": Field("gpstime", "number"),
    "far": Field("far", "number"),
    "likelihood": Field("likelihood", "number"),
    "nevents": Field("nevents", "number"),
    "offline": Field("offline", "number"),
    "instruments": Field("instruments", words="instruments"),
    "submitter": Field("submitter", words="submitter"),
    "group": Field("group_name", words="group_name"),
    "pipeline": Field("pipeline", words="pipeline"),
    "search": Field("search", words="search"),
    "replay_id": Field("replay_id"),
    "superevent": Field("superevent", indexed=True),
    "superevent_id": Field("s.object", within=_SUPEREVENT, owner="e.object"),
    "superevent_gw_id": Field("s.gw_id", within=_SUPEREVENT, owner="e.object"),
    "preferred_for": Field("object", within=_PREFERRED, owner="preferred_event"),
    "label": _LABEL,
}
SUPEREVENT: Mapping[str, Field] = {
    "superevent_id": Field("object", indexed=True),
    "gw_id": Field("gw_id", indexed=True),
    "created": Field("created", "time"),
    "t_start": Field("t_start", "number"),
    "t_0": Field("t_0", "number"),
    "t_end": Field("t_end", "number"),
    "far": Field("far", "number"),
    "category": Field("hidden", "number"),
    "submitter": Field("submitter", words="submitter"),
    "is_exposed": Field("is_exposed", "number"),
    "preferred_id": Field("preferred_number", "number", indexed=True),
    "preferred_event": Field("preferred_event", indexed=True),
    "member_id": Field("number", "number", within="FROM search_members WHERE"),
    "member": Field("event", within="FROM search_members WHERE"),
    "label": _LABEL,
}
FIELDS = {"event": EVENT, "superevent": SUPEREVENT}


def attribute_field(name: str) -> Field:
    """An attribute by its canonical name, `si.snr`."""
    return Field(
        "value", "text" if attributes.is_text(name) else "number", within="FROM search_attributes WHERE name = ? AND"
    )


_NAME = {"group": "group_name", "pipeline": "pipeline", "search": "search"}
#: What an events list is sorted by -> columns.
EVENT_SORTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("gpstime", "far", "likelihood", "nevents", "instruments", "offline", "replay_id")},
    **{name: (column,) for name, column in _NAME.items()},
    **{f"{name}__name": (column,) for name, column in _NAME.items()},
    "created": ("created", "number"),
    "id": ("number",),
    "graceid": ("object",),
    "submitter": ("submitter",),
    "submitter__username": ("submitter",),
    "superevent": ("superevent",),
}
_BY_ID = ("day", "gw_id IS NOT NULL", "length(gw_id)", "gw_id", "length(object)", "object")
#: What a list of superevents is sorted by -> columns.
SUPEREVENT_SORTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("t_0", "t_start", "t_end", "time_coinc_far", "space_coinc_far", "em_type")},
    "created": ("created", "seq"),
    "id": _BY_ID,
    "superevent_id": _BY_ID,
    "default_superevent_id": ("object",),
    "t_0_date": ("day",),
    "preferred_event": ("preferred_number",),
    "preferred_event__id": ("preferred_number",),
    "is_gw": ("gw_id IS NOT NULL",),
    "category": ("hidden = 1", "hidden <> 2"),  # MDC, Production, Test
    "base_date_number": ("length(object)", "object"),
    "gw_date_number": ("length(gw_id)", "gw_id"),
}
