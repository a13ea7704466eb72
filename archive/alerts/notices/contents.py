"""The contents of a file that goes out inside of a notice: held once, put into each message in the form of its wire."""

import base64
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, eq=False)
class Contents:
    """A file's contents as they were kept, by the name and version that they have there (`bayestar.multiorder.fits,0`)."""

    name: str
    data: bytes = field(repr=False)

    @cached_property
    def base64(self) -> str:
        """As JSON holds them."""
        return base64.b64encode(self.data).decode("ascii")
