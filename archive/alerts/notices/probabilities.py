"""What an alert said of the source: classification and properties, from its files of that moment and its VOEvent's record."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gracetape.archive.alerts.notices.coincidence import number
from gracetape.archive.alerts.notices.files import Chosen
from gracetape.archive.history.rules import Record
from gracetape.bounded_json import read_json

#: What a notice calls it -> field of a VOEvent's record.
CLASSIFICATION = {"BNS": "prob_bns", "NSBH": "prob_nsbh", "BBH": "prob_bbh", "Terrestrial": "prob_terrestrial"}
PROPERTIES = {"HasNS": "prob_has_ns", "HasRemnant": "prob_has_remnant", "HasMassGap": "prob_has_mass_gap"}
_AS_GOOD_AS = 1e-9


@dataclass(frozen=True)
class Probabilities:
    """Probabilities by name, and why they are not surely these."""

    values: dict[str, float]
    doubt: str = ""


def probabilities(chosen: Chosen | None, voevent: Record | None, fields: Mapping[str, str]) -> Probabilities:
    """What the file says, if the VOEvent's record says the same as far as it says anything; else what the record says."""
    in_file = _read(chosen)
    said = {name: number((voevent or {}).get(field)) for name, field in fields.items()}
    told = {name: value for name, value in said.items() if value is not None}
    if chosen is None or (not in_file and told):
        return Probabilities(told)
    if all(
        math.isclose(in_file.get(name, -1.0), value, rel_tol=1e-6, abs_tol=_AS_GOOD_AS) for name, value in told.items()
    ):
        return Probabilities(in_file, "" if told else chosen.doubt)
    return Probabilities(told, f"{chosen.name} says otherwise than the VOEvent, which is followed")


def _read(chosen: Chosen | None) -> dict[str, float]:
    """The numbers in a JSON file of probabilities; nothing where it holds none."""
    if chosen is None or chosen.contents is None:
        return {}
    try:
        found = read_json(chosen.contents.data)
    except ValueError:
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: value for name, given in pairs if (value := number(given)) is not None}
