"""Snapshots of alerts with syrupy: one JSON file a test, for `snapshot(extension_class=AlertsExtension)`."""

from typing import Any

from syrupy.extensions.json import JSONSnapshotExtension

from gracetape.archive import Alert
from gracetape.testing.masking import masked


class AlertsExtension(JSONSnapshotExtension):
    """Writes alerts as the messages that they are, with what differs from run to run masked (see `masked`)."""

    file_extension = "alerts.json"

    def serialize(self, data: Any, **options: Any) -> Any:
        alerts = [data] if isinstance(data, Alert) else data
        is_alerts = isinstance(alerts, list | tuple) or hasattr(alerts, "payloads")
        if is_alerts and all(isinstance(alert, Alert | dict) for alert in alerts):
            data = masked(alerts)
        return super().serialize(data, **options)
