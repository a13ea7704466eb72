"""The root documents of the services that objects were captured from: what each server was set up with."""

from typing import Any

from gracetape.archive.digest import combine, entry_mark
from gracetape.archive.store import Archive, Capture
from gracetape.archive.view import StoredView
from gracetape.archive.writing import Transaction

Record = dict[str, Any]

#: The kind of record that holds the root document of a capture's service; a second one stands there where the server was
#: found changed when the object was not. Identical documents are stored once.
SERVICE = "service"

_HOLDING = (
    "SELECT max(c.id), e.key FROM {layer}.captures c CROSS JOIN {layer}.entries e ON e.capture = c.id AND e.kind = ? "
    "WHERE c.origin = 'capture' AND c.completed IS NOT NULL GROUP BY e.record ORDER BY max(c.id) DESC, e.ord DESC"
)


def service_documents(archive: Archive) -> list[Record]:
    """The root documents that captures keep, each once, the newest first; none where captures were made without.

    Raises ArchiveError if one is damaged.
    """
    found = []
    for number, key in archive.connection.execute(_HOLDING.format(layer=archive.recordings), (SERVICE,)).fetchall():
        capture = Capture(*archive.connection.execute("SELECT * FROM captures WHERE id = ?", (number,)).fetchone())
        found.append(StoredView(archive, capture).one(SERVICE, key) or {})
    return found


def same_object(archive: Archive, one: Capture, other: Capture) -> bool:
    """Whether two captures hold the same of their object, whatever their services were set up with."""
    return _digest_of_object(archive, one) == _digest_of_object(archive, other)


def _digest_of_object(archive: Archive, capture: Capture) -> str:
    held = [row for row in StoredView(archive, capture).items() if row[0] == SERVICE]
    return combine(capture.digest, [], [entry_mark(*row) for row in held])


def keep_service(tx: Transaction, capture: Capture, document: Record) -> None:
    """Keep a root document with a capture, beside those that it holds, unless it is one of them."""
    held = StoredView(tx.archive, capture).records(SERVICE)
    if document not in held:
        tx.put(capture, SERVICE, len(held) + 1, document)
