"""What a dummy would answer of an object as of a place: the very app that `gracetape dummy serve` serves, asked in process."""

import json
from typing import Any

import requests

from gracetape.archive import Archive, Position, UsageError
from gracetape.dummy.app import make_app
from gracetape.dummy.client import InProcess
from gracetape.dummy.routes import addresses
from gracetape.view.film import Film
from gracetape.view.only_heard import OnlyHeard

Record = dict[str, Any]
_ROOT = "https://dummy.invalid/api/"


def asked(film: Film | OnlyHeard) -> list[str]:
    """The addresses of a dummy that answer of this object with nothing but its id; none for what was never captured."""
    if isinstance(film, OnlyHeard):
        return []
    found = []
    for address, (resource, category) in addresses("v1").items():
        if category == film.category and address.count("{") == 1 and hasattr(resource, "on_get"):
            found.append(address.replace("{graceid}", film.graceid))
    return sorted((address for address in found if film.graceid in address), key=lambda address: address.count("/"))


def answer_document(archive: Archive, film: Film | OnlyHeard, place: int, address: str) -> Record:
    """The status and the JSON that a dummy answers at an address as of a place. UsageError for an address of another object."""
    if isinstance(film, OnlyHeard) or address not in asked(film):
        raise UsageError(f"{address!r:.120} is no address of {film.graceid}")
    position = Position(place)
    app = make_app(archive, as_of=lambda: position, timeline=film.timeline)
    request = requests.Request("GET", _ROOT + address).prepare()
    response = InProcess(app).send(request)
    try:
        body = response.json()
    except json.JSONDecodeError:
        body = response.text
    return {"address": address, "status": response.status_code, "body": body}
