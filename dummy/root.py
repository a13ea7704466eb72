"""The root document of the API: where everything is, and the lists that clients choose from."""

from typing import Any

from dummy import facts

_EVENT_TEMPLATES = {
    "event-detail-template": "events/{graceid}",
    "voevent-list-template": "events/{graceid}/voevent/",
    "voevent-detail-template": "events/{graceid}/voevent/{N}",
    "event-log-template": "events/{graceid}/log/",
    "event-log-detail-template": "events/{graceid}/log/{N}",
    "emobservation-list-template": "events/{graceid}/emobservation/",
    "emobservation-detail-template": "events/{graceid}/emobservation/{N}",
    "embb-event-log-template": "events/{graceid}/embb/",
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


def root_document(base: str, version: str = "default") -> dict[str, Any]:
    """What GET on the API root answers. `base` is the unversioned root with its slash, `version` default, v1 or v2."""
    root = base if version == "default" else f"{base}{version}/"
    templates = {name: root + path for name, path in _EVENT_TEMPLATES.items()}
    templates |= {name: f"{root}superevents/{{superevent_id}}/{path}" for name, path in _SUPEREVENT_TEMPLATES.items()}
    links = {name: f"{root}{name}/" for name in ("superevents", "events")}
    return {
        "links": links | {"self": root, "performance": f"{root}performance/"},
        "templates": templates,
        "groups": list(facts.GROUPS),
        "pipelines": list(facts.PIPELINES),
        "searches": list(facts.SEARCHES),
        "labels": list(facts.LABELS),
        "em-groups": list(facts.EM_GROUPS),
        "wavebands": facts.WAVEBANDS,
        "eel-statuses": facts.EEL_STATUSES,
        "obs-statuses": facts.OBS_STATUSES,
        "superevent-categories": facts.SUPEREVENT_CATEGORIES,
        "signoff-types": facts.SIGNOFF_TYPES,
        "signoff-statuses": facts.SIGNOFF_STATUSES,
        "instruments": {"": "---"} | facts.INSTRUMENTS,
        "voevent-types": facts.VOEVENT_TYPES,
        "server-version": facts.SERVER_VERSION,
        "api-versions": list(facts.API_VERSIONS),
        "api-default": "v1",
        "API_VERSIONS": list(facts.API_VERSIONS),
    }
