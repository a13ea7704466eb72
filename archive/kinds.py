"""The kinds of record that an object has: one table, over which capture, as-of views, branches, listings and the dummy's lists go."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gracetape.archive import shapes
from gracetape.archive.shapes import Shape, shown
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError

Record = dict[str, Any]
_BOTH = frozenset({"event", "superevent"})


@dataclass(frozen=True)
class Kind:
    """A row. `name` is the kind's in archives; `key` tells its records apart, from a record and its place in the list (from 1).

    How a server is asked for the list: with the client's `method`, or at the address `template` of its root document, which it
    has only where it has the list; the list stands in the answer under one of `answered` (that of API v1, of v2, others). `optional` lists
    may be kept from us. `categories` are those of the objects that have such records. Behind a template there is a list at an
    `address` under the object's own, in some `versions` of the API; dummies give its template and answer there, also where
    nobody has written what else can be done with such records.

    `fields` are what is relied on; `needed` those without which a history cannot be told, `named` the one that says which
    record of the list it is (None: none does). `created` says that a record tells when it was made; `act` is the step that a
    history takes at that time where no log entry tells of the record. `told_by` is what of the log tells of a record: the
    `text` of an entry, the `order` of its entries (one a record), or the `file` that an entry brought; nothing (``) of permissions,
    which are taken to be there from the beginning unless an entry grants or withdraws them, and of EMBB event logs.
    """

    name: str
    fields: Mapping[str, Shape] = field(repr=False)
    key: Callable[[Record, int], str] = field(default=lambda record, place: str(record["N"]), repr=False)
    method: str = ""
    template: str = ""
    address: str = ""
    versions: tuple[str, ...] = ("v1", "v2")
    answered: tuple[str, ...] = ()
    optional: bool = True
    categories: frozenset[str] = _BOTH
    needed: tuple[str, ...] = ()
    named: str | None = None
    created: bool = False
    act: str = ""
    told_by: str = ""

    @property
    def numbered(self) -> bool:
        """Whether the server counts the records of the kind: N."""
        return self.named == "N"

    def answered_by(self, version: str) -> str:
        """The list's name in the answers of an API version (`v1`, `v2`)."""
        return self.answered[1 if version == "v2" and len(self.answered) > 1 else 0]


_NUMBERED = {"N": shapes.N, "created": shapes.TIME}
_LINKED = {"links": shapes.OBJECT}
_OBJECT = {
    "graceid": shapes.EVENT, "superevent_id": shapes.SUPEREVENT, "gw_id": shapes.GW_ID, "created": shapes.TIME,
    "superevent": shapes.TEXT, "group": shapes.TEXT, "pipeline": shapes.TEXT, "analysisType": shapes.TEXT,
    "search": shapes.TEXT, "category": shapes.TEXT, "preferred_event": shapes.EVENT_OR_NONE, "gw_events": shapes.EVENTS,
    "em_events": shapes.EVENTS, "labels": shapes.LABELS, "links": shapes.OBJECT, "gpstime": shapes.NUMBER,
    "t_0": shapes.NUMBER, "t_start": shapes.NUMBER, "t_end": shapes.NUMBER, "pipeline_preferred_events": shapes.OBJECTS,
    "preferred_event_data": shapes.OBJECT, "superevent_neighbours": shapes.OBJECTS,
    "extra_attributes": shapes.ANSWERED_OBJECT,
}  # fmt: skip
_LOG = _NUMBERED | {
    "comment": shapes.TEXT, "filename": shapes.FILENAME, "file_version": shapes.VERSION, "tag_names": shapes.NAMES,
}  # fmt: skip
_SIGNOFF = dict.fromkeys(("signoff_type", "instrument", "status", "comment"), shapes.TEXT)
_FILED = {"filename": shapes.FILENAME, "file_version": shapes.ANSWERED_VERSION}


