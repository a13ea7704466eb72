"""Which publisher or source a URL means: a table, open to other packages through entry points."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from gracetape.brokers.kinds import BROKERS, not_a_broker
from gracetape.brokers.lines import LINES, open_lines
from gracetape.brokers.publishing import OnUndelivered, Publisher
from gracetape.brokers.sources import Gap, Source, log_gap
from gracetape.errors import BadUrl, BrokerError
from gracetape.installing import hint
from gracetape.lazy import entry_points

#: Other packages add sources as entry points of this group, named by their scheme.
SOURCES = "gracetape.sources"


def _load(place: str, extra: str, scheme: str) -> Any:
    module, name = place.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if str(error.name or "").startswith("gracetape"):
            raise
        raise BrokerError(f"{scheme}:// needs the package {error.name}: {hint(extra)}") from None


def open_source(
    url: str,
    nodes: Sequence[str],
    *,
    on_gap: Callable[[Gap], None] = log_gap,
    after: Callable[[str], int | None] | None = None,
    until_end: bool = False,
) -> Source:
    """Listen to `nodes` (topics without their group) on the broker, or to the lines of alerts, that a URL names (see `open_lines`).

    `on_gap` is told of each time in which nothing could be heard. `after` gives the offset of the last message that was
    kept for good of a broker's log (see `Place`), None if none was; without it, the broker's own memory of what was
    acknowledged is used. With `until_end` a file is read to its end, and not followed as it grows.
    Raises BadUrl for what cannot be a source, BrokerError if the broker refuses or is not there.
    """
    scheme = url.partition(":")[0].lower()
    if not nodes:
        raise BadUrl("name at least one node to listen to")
    if broker := BROKERS.get(scheme):
        source: Source = _load(broker.source, broker.extra, scheme)(url, nodes, on_gap=on_gap, after=after)
        return source
    lines = open_lines(url, nodes, after, on_gap, until_end=until_end)
    if lines is not None:
        return lines
    for entry in entry_points(group=SOURCES, name=scheme):
        other: Source = entry.load()(url, nodes, on_gap=on_gap, after=after)
        return other
    others = [entry.name for entry in entry_points(group=SOURCES)]
    known = ", ".join(f"{name}:" for name in (*BROKERS, *others, *LINES))
    raise BadUrl(f"there is no source of the kind {scheme}: (known: {known}, FILE, -)")


def open_publisher(url: str, *, on_undelivered: OnUndelivered | None = None) -> Publisher:
    """Publish to the broker that a URL names. Raises BadUrl, BrokerError."""
    scheme = url.partition(":")[0].lower()
    broker = BROKERS.get(scheme)
    if broker is None:
        raise not_a_broker(url)
    publisher: Publisher = _load(broker.publisher, broker.extra, scheme)(url, on_undelivered=on_undelivered)
    return publisher
