"""The addresses of the API: one row per address, the resource that answers there, and the category of its objects.

What only one version of the API has, or answers otherwise, stands in tables of its own. The lists of the table of kinds
(`archive/kinds.py`) that have a template are answered by `resources/records.py` where no row here says otherwise.
"""

from gracetape.dummy.resources import (
    embb,
    emobservations,
    events,
    files,
    gone,
    gwtc,
    labels,
    listing,
    logs,
    notices,
    permissions,
    records,
    reserved,
    root,
    signoffs,
    superevents,
    tags,
    voevents,
)
from gracetape.dummy.resources.resource import Resource

#: (address under the API root, resource, category)
ROUTES: tuple[tuple[str, type[Resource], str], ...] = (
    ("", root.Root, ""),
    ("tag/", root.Tags, ""),
    ("performance/", root.Performance, ""),
    ("user-info/", root.UserInfo, ""),
    ("gwtc/", gwtc.Catalogues, ""),
    ("gwtc/{number}/", gwtc.Catalogues, ""),
    ("gwtc/{number}/{version}/", gwtc.Catalogue, ""),
    ("events/", events.Events, "event"),
    ("events/{graceid}", events.Event, "event"),
    ("events/{graceid}/neighbors/", events.Neighbors, "event"),
    ("events/{graceid}/update-grbevent/", events.UpdateGrb, "event"),
    ("events/{graceid}/log/", logs.Logs, "event"),
    ("events/{graceid}/log/{n}", logs.Log, "event"),
    ("events/{graceid}/log/{n}/tag/", tags.LogTags, "event"),
    ("events/{graceid}/log/{n}/tag/{tag}", tags.LogTag, "event"),
    ("events/{graceid}/tag/", tags.EventTags, "event"),
    ("events/{graceid}/tag/{tag}", tags.EventTag, "event"),
    ("events/{graceid}/labels/", labels.Labels, "event"),
    ("events/{graceid}/labels/{label}", labels.Label, "event"),
    ("events/{graceid}/files/", files.Files, "event"),
    ("events/{graceid}/files/{filename}", files.File, "event"),
    ("events/{graceid}/voevent/", voevents.VOEvents, "event"),
    ("events/{graceid}/voevent/{n}", voevents.VOEvent, "event"),
    ("events/{graceid}/emobservation/", emobservations.EMObservations, "event"),
    ("events/{graceid}/emobservation/{n}", emobservations.EMObservation, "event"),
    ("events/{graceid}/embb/", embb.EmbbLogs, "event"),
    ("events/{graceid}/embb/{n}", embb.EmbbLog, "event"),
    ("events/{graceid}/signoff/", signoffs.Signoffs, "event"),
    ("events/{graceid}/signoff/{typeinst}", signoffs.Signoff, "event"),
    ("superevents/", superevents.Superevents, "superevent"),
    ("superevents/{graceid}/", superevents.Superevent, "superevent"),
    ("superevents/{graceid}/confirm-as-gw/", superevents.ConfirmAsGw, "superevent"),
    ("superevents/{graceid}/events/", superevents.Members, "superevent"),
    ("superevents/{graceid}/events/{member}/", superevents.Member, "superevent"),
    ("superevents/{graceid}/pipeline_preferred_events/", superevents.PipelinePreferred, "superevent"),
    ("superevents/{graceid}/pipeline_preferred_events/{member}/", superevents.PipelinePreferredEvent, "superevent"),
    ("superevents/{graceid}/logs/", logs.Logs, "superevent"),
    ("superevents/{graceid}/logs/{n}/", logs.Log, "superevent"),
    ("superevents/{graceid}/logs/{n}/tags/", tags.LogTags, "superevent"),
    ("superevents/{graceid}/logs/{n}/tags/{tag}/", tags.LogTag, "superevent"),
    ("superevents/{graceid}/labels/", labels.Labels, "superevent"),
    ("superevents/{graceid}/labels/{label}/", labels.Label, "superevent"),
    ("superevents/{graceid}/files/", files.Files, "superevent"),
    ("superevents/{graceid}/files/{filename}", files.File, "superevent"),
    ("superevents/{graceid}/voevents/", voevents.VOEvents, "superevent"),
    ("superevents/{graceid}/voevents/{n}/", voevents.VOEvent, "superevent"),
    ("superevents/{graceid}/emobservations/", emobservations.EMObservations, "superevent"),
    ("superevents/{graceid}/emobservations/{n}/", emobservations.EMObservation, "superevent"),
    ("superevents/{graceid}/signoffs/", signoffs.Signoffs, "superevent"),
    ("superevents/{graceid}/signoffs/{typeinst}/", signoffs.Signoff, "superevent"),
    ("superevents/{graceid}/permissions/", permissions.Permissions, "superevent"),
    ("superevents/{graceid}/permissions/modify/", permissions.PermissionsModify, "superevent"),
)

#: What API v2 has besides, or answers otherwise. Its servers gave up VOEvents, EM observations and changes of GRB parameters.
V2_ROUTES: tuple[tuple[str, type[Resource], str], ...] = (
    ("events/search/", listing.Search, "event"),
    ("superevents/search/", listing.Search, "superevent"),
    ("events/reserve/", reserved.Reserve, "event"),
    ("events/{graceid}/upload/", reserved.UploadReserved, "event"),
    ("events/{graceid}/update-grbevent/", gone.Gone, "event"),
    ("events/{graceid}/voevent/", gone.Gone, "event"),
    ("events/{graceid}/voevent/{n}", gone.Gone, "event"),
    ("events/{graceid}/emobservation/", gone.Gone, "event"),
    ("events/{graceid}/emobservation/{n}", gone.Gone, "event"),
    ("events/{graceid}/embb/", gone.Gone, "event"),
    ("events/{graceid}/embb/{n}", gone.Gone, "event"),
    ("superevents/{graceid}/voevents/", gone.VOEventsToRead, "superevent"),
    ("superevents/{graceid}/emobservations/", gone.Gone, "superevent"),
    ("superevents/{graceid}/emobservations/{n}/", gone.Gone, "superevent"),
    ("superevents/{graceid}/notices/", notices.Notices, "superevent"),
    ("superevents/{graceid}/notices/{n}/", notices.Notice, "superevent"),
)


def addresses(version: str, own_v2: bool = True) -> dict[str, tuple[type[Resource], str]]:
    """Every address of an API version (v1 or v2), under its root, with what answers there; without `own_v2`, v2 has what v1 has."""
    shape = version if own_v2 else "v1"
    rows = (*records.routes(shape), *ROUTES, *(V2_ROUTES if shape == "v2" else ()))
    return {address: (resource, category) for address, resource, category in rows}