def signoff_key(kind: str, instrument: str | None) -> str:
    """The key of a signoff record: `OPH1` for an operator's at H1, `ADV` for an advocate's."""
    return ("OP" if kind.lower().startswith("op") else "ADV") + (instrument or "")


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("object", _OBJECT, lambda record, place: "", needed=("created",), created=True),
        Kind(
            "log", _LOG, method="logs", answered=("log", "logs"), optional=False, needed=("N", "created"), named="N",
            created=True,
        ),
        Kind(
            "label", {"name": shapes.NAME, "created": shapes.TIME}, lambda record, place: str(record["name"]),
            method="labels", answered=("labels",), needed=("name", "created"), named="name", created=True,
            act="label_added", told_by="text",
        ),
        Kind(
            "voevent", _NUMBERED | _LINKED | _FILED, method="voevents", answered=("voevents",), needed=("N", "created"),
            named="N", created=True, act="voevent", told_by="order",
        ),
        Kind(
            "emobservation", _NUMBERED | {"group": shapes.TEXT}, method="emobservations",
            answered=("observations", "emobservations"), needed=("N", "created"), named="N", created=True,
            act="emobservation", told_by="order",
        ),
        Kind(
            "signoff", _SIGNOFF,
            lambda record, place: signoff_key(record.get("signoff_type") or "", record.get("instrument")),
            method="signoffs", answered=("signoffs", "signoffs", "signoff"),
        ),
        Kind(
            "permission", {"group": shapes.TEXT, "permission": shapes.TEXT}, lambda record, place: str(place),
            method="permissions", answered=("permissions",), needed=("group",),
        ),
        Kind(
            "embb", _NUMBERED, template="embb-event-log-template", address="embb/", answered=("embblog",),
            categories=frozenset({"event"}), named="N", created=True, act="embb_event_log",
        ),
        Kind(
            "notice", _NUMBERED | _LINKED | _FILED, template="superevent-notice-list-template",
            address="notices/", versions=("v2",), answered=("notices",), categories=frozenset({"superevent"}), named="N",
            created=True, act="notice", told_by="file",
        ),
    )
}  # fmt: skip
#: The kinds of which an object has a list.
LISTED: tuple[Kind, ...] = tuple(kind for kind in KINDS.values() if kind.answered)


def listed_for(category: str) -> Iterator[Kind]:
    """The kinds of which an event or a superevent has a list."""
    return (kind for kind in LISTED if category in kind.categories)


def read_record(text: str, kind: str, key: str, owner: str) -> Any:
    """A record from its JSON text; ArchiveError if no server writes such a one."""
    try:
        record = read_kept(text)
    except ValueError as error:
        raise ArchiveError(f"{_what(kind, key, owner)} is not JSON: {error}: it is not read") from None
    if wrong := fault(record, kind, key):
        raise ArchiveError(f"{_what(kind, key, owner)} is not what a server writes: {wrong}")
    return record


def _what(kind: str, key: str, owner: str) -> str:
    return f"the record {kind} {key} of {owner}".replace("  ", " ")


def check_needed(records: Iterable[Record], kind: str, owner: str) -> None:
    """ArchiveError if one of an object's records lacks what its history cannot do without."""
    for record in records:
        for name in KINDS[kind].needed:
            if record.get(name) is None:
                raise ArchiveError(f"a record of {owner} ({kind}) has no {name}: nobody can tell what happened when")


def fault(record: Any, kind: str, key: str | None = None, *, answered: bool = False) -> str | None:
    """What is wrong with a record of a kind, kept under a key; None if nothing is. More is asked of what a server `answered`."""
    if not isinstance(record, dict):
        return f"it is {shown(record)}, and no JSON object"
    row = KINDS.get(kind)
    if row is None:  # of a later version: nothing is known of it
        return None
    for name, shape in row.fields.items():
        value = record.get(name)
        if value is None:
            wrong = (name in record and not shape.null) or (answered and name == row.named)
        else:
            wrong = not shape.fits(value) or (answered and not shape.asked(value))
        if wrong:
            return f"its {name!r} is {shown(value)}, and not {shape.words}"
    named = record.get(row.named) if row.named and kind in ("log", "label") else None
    if named is not None and key is not None and str(named) != key:
        return f"it says that it is {shown(named)}"
    return None
