"""What a copy makes of what was recorded: the same under new ids, at another time."""

from dataclasses import dataclass, replace
from typing import Any

from gracetape.archive import Alert
from gracetape.replay.rename import Renaming
from gracetape.replay.retime import Retiming


@dataclass(frozen=True)
class Rewrite:
    """New ids and a new time, or neither."""

    naming: Renaming | None = None
    timing: Retiming | None = None

    def alert(self, alert: Alert) -> Alert:
        """The alert that is sent."""
        if self.naming is not None:  # first, since it remembers the parts of recorded alerts
            alert = self.naming.alert(alert)
        return self.timing.alert(alert) if self.timing is not None else alert

    def record(self, record: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
        """A record of the server, `about` being the one of its object."""
        if self.timing is not None:
            record = self.timing.record(record, about)
        return replace(self.naming, holding=None).value(record) if self.naming is not None else record

    def text(self, text: str) -> str:
        """An id, or the name of a file."""
        return self.naming.text(text) if self.naming is not None else text


UNCHANGED = Rewrite()
