"""An alert as a line says it (`gracetape/alert_lines.py`)."""

from gracetape.alert_lines import AlertLine, what_of
from gracetape.archive.alerts.alert import Alert


def line_of(alert: Alert, offset_s: float, topics: tuple[str, ...]) -> AlertLine:
    """An alert as a line says it, `offset_s` seconds after the first."""
    what = alert.what or what_of({"object": alert.object, "data": alert.data})
    return AlertLine(
        alert.created, offset_s, alert.n, alert.graceid, alert.alert_type, what, topics, alert.certainty
    )  # fmt: skip
