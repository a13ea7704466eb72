"""Which objects a run is of: ids that were given, those of a file, those that a query of the server finds."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gracetape.archive.shapes import is_category, is_text
from gracetape.capture.service import ask, limits_of
from gracetape.errors import CaptureError, UsageError
from gracetape.ids import category_of

#: Objects on a page of what a query finds: a few MB of records.
_PAGE = 200


def ids_in(lines: Iterable[str], name: str) -> Iterator[str]:
    """The ids of a text, one a line or several; what follows a `#` is a remark. UsageError where one is none."""
    for number, line in enumerate(lines, start=1):
        for word in line.partition("#")[0].replace(",", " ").split():
            try:
                category_of(word)
            except UsageError as error:
                raise UsageError(f"{name}, line {number}: {error}") from None
            yield word


def ids_of_file(path: Path) -> list[str]:
    """The ids in a file (`-`: what comes on standard input), all of them read, and checked, before anything is asked."""
    if str(path) == "-":
        return list(ids_in(sys.stdin, "standard input"))
    try:
        with path.open(encoding="utf-8") as file:
            return list(ids_in(file, str(path)))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"cannot read the ids in {path}: {reason}") from None


def found_by(
    client: Any, query: str, category: str, on_total: Callable[[int | None], object] = lambda total: None
) -> Iterator[str]:
    """The ids of what a query of the server finds, in the order in which it was made, page by page as they are needed.

    `on_total` is told how many there are, None if the server does not say. Each id comes once, though pages shift as objects come.
    """
    what, limits = f"the {category}s of {query!r:.200}", limits_of(client)
    links = ask(client, lambda: client.links, what)
    if not isinstance(links, dict) or not is_text(links.get(f"{category}s")):
        raise CaptureError(f"{what}: the API root names no {category}s: is the service URL that of a GraceDB API?")
    following: Any = f"{links[f'{category}s']}?{urlencode({'query': query, 'count': _PAGE, 'sort': 'created'})}"
    seen, pages = set[str](), set[str]()
    while following:
        if not is_text(following) or following in pages:
            raise CaptureError(f"{what}: the pages lead in a circle, or nowhere: {following!r:.120}")
        pages.add(following)
        if len(pages) > limits.pages * 10:
            raise CaptureError(f"{what}: the list does not end after {len(pages) - 1:,} pages")
        page = ask(client, lambda url=following: client.get(url).json(), what)  # type: ignore[misc]
        rows, links = (page.get(f"{category}s"), page.get("links")) if isinstance(page, dict) else (None, None)
        if not isinstance(rows, list) or not isinstance(links, dict):
            raise CaptureError(f"{what}: the answer has no list of {category}s in it")
        if len(pages) == 1:
            total = page.get("numRows")
            on_total(total if isinstance(total, int) and 0 <= total < 1 << 40 else None)
        for row in rows:
            graceid = _id_of(row, category)
            if graceid is None:
                raise CaptureError(f"{what}: a record in the answer has no id")
            if graceid not in seen:
                seen.add(graceid)
                yield graceid
        following = links.get("next")


def _id_of(row: Any, category: str) -> str | None:
    name = row.get("graceid" if category == "event" else "superevent_id") if isinstance(row, dict) else None
    return str(name) if is_category(name, category) else None
