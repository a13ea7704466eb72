"""An alert as a line says it (`gracetape/alert_lines.py`)."""

from gracetape.alert_lines import AlertLine, what_of
from gracetape.archive.alerts.alert import Alert
from gracetape.notices import is_notice, is_voevent


def line_of(alert: Alert, offset_s: float, topics: tuple[str, ...]) -> AlertLine:
    """An alert as a line says it, `offset_s` seconds after the first."""
    what = _told(alert.data) or alert.what or what_of({"object": alert.object, "data": alert.data})
    return AlertLine(
        alert.created, offset_s, alert.n, alert.graceid, alert.alert_type, what, topics, alert.certainty
    )  # fmt: skip


def _told(data: object) -> str:
    """What a message to the public tells by itself, as who hears it sees it; nothing where it is none of these."""
    if is_voevent(data):
        return what_of({"text": data})
    return what_of(data) if isinstance(data, dict) and is_notice(data) else ""
