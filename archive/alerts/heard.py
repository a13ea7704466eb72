"""Alerts of objects that were never captured: messages that were heard, by themselves, as they were heard."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gracetape.alert_lines import entry_of
from gracetape.archive.alerts.alert import Alert
from gracetape.archive.alerts.heard_words import record_of, words_of
from gracetape.archive.alerts.merge_recorded import alone, bare_node
from gracetape.archive.recorded import Record, Recorded, recorded_of
from gracetape.archive.store import Archive
from gracetape.topics import is_public


def heard_messages(archive: Archive, graceids: Iterable[str]) -> dict[str, list[Recorded]]:
    """The messages that were heard of some objects, by their ids, in order of arrival."""
    return {graceid: recorded_of(archive, graceid) for graceid in graceids}


def heard_alerts(messages: Mapping[str, Sequence[Recorded]]) -> list[Alert]:
    """Messages as alerts, in order of arrival; one that came on several nodes, one after the other, is one alert."""
    found: list[Alert] = []
    for graceid, heard in messages.items():
        found += heard_alerts_of(graceid, heard)
    return sorted(found, key=lambda alert: alert.created)


def heard_alerts_of(graceid: str, heard: Iterable[Recorded]) -> Iterator[Alert]:
    """The same of one object, whose messages come in order."""
    last: Alert | None = None
    before: Record | None = None
    for message in heard:
        if is_public(message.node):
            continue
        node = bare_node(message.node)
        if last is not None and last.heard == message.payload and node not in last.nodes:
            last = replace(last, nodes=(*last.nodes, node))
            continue
        if last is not None:
            yield last
        n = entry_of(message.payload) if message.n is None else message.n
        last = replace(alone(message, node, graceid), n=n, what=words_of(message.payload, before))
        before = record_of(message.payload) or before
    if last is not None:
        yield last
