"""Where a cutoff and the start are among messages that were heard, of objects of which no log is there."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from gracetape.archive import Alert, Recorded
from gracetape.archive.alerts.heard_words import members_of, record_of
from gracetape.errors import BadRequest
from gracetape.ids import Ref, category_of, is_graceid


def bounds_of(
    alerts: Sequence[Alert],
    heard: Mapping[str, Sequence[Recorded]],
    refs: Mapping[str, Ref],
    start: int | None,
    cutoff: int | None,
) -> list[bool]:
    """Which of the messages, in their order, lie between the start and the cutoffs.

    Each message has the entry that its line or its payload tells of, else the latest one that its object's messages before it told
    of. Where no object is named, that of the only superevent, or only object, bounds all others by its time; a superevent's cutoff is
    that of its events too, unless they have their own. BadRequest if no message tells of any entry so far.
    """
    entries = _entries(alerts)
    fits = [True] * len(alerts)
    for option, n in (("--start", start), ("--cutoff", cutoff)):
        last = option == "--cutoff"
        for graceid, (entry, others) in _bounding(alerts, heard, refs, option, n).items():
            own = [place for place, alert in enumerate(alerts) if alert.object_id == graceid]
            kept = {place for place in own if (entries[place] <= entry if last else entries[place] >= entry)}
            if not kept or all(alerts[place].n is None for place in own):
                raise BadRequest(
                    f"no message that was heard of {graceid} tells of log entry {entry}: capture it, or name a time with --until"
                )
            moment = _latest(alerts, own, kept) if last else alerts[min(kept)].created
            for place, alert in enumerate(alerts):
                if alert.object_id == graceid:
                    fits[place] &= place in kept
                elif alert.object_id in others:
                    fits[place] &= alert.created <= moment if last else alert.created >= moment
    return fits


def _bounding(
    alerts: Sequence[Alert],
    heard: Mapping[str, Sequence[Recorded]],
    refs: Mapping[str, Ref],
    option: str,
    n: int | None,
) -> dict[str, tuple[int, set[str]]]:
    """The objects that have a bound, with its log entry and the other objects that it bounds."""
    last = option == "--cutoff"
    if not refs:
        if n is None:
            return {}
        names = {graceid: category_of(graceid) for graceid in heard if is_graceid(graceid)}
        graceid = only_one(names, f"{option} {n}", lambda name: f"{name}:{n}" if last else f"{name} {option} {n}")
        return {graceid: (n, set(heard) - {graceid})}
    asked = {graceid: ref.cutoff if last and ref.cutoff is not None else n for graceid, ref in refs.items()}
    own = {graceid: entry for graceid, entry in asked.items() if entry is not None and graceid in heard}
    return {
        graceid: (entry, _members(alerts, graceid) - own.keys() if last else set()) for graceid, entry in own.items()
    }


def _members(alerts: Sequence[Alert], graceid: str) -> set[str]:
    """The events that messages of a superevent name as its own."""
    records = (record_of(alert.heard or {}) for alert in alerts if alert.object_id == graceid)
    return {member for record in records if record is not None for member in members_of(record)}


def _entries(alerts: Sequence[Alert]) -> list[int]:
    """The log entry that each message tells of; of one that tells of none, the latest that its object's were about so far."""
    latest, found = dict[str, int](), list[int]()
    for alert in alerts:
        so_far = latest.get(alert.object_id, 0)
        found.append(so_far if alert.n is None else alert.n)
        latest[alert.object_id] = max(so_far, found[-1])
    return found


def _latest(alerts: Sequence[Alert], own: Sequence[int], kept: Collection[int]) -> datetime:
    """When the last message came that is kept; one that came once more, after those that are cut, counts for nothing."""
    cut = next((place for place in own if place not in kept), len(alerts))
    return alerts[max((place for place in kept if place < cut), default=max(kept))].created


def only_one(categories: Mapping[str, str], option: str, write: Callable[[str], str]) -> str:
    """The object that an option without an id is about: the only superevent, or the only object; BadRequest otherwise."""
    superevents = [graceid for graceid, category in categories.items() if category == "superevent"]
    for names in (superevents, list(categories)):
        if len(names) == 1:
            return names[0]
    if not categories:
        raise BadRequest(f"the archive is empty: there is nothing that {option} could be about")
    some = superevents or list(categories)
    kind = "superevents" if superevents else "objects"
    raise BadRequest(f"{option} could be about any of {len(some)} {kind} here: write {write(some[0])}")
