"""The page as one file that can be mailed: its scripts, its style and the films of some objects inside of it."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from gracetape.archive import Archive, UsageError
from gracetape.archive.recorded import heard_only
from gracetape.view.announced import alerts_document
from gracetape.view.films import film_for
from gracetape.view.objects import LARGEST, about, objects
from gracetape.view.page_json import encode_for_page
from gracetape.view.page_parts import FOLDER, library, script, style

#: Objects that one file holds without being asked for each.
MOST = 300


def page_of(archive: Archive, refs: Sequence[str] = ()) -> str:
    """The page over some objects of an archive (default: all) as one HTML document, which asks for nothing elsewhere."""
    if not refs and (count := len(archive.objects())) > MOST:
        raise UsageError(
            f"{archive.path} holds {count} objects, which are too many for one file: name those that it is to hold, {MOST} at most"
        )
    document = _document(archive, refs or [*archive.objects(), *heard_only(archive)])
    styles, brought, own = style(), library(), script()
    # Read by the page as text: `<` inside of it must not end the element.
    data = encode_for_page(document).replace("<", "\\u003c")
    page = (FOLDER / "index.html").read_text()
    head = page[: page.index("<!-- parts -->")]
    tail = page[page.index("<!-- end of parts -->") :]
    policy = (
        f"default-src 'none'; script-src {_hash(brought)} {_hash(own)}; style-src {_hash(styles)}; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types gracetape"
    )
    name = archive.path.name.encode(errors="replace").decode()  # of bytes that are no text, on some systems
    title = f"<title>{name.replace('<', '').replace('&', '')[:200]} · gracetape</title>"
    return "".join((
        re.sub(r"<title>.*?</title>", lambda _: title, head),
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{styles}</style>\n',
        re.sub(r'<link rel="icon"[^>]*>\n?', "", tail).replace(
            "</body>",
            f'<script type="application/json" id="embedded">{data}</script>\n<script>{brought}</script>\n'
            f'<script type="module">{own}</script>\n</body>',
        ),
    ))  # fmt: skip


def _document(archive: Archive, refs: Sequence[str]) -> dict[str, Any]:
    """What the API would answer, by address."""
    answers: dict[str, Any] = {"/api/about": about(archive)}
    films = {ref: film_for(archive, ref) for ref in refs}
    graceids = {film.graceid for film in films.values()}
    about_it = answers["/api/about"]
    about_it["only_heard"] = {
        graceid: count for graceid, count in about_it["only_heard"].items() if graceid in graceids
    }
    for category in ("superevent", "event"):
        rows: list[Any] = []
        while page := objects(archive, category, "", "", len(rows), LARGEST)["objects"]:
            rows += page
        rows = [row for row in rows if row["id"] in graceids]
        answers[f"/api/objects?category={category}"] = {"total": len(rows), "start": 0, "objects": rows}
        about_it[f"{category}s"] = len(rows)
    for ref, film in films.items():
        answers[f"/api/objects/{ref}"] = film.document() | {"asked": []}
        answers[f"/api/objects/{ref}/alerts"] = alerts_document(film)
    return answers


def _hash(text: str) -> str:
    """How a policy names a script or a style that it lets in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
