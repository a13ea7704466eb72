"""Alerts as a test asks about them: by type, in order, waited for, compared with a snapshot."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from gracetape.archive import Alert
from gracetape.testing.masking import masked

#: Seconds that `wait` waits, unless it is said.
PATIENCE_S = 10.0


class AlertList(Sequence[Alert]):
    """Alerts in the order in which they were announced; `of` gives those of some types."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._alerts = list(alerts)

    def of(self, *alert_types: str, graceid: str | None = None) -> "AlertList":
        """The alerts of these types (none named: of all), of one object if it is named."""
        return AlertList(alert for alert in self if _is_one(alert, alert_types, graceid))

    @property
    def types(self) -> list[str]:
        """What was announced, in order: `["new", "label_added"]`."""
        return [alert.alert_type for alert in self]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """The messages as they were sent."""
        return [payload for alert in self if (payload := alert.payload()) is not None]

    @overload
    def __getitem__(self, place: int) -> Alert: ...
    @overload
    def __getitem__(self, place: slice) -> "AlertList": ...
    def __getitem__(self, place: int | slice) -> "Alert | AlertList":
        return AlertList(self._alerts[place]) if isinstance(place, slice) else self._alerts[place]

    def __len__(self) -> int:
        return len(self._alerts)

    def __eq__(self, other: object) -> bool:
        if type(other).__module__.partition(".")[0] == "syrupy":  # a snapshot is of what is the same at each run
            return bool(other == masked(self))
        return list(self) == list(other) if isinstance(other, AlertList | list | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"<{len(self)} alerts: {', '.join(f'{a.alert_type} of {a.graceid}' for a in self)}>"


class Alerts(AlertList):
    """The alerts of what the code under test writes, as they come; any thread may add to them and wait."""

    def __init__(self) -> None:
        super().__init__()
        self._came = threading.Condition()

    def add(self, alert: Alert) -> None:
        """Take an alert, and wake up whoever waits."""
        with self._came:
            self._alerts.append(alert)
            self._came.notify_all()

    def wait(
        self, *alert_types: str, graceid: str | None = None, count: int = 1, timeout_s: float = PATIENCE_S
    ) -> AlertList:
        """Wait until `count` alerts of these types are there, and give them; AssertionError if they do not come in time."""
        wanted: Callable[[], AlertList] = lambda: self.of(*alert_types, graceid=graceid)  # noqa: E731
        with self._came:
            if self._came.wait_for(lambda: len(wanted()) >= count, timeout_s):
                return wanted()
        what = " or ".join(alert_types) or "any type"
        of = f" of {graceid}" if graceid else ""
        raise AssertionError(f"{count} alert(s) of {what}{of} did not come within {timeout_s:g} s; what came: {self!r}")

    def clear(self) -> None:
        """Forget what came so far."""
        with self._came:
            self._alerts.clear()


def _is_one(alert: Alert, alert_types: tuple[str, ...], graceid: str | None) -> bool:
    return (not alert_types or alert.alert_type in alert_types) and graceid in (None, alert.graceid, alert.object_id)
