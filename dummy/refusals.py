"""Makes refusals from the table of what a GraceDB answers (`refusal_table.py`)."""

from collections.abc import Iterable

from gracetape.dummy.problems import Problem, Style
from gracetape.dummy.refusal_table import REFUSALS


def refused(row: str, /, **params: object) -> Problem:
    """The refusal of that name, of what is given."""
    return REFUSALS[row].problem(**params)


def not_found() -> Problem:
    """404 as for any object that a look-up did not find."""
    return refused("not_found")


def form_errors(found: Iterable[tuple[str, str]]) -> Problem:
    """400 with what is wrong with the fields of an event's upload: each field and what was said of it."""
    return Problem(400, [f"{field}: * {message}" for field, message in found], Style.ERRORS)


#: What Django's forms say of an upload's fields.
REQUIRED, EMPTY = "This field is required.", "The submitted file is empty."
NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
NONE_OF_CHOICES = "Select a valid choice. {} is not one of the available choices."
