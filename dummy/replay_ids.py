"""Replay ids: names of the replay analyses that events belong to."""

import re

_FORM = re.compile(r"[A-Za-z0-9_-]{1,30}")
FORM_TEXT = "up to 30 characters of A-Z a-z 0-9 _ -"


def checked(given: object) -> tuple[str | None, str | None]:
    """(the id, None), or (None, what is wrong with it); both None if none was given."""
    if given in (None, ""):
        return None, None
    text = str(given)
    if _FORM.fullmatch(text):
        return text, None
    return None, f"malformed replay_id {text!r}: it has {FORM_TEXT}"
