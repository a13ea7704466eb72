"""The usual topics of igwn-alert: those of superevents, and of every pipeline in the table with its groups and searches."""

from gracetape.pipelines.table import pipelines
from gracetape.topics import SUPEREVENT_TOPICS, event_topics


def usual_topics() -> tuple[str, ...]:
    """Their names without the group before them, each once."""
    found = dict.fromkeys(SUPEREVENT_TOPICS.values())
    for row in pipelines().values():
        for group in row.groups:
            for search in (None, *row.searches):
                found |= dict.fromkeys(event_topics(group, row.name, search))
    return tuple(found)
