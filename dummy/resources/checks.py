"""Checks of a request's fields: the server tells of everything that is wrong with them at once."""

from collections.abc import Callable
from typing import Any

from gracetape.dummy.forms import Form
from gracetape.dummy.problems import Problem, invalid_fields
from gracetape.dummy.refusals import refused


class Checks:
    """Reads fields, and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def read(self, reader: Callable[..., Any], *given: Any) -> Any:
        """What a reader makes of a field; None if it refused."""
        try:
            return reader(*given)
        except Problem as problem:
            self.wrong.append(str(problem.said))
            return None

    def end(self) -> None:
        """Problem (400) if anything was wrong."""
        if self.wrong:
            raise invalid_fields(self.wrong)


def required(form: Form, name: str) -> Any:
    """The value of a field; Problem (400) if there is none."""
    if (value := form.get(name)) is None:
        raise refused("required")
    return value
