"""From the text of a query to what it means, with the server's own complaint where it means nothing."""

import sqlite3
from datetime import datetime

from gracetape.dummy.query import events, superevents
from gracetape.dummy.query.search import words_of
from gracetape.dummy.query.syntax import parse
from gracetape.dummy.query.tree import EVERYTHING, Query, QueryError, TooMuch
from gracetape.dummy.server_settings import ServerSettings


def read(
    tables: sqlite3.Connection, category: str, text: str, now: datetime, settings: ServerSettings | None = None
) -> Query:
    """The query that a text asks; EVERYTHING for an empty one. QueryError, worded as by the server, if it is not understood.

    `now` (UTC) is what words like `yesterday` refer to, `settings` tells which names the server knows.
    """
    if not text:
        return EVERYTHING
    words = words_of(tables, settings or ServerSettings())
    meaning = events.query if category == "event" else superevents.query
    try:
        return meaning(parse(text, now), text, words)
    except TooMuch:
        raise
    except QueryError as error:
        raise QueryError(
            superevents.complaint(text, error, words) if category == "superevent" else f"{error}", reason=f"{error}"
        ) from None
