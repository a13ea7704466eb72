"""Which objects a run is of: ids that were given, those of a file, those that a query of the server finds."""

import sys
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gracetape.archive.shapes import is_category, is_text
from gracetape.capture.service import ask, limits_of
from gracetape.errors import CaptureError, UsageError
from gracetape.ids import category_of

#: Objects on a page of what a query finds: a few MB of records.
_PAGE = 200
#: How often a list is read, at most, until nothing goes from it meanwhile.
_ROUNDS = 5


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
    piped = str(path) == "-"
    name = "standard input" if piped else str(path)
    try:
        contents = sys.stdin.buffer.read() if piped else path.read_bytes()
        text = contents.decode("utf-8-sig")  # some editors begin a text with a mark of its encoding
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"cannot read the ids in {name}: {reason}") from None
    return list(ids_in(StringIO(text, newline=None), name))


def found_by(
    client: Any, query: str, category: str, on_total: Callable[[int | None], object] = lambda total: None
) -> Iterator[str]:
    """The ids of what a query of the server finds, in the order in which it was made, page by page as they are needed.

    `on_total` is told how many there are, None if the server does not say, and at the end by how many more or fewer there were. Each id
    comes once, though pages shift as objects come; where some go meanwhile, the pages are read again for those that slipped between two.
    """
    what = f"the {category}s of {query!r:.200}"
    links = ask(client, lambda: client.links, what)
    if not isinstance(links, dict) or not is_text(links.get(f"{category}s")):
        raise CaptureError(f"{what}: the API root names no {category}s: is the service URL that of a GraceDB API?")
    first = f"{links[f'{category}s']}?{urlencode({'query': query, 'count': _PAGE, 'sort': 'created'})}"
    seen, told = set[str](), None
    for again in range(_ROUNDS):
        known, before, shrunk = len(seen), None, False
        for number, (total, found) in enumerate(_pages(client, first, category, what)):
            if not again and not number:
                told = total
                on_total(total)
            shrunk = shrunk or (before is not None and total is not None and total < before)
            before = total
            for graceid in found:
                if graceid not in seen:
                    seen.add(graceid)
                    yield graceid
        # Where one has gone from a page that was read, the first of the next page came onto that.
        is_short = before is not None and len(seen) < before
        if not (shrunk or (is_short and len(seen) > known)):
            break
    if told is not None and len(seen) != told:
        on_total(len(seen) - told)


def _pages(client: Any, following: Any, category: str, what: str) -> Iterator[tuple[int | None, list[str]]]:
    """The pages of a list of objects: how many the server says that there are in all, and the ids on the page."""
    limits, pages = limits_of(client), set[str]()
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
        total, found = page.get("numRows"), [_id_of(row, category) for row in rows]
        if not all(found):
            raise CaptureError(f"{what}: a record in the answer has no id")
        yield total if isinstance(total, int) and 0 <= total < 1 << 40 else None, [name for name in found if name]
        following = links.get("next")


def _id_of(row: Any, category: str) -> str | None:
    name = row.get("graceid" if category == "event" else "superevent_id") if isinstance(row, dict) else None
    return str(name) if is_category(name, category) else None
