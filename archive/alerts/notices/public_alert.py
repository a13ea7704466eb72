"""An alert to the public: a notice or a VOEvent, in each of the forms in which it can go out."""

from dataclasses import dataclass
from typing import Any

from gracetape.archive.alerts.alert import Alert
from gracetape.archive.alerts.notices import wire

#: The forms in which the public hears of alerts: JSON and Avro on `igwn.gwalert`, XML on GCN's topics of each type.
PUBLIC_FORMATS = ("gwalert", "gwalert-avro", "voevent")


def public_forms(format: str) -> tuple[str, ...]:
    """The forms that are meant by one of PUBLIC_FORMATS, or several by commas; none if anything else is among them."""
    words = tuple(dict.fromkeys(word.strip() for word in format.split(",")))
    return words if all(word in PUBLIC_FORMATS for word in words) else ()


@dataclass(frozen=True, repr=False)
class PublicAlert(Alert):
    """An alert to the public. `alert_type` is the notice's (`PRELIMINARY`), `data` the notice, its sky maps as `Contents`, or, in the
    form `voevent`, the document's text; `heard_text` is the JSON as it was kept or heard, `form` that in which it goes out.
    """

    form: str = "gwalert"

    def payload(self, format: str = "") -> Any:
        """The message in one of PUBLIC_FORMATS: a notice, the bytes of an Avro container or the text of a VOEvent; None where it can
        have no such form. In its own form unless one of those is asked for.
        """
        wanted = format if format in PUBLIC_FORMATS else self.form
        if isinstance(self.data, str):
            return self.data if wanted == "voevent" else None
        if wanted == "gwalert-avro":
            return wire.as_avro(self.data)
        return wire.as_json(self.data) if wanted != "voevent" else None
