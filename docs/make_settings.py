"""Writes the table of settings in docs/settings.md from the code: `python docs/make_settings.py`. A test says where the two differ."""

from pathlib import Path

from gracetape.settings import SETTINGS, Trust

PAGE = Path(__file__).parent / "settings.md"
BEGIN, END = "<!-- settings: written by docs/make_settings.py -->", "<!-- end of settings -->"
#: Who may set it, in a word.
WHO = {
    Trust.anyone: "project",
    Trust.inside: "project, in its folder",
    Trust.target: "project, [bounded](#what-a-projects-file-may-say)",
    Trust.service: "project, [without a login](#what-a-projects-file-may-say)",
    Trust.user: "you",
    Trust.environment: "the environment alone",
}


def table() -> str:
    """The table as the page has it."""
    rows = [
        f"| `{one.name}` | `{one.variable}` | {one.what} | {one.kind.wants} | {WHO[one.trust]} |" for one in SETTINGS
    ]
    head = ["| key | variable | what it is | value | who may set it in a file |", "|---|---|---|---|---|"]
    return "\n".join([BEGIN, "", *head, *rows, "", END])


def main() -> None:
    """Write the page again."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    PAGE.write_text(text[:begin] + table() + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
