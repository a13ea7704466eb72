"""Notices and VOEvents that were heard live: as alerts to the public, by themselves or in the place of those that were rebuilt."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gracetape.alert_lines import what_of
from gracetape.archive.alerts.notices.contents import Contents
from gracetape.archive.alerts.notices.public_alert import PublicAlert
from gracetape.archive.history.rules import Record
from gracetape.archive.recorded import Recorded
from gracetape.errors import GracetapeError
from gracetape.notices import SKYMAPS, about, document_of, is_notice
from gracetape.times import parse_time
from gracetape.topics import is_public

_HEARD = "heard live"


def public_messages(heard: Sequence[Recorded]) -> list[Recorded]:
    """Those of some messages that were for the public."""
    return [message for message in heard if is_public(message.node)]


def form_of(message: Recorded) -> str | None:
    """The form in which a message can be sent again: `gwalert` (and Avro) or `voevent`; None if it is neither."""
    if document_of(message.payload) is not None:
        return "voevent"
    return "gwalert" if is_notice(message.payload) else None


def fits(message: Recorded, format: str) -> bool:
    """Whether a message that was heard can go out in one of PUBLIC_FORMATS."""
    form = form_of(message)
    return form is not None and (form == "voevent") == (format == "voevent")


def heard_alert(message: Recorded, graceid: str) -> PublicAlert:
    """A message to the public that no record tells of."""
    document, (named, kind) = document_of(message.payload), about(message.payload)
    data = document if document is not None else held(message.payload)
    return PublicAlert(
        message.arrived, named or graceid, graceid, kind or "?", data, {}, message.n, (message.node,),
        what_of(message.payload), "superevent", "recorded", _HEARD, heard_text=message.text,
        form="gwalert" if document is None else "voevent",
    )  # fmt: skip


def with_heard(
    alerts: Sequence[PublicAlert], heard: Sequence[Recorded], format: str, graceid: str
) -> list[PublicAlert]:
    """Alerts of one superevent in order, each that was heard as it was heard; those that no record tells of where they came."""
    left, found = list(alerts), list[PublicAlert]()
    for message in (message for message in public_messages(heard) if fits(message, format)):
        kind, sent = about(message.payload)[1], sent_at(message)
        same = [alert for alert in left if alert.alert_type == kind]
        own = replace(heard_alert(message, graceid), form=format)
        if same:
            nearest = min(same, key=lambda alert: abs(alert.created - sent))
            left = [alert for alert in left if alert is not nearest]
            own = replace(own, object=nearest.object, n=nearest.n, position=nearest.position, what=nearest.what)
        found.append(own)
    found += left
    found.sort(key=lambda alert: alert.created)
    place = next((alert.position for alert in found if alert.position is not None), None)
    for i, alert in enumerate(found):
        if alert.position is None:
            found[i] = replace(alert, position=place)
        place = found[i].position
    return found


_DATE = re.compile(r"<Date>([^<]{10,40})</Date>")


def sent_at(message: Recorded) -> datetime:
    """When a message says that it was made; else when it arrived."""
    dated = _DATE.search(document_of(message.payload) or "")
    try:
        return parse_time(dated[1] if dated else str(message.payload.get("time_created")))
    except GracetapeError:
        return message.arrived


def held(notice: Record) -> Record:
    """A notice whose sky maps are contents, not texts in which somebody could look for ids."""
    found = dict(notice)
    for part, name in SKYMAPS:
        inner = found.get(part)
        if isinstance(inner, dict) and isinstance(text := inner.get(name), str):
            try:
                contents = Contents(name, base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
            if contents.base64 == text:
                found[part] = inner | {name: contents}
    return found
