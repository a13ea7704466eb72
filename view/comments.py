"""Comments of strangers as the page may show them: their HTML cut down to what formats text, by a library that is kept well (nh3)."""

from functools import cache
from urllib.parse import urlsplit

import nh3

#: Characters of a comment that are shown; the record, which the page shows too, has all of them.
MOST = 20_000
_TAGS = frozenset(
    "a abbr b blockquote br caption code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre q s small span "
    "strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


@cache
def _cleaner(root: str) -> nh3.Cleaner:
    """What cleans comments whose relative links are those of a server."""
    return nh3.Cleaner(
        tags=set(_TAGS), attributes={name: set(allowed) for name, allowed in _ATTRIBUTES.items()},
        clean_content_tags={"script", "style", "iframe", "object", "embed", "noscript", "template", "svg", "math"},
        url_schemes={"http", "https", "mailto"}, url_relative=("rewrite_with_base", root) if root else "deny",
        link_rel="noopener noreferrer", set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip


def shown_html(comment: str, service: str) -> str | None:
    """A comment as safe HTML, its relative links led to the server it came from; None if it is plain text."""
    if "<" not in comment and "&" not in comment:
        return None
    text = comment[:MOST].encode(errors="replace").decode()  # half a surrogate pair is no letter
    try:
        return _cleaner(_root(service)).clean(text)
    except ValueError:  # a service at an address that no browser knows
        return _cleaner("").clean(text)


def _root(service: str) -> str:
    """The web address of the server with that API root; nothing where it is not one of the web."""
    try:
        split = urlsplit(service)
        return f"{split.scheme}://{split.netloc}/" if split.scheme in ("http", "https") and split.netloc else ""
    except ValueError:
        return ""
