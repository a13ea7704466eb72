"""The id of an event that is yet to be made, shared by all actions of that event."""


class GraceID:
    """A graceid that is set once, when the server gives it, and read by every later action of that event.

    Reading it before it is set, and setting it a second time, raise RuntimeError.
    """

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether the id is known yet."""
        return self._value is not None

    def get(self) -> str:
        """The id; RuntimeError while it is unknown."""
        if self._value is None:
            raise RuntimeError("this GraceID is not set yet: the action that creates the event must come first")
        return self._value

    def set(self, graceid: str) -> None:
        """Keep the id that the server gave; RuntimeError if there is one already, ValueError if it is empty."""
        if not graceid:
            raise ValueError("a GraceID cannot be set to an empty id")
        if self._value is not None:
            raise RuntimeError(f"this GraceID is {self._value} already: it cannot become {graceid}")
        self._value = graceid

    def __str__(self) -> str:
        return self.get()

    def __repr__(self) -> str:
        return f"GraceID({self._value!r})" if self.is_set else "GraceID(not set)"
