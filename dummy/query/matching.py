"""The objects of an archive that a query in words finds, events and superevents alike: for whoever lists or captures them."""

from datetime import UTC, datetime

from gracetape.archive import Archive
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import find, order_of
from gracetape.dummy.query.tree import QueryError
from gracetape.dummy.server_settings import settings_of
from gracetape.errors import UsageError


def matching(archive: Archive, text: str) -> list[str]:
    """The ids of the superevents and events that the query finds, as a server would (Test and MDC only where they are asked for).

    A query that only one of the two kinds understands finds objects of that kind. UsageError if neither does.
    """
    now, settings, found = datetime.now(UTC), settings_of(archive), list[str]()
    complaints = list[str]()
    for category in ("superevent", "event"):
        try:
            query = read(archive.connection, category, text, now, settings)
            found += find(archive.connection, category, query, order_of(category, [])).objects
        except QueryError as error:
            complaints.append(error.reason)
    if len(complaints) == 2:
        telling = [reason for reason in complaints if not reason.endswith("is not understood")] or complaints
        raise UsageError(f"--query {text!r} is not understood: {'; '.join(dict.fromkeys(telling))}"[:500])
    return found
