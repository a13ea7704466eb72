"""Groups events into superevents as they come, as today's servers do by themselves: who joins, and who is preferred."""

from dataclasses import dataclass
from math import inf

from gracetape.dummy.acts import superevents
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.query.search import find, order_of
from gracetape.dummy.query.tree import AllOf, Condition, Query
from gracetape.dummy.server_settings import SUPEREVENT_CATEGORIES
from gracetape.dummy.source import Record
from gracetape.errors import UsageError

_LATEST_FIRST = order_of("superevent", ["-t_0"])
#: Groups by rank: an event of the first is preferred to one of the second, whatever their FAR.
_RANKS = ("CBC", "Burst")


@dataclass(frozen=True)
class Grouping:
    """An event's window goes from `before` to `after` seconds around its gpstime.

    It joins the latest superevent of its category and replay id whose window overlaps its own, and widens that; where there
    is none, it becomes the preferred event of a new one. External events are left alone, and offline ones unless they are
    asked for (`offline`); one of these is preferred only to others of them.
    """

    before: float = 1.0
    after: float = 1.0
    offline: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.before < inf and 0 <= self.after < inf):
            raise UsageError(
                f"a window of {self.before:g} and {self.after:g} s is none: events are grouped within 0 or more seconds"
            )

    def take_in(self, writer: Writer, event: Subject) -> None:
        """Find or make the superevent of an event that has just come."""
        record = event.record
        if record["gpstime"] is None or record["group"] == "External" or (record["offline"] and not self.offline):
            return
        t_0 = float(record["gpstime"])
        window = {"t_start": round(t_0 - self.before, 6), "t_0": t_0, "t_end": round(t_0 + self.after, 6)}
        found = self._overlapping(writer, record, window["t_start"], window["t_end"])
        if found is None:
            category = superevents.event_category(record)
            code = next(code for code, name in SUPEREVENT_CATEGORIES.items() if name == category)
            superevents.create(writer, window, event, [], [], code)
            return
        superevents.add_event(writer, found, event)
        self._update(writer, found, record, window)

    def _overlapping(self, writer: Writer, record: Record, first: float, last: float) -> Subject | None:
        overlap = (Condition("t_start", "<=", (last,)), Condition("t_end", ">=", (first,)))
        asked = Query(AllOf(overlap), without_test=False, without_mdc=False)
        for graceid in find(writer.tx.archive.connection, "superevent", asked, _LATEST_FIRST).objects:
            found = writer.find(graceid)
            if found is not None and _compatible(writer, found.record, record):
                return found
        return None

    def _update(self, writer: Writer, superevent: Subject, event: Record, window: dict[str, float]) -> None:
        """Widen a superevent's window, and prefer the event that has just joined if it is the better one."""
        record = superevent.record
        wanted: dict[str, object] = {
            "t_start": min(float(record["t_start"]), window["t_start"]),
            "t_end": max(float(record["t_end"]), window["t_end"]),
        }
        preferred = writer.find(record["preferred_event"])
        if preferred is None or _rank(event) < _rank(preferred.record):
            wanted |= {"preferred_event": event["graceid"], "t_0": window["t_0"]}
        wanted = {name: wanted[name] for name in superevents.PARAMETERS if name in wanted}
        if any(record[name] != value for name, value in wanted.items()):
            superevents.update(writer, superevent, wanted)


def _compatible(writer: Writer, superevent: Record, event: Record) -> bool:
    preferred = writer.find(superevent["preferred_event"])
    return (
        superevent["category"] == superevents.event_category(event)
        and preferred is not None
        and preferred.record.get("replay_id") == event.get("replay_id")
    )


def _rank(event: Record) -> tuple[bool, int, float, float]:
    """Online before offline, as for gwcelery, then by group, the lower FAR, the higher SNR; the least is preferred."""
    group = _RANKS.index(event["group"]) if event["group"] in _RANKS else len(_RANKS)
    far = event["far"] if event["far"] is not None else float("inf")
    tables = (event.get("extra_attributes") or {}).values()
    snr = next((table["snr"] for table in tables if isinstance(table, dict) and table.get("snr")), 0.0)
    return bool(event.get("offline")), group, far, -snr
