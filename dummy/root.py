"""The root document of the API: where everything is, and the lists that clients choose from."""

from typing import Any

from gracetape.dummy.resources.records import templates
from gracetape.dummy.server_settings import (
    API_VERSIONS,
    EEL_STATUSES,
    OBS_STATUSES,
    SIGNOFF_STATUSES,
    SIGNOFF_TYPES,
    SUPEREVENT_CATEGORIES,
    WAVEBANDS,
    ServerSettings,
)

_EVENT_TEMPLATES = {
    "event-detail-template": "events/{graceid}",
    "voevent-list-template": "events/{graceid}/voevent/",
    "voevent-detail-template": "events/{graceid}/voevent/{N}",
    "event-log-template": "events/{graceid}/log/",
    "event-log-detail-template": "events/{graceid}/log/{N}",
    "emobservation-list-template": "events/{graceid}/emobservation/",
    "emobservation-detail-template": "events/{graceid}/emobservation/{N}",
    "event-label-template": "events/{graceid}/labels/{label}",
    "files-template": "events/{graceid}/files/{filename}",
    "tag-template": "events/{graceid}/log/{N}/tag/{tag_name}",
    "taglist-template": "events/{graceid}/log/{N}/tag/",
    "update-grbevent-template": "events/{graceid}/update-grbevent/",
    "signoff-list-template": "events/{graceid}/signoff/",
}
_SUPEREVENT_TEMPLATES = {
    "superevent-detail-template": "",
    "superevent-event-list-template": "events/",
    "superevent-event-detail-template": "events/{graceid}/",
    "superevent-pipeline-preferred-event-list-template": "pipeline_preferred_events/",
    "superevent-pipeline-preferred-event-detail-template": "pipeline_preferred_events/{graceid}/",
    "superevent-label-list-template": "labels/",
    "superevent-label-detail-template": "labels/{label_name}/",
    "superevent-log-list-template": "logs/",
    "superevent-log-detail-template": "logs/{N}/",
    "superevent-log-tag-list-template": "logs/{N}/tags/",
    "superevent-log-tag-detail-template": "logs/{N}/tags/{tag_name}/",
    "superevent-file-list-template": "files/",
    "superevent-file-detail-template": "files/{file_name}",
    "superevent-voevent-list-template": "voevents/",
    "superevent-voevent-detail-template": "voevents/{N}/",
    "superevent-emobservation-list-template": "emobservations/",
    "superevent-emobservation-detail-template": "emobservations/{N}/",
    "superevent-signoff-list-template": "signoffs/",
    "superevent-signoff-detail-template": "signoffs/{typeinst}/",
    "superevent-permission-list-template": "permissions/",
    "superevent-permission-modify-template": "permissions/modify/",
    "superevent-confirm-as-gw-template": "confirm-as-gw/",
}


_V2_EVENT_TEMPLATES = {
    "event-reserve-template": "events/reserve/",
    "event-upload-template": "events/{graceid}/upload/",
}
_GWTC_TEMPLATES = {
    "gwtc-number-list": "gwtc/{number}/",
    "gwtc-version-detail": "gwtc/{number}/{version}/",
}
_LINKS = ("superevents", "events", "performance", "user-info", "gwtc")


def root_document(settings: ServerSettings, base: str, root: str, version: str) -> dict[str, Any]:
    """What GET on an API root answers. `base` is the unversioned root with its slash, `root` the one that was asked, `version`
    (v1 or v2) what answers there.
    """
    given_up = version == "v2" and settings.own_v2
    return {
        "links": {name: f"{root}{name}/" for name in _LINKS} | {"self": root},
        "templates": _templates(base, root, version, settings.own_v2),
        "groups": list(settings.groups),
        "pipelines": list(settings.pipelines),
        "searches": list(settings.searches),
        "labels": list(settings.labels),
        **({} if given_up else {"em-groups": list(settings.em_groups)} | _EM_CODES),
        "superevent-categories": SUPEREVENT_CATEGORIES,
        "signoff-types": SIGNOFF_TYPES,
        "signoff-statuses": SIGNOFF_STATUSES,
        "instruments": {"": "---", **settings.instruments},
        "voevent-types": dict(settings.voevent_types),
        "server-version": settings.server_version,
        "api-versions": list(API_VERSIONS),
        "api-default": version,
        "API_VERSIONS": list(API_VERSIONS),
    }


#: The codes of EM observations, which API v2 gave up, as it did their groups.
_EM_CODES = {
    "wavebands": WAVEBANDS,
    "eel-statuses": EEL_STATUSES,
    "obs-statuses": OBS_STATUSES,
}


def _templates(base: str, root: str, version: str, own_v2: bool) -> dict[str, str]:
    """Where everything is; the unversioned root points out what only API v2 has, too, whichever version answers there."""
    superevent = "superevents/{superevent_id}/"
    found = {name: root + path for name, path in (_EVENT_TEMPLATES | _GWTC_TEMPLATES).items()}
    found |= {name: root + superevent + path for name, path in _SUPEREVENT_TEMPLATES.items()}
    if version == "v2" and own_v2:
        found |= {name: root + path for name, path in _V2_EVENT_TEMPLATES.items()}
    if own_v2 and version == "v1" and root == base:
        found |= _templates_of_lists(f"{base}v2/", "v2")
    return found | _templates_of_lists(root, version if own_v2 else "v1")


def _templates_of_lists(root: str, version: str) -> dict[str, str]:
    of = {"event": "events/{graceid}/", "superevent": "superevents/{superevent_id}/"}
    return {name: root + of[category] + address for name, category, address in templates(version)}
