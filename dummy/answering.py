"""The app of a served dummy, made as the commands were told."""

from collections.abc import Callable
from typing import Any

from gracetape.archive import Alert, Archive, UsageError
from gracetape.archive.history.streamed import whole_timeline
from gracetape.dummy.app import make_app
from gracetape.dummy.faults import MAINTENANCE_RULE, Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.positions import asked_position
from gracetape.dummy.throttle import Throttle, read_rates


def app_of(tape: Archive, options: DummyOptions, on_alert: Callable[[Alert], None] | None) -> Any:
    """The app over an archive; `on_alert` is called with each alert. UsageError for what cannot be asked."""
    rest = asked_of_app(options)
    if options.as_of is not None:
        timeline = whole_timeline(tape)
        position = asked_position(timeline, options.as_of)
        return make_app(tape, as_of=lambda: position, timeline=timeline, **rest)
    if tape.read_only:
        return make_app(tape, **rest)
    grouping = Grouping(options.group_window, options.group_window, options.group_offline)
    grouped = grouping if options.group_superevents or options.group_offline else None
    return make_app(tape, on_alert=on_alert, grouping=grouped, **rest)


def asked_of_app(options: DummyOptions) -> dict[str, Any]:
    """What an app is made with, whatever it answers from. UsageError for what cannot be asked."""
    rules = [MAINTENANCE_RULE] * options.maintenance + list(options.fault or ())
    faults = Faults([Fault.parse(rule) for rule in rules], options.seed)
    if options.api_default not in ("v1", "v2"):
        raise UsageError(f"there is no API version {options.api_default!r}: the root answers as v1 or v2")
    return {
        "user": options.user, "faults": faults, "api_default": options.api_default,
        "throttle": Throttle(read_rates(options.rate or ())) if options.throttle or options.rate else False,
        "labels": options.label or (), "pipelines": options.pipeline or (), "searches": options.search or (),
        "server_version": options.server_version, "first_id": options.first_id,
        "as_public": options.as_public or None,
    }  # fmt: skip
