"""What people read of a stranger's text: HTML as the text that a browser shows, on one line, cut to a length."""

from collections.abc import Iterable
from html.parser import HTMLParser

from gracetape.shown import printable

#: Characters of a text that are looked at: of a page that somebody pasted, the beginning is enough for a line.
_MOST = 2000


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = list[str]()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.parts.append(" " if tag in ("br", "p", "li", "tr", "td", "div") else "")


def plain(text: object) -> str:
    """The text on one line, without markup and without characters that a terminal obeys."""
    whole = str(text)[:_MOST]
    if "<" in whole or "&" in whole:
        reader = _Text()
        reader.feed(whole)
        whole = "".join(reader.parts) + reader.rawdata  # what is left is no tag that ends
    return " ".join(printable(whole).split())


def cut(text: str, longest: int) -> str:
    """The text in at most `longest` cells of a terminal, an ellipsis for what is left out."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= longest:
        return text
    return set_cell_size(text, longest - 1).rstrip() + "…" if longest > 0 else ""


def cut_within(text: str, longest: int) -> str:
    """The same, with what is left out in the middle, so that the end of a name stays: `a_long_na…e.fits.gz,1`."""
    from rich.cells import cell_len

    if cell_len(text) <= longest:
        return text
    end, most = "", max(longest - 1, 0) * 2 // 5
    for letter in reversed(text):
        if cell_len(letter + end) > most:
            break
        end = letter + end
    return cut(text, longest - cell_len(end)) + end


def by_cause(lines: Iterable[str], named: int = 2) -> list[str]:
    """`NAME: cause` lines, those of one cause as one: `a.png, b.png and 19 more: the cause`."""
    causes: dict[str, list[str]] = {}
    for line in lines:
        name, _, cause = line.partition(": ")
        causes.setdefault(cause, []).append(name)
    more = {cause: f" and {len(names) - named} more" if len(names) > named else "" for cause, names in causes.items()}
    return [f"{', '.join(names[:named])}{more[cause]}: {cause}" for cause, names in causes.items()]
