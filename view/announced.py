"""What the server announced of an object and of those beside it, as the page's lane of alerts; each message when it is asked for."""

from typing import Any

from gracetape.archive import Alert, NotFound
from gracetape.plain_text import plain
from gracetape.view.film import Film
from gracetape.view.only_heard import OnlyHeard
from gracetape.view.schema import LINE

Record = dict[str, Any]


def alerts_document(film: Film | OnlyHeard) -> list[Record]:
    """Every alert along the film's time line, in order."""
    return [_alert(alert) for alert in film.alerts]


def message_document(film: Film | OnlyHeard, number: int) -> Record:
    """The message of one alert (counted from 0), as it was sent; NotFound if there is no such alert."""
    if not 0 <= number < len(film.alerts):
        raise NotFound(f"{film.graceid} has no alert {number}")
    alert = film.alerts[number]
    return {"alert": _alert(alert), "payload": alert.payload()}


def _alert(alert: Alert) -> Record:
    found: Record = {
        "place": alert.position.index if alert.position is not None else 0, "t": alert.created.timestamp(),
        "of": alert.object_id, "id": alert.graceid, "type": alert.alert_type, "what": plain(alert.what)[:LINE],
        "nodes": list(alert.nodes), "certainty": alert.certainty,
    }  # fmt: skip
    optional = {"n": alert.n, "reason": alert.reason or None, "file": alert.file or None}
    return found | {name: value for name, value in optional.items() if value is not None}
