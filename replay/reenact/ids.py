"""Which new id and which new log number stand for the recorded ones, and texts that name them."""

import re
from bisect import bisect_right

from gracetape.schedule import GraceID

#: Whatever stands alone as ids do; only known ones are replaced.
_WORD = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9]++(?![A-Za-z0-9_-])")


class Ids:
    """New ids by recorded ones, filled in as a server gives them."""

    def __init__(self) -> None:
        self._holders: dict[str, GraceID] = {}
        self._numbers: dict[str, list[tuple[int, int]]] = {}

    def holder(self, graceid: str) -> GraceID:
        """The shared holder of the id that a recorded object gets."""
        return self._holders.setdefault(graceid, GraceID())

    def give(self, graceid: str, new: str) -> None:
        """Keep the id that the server gave for a recorded one."""
        self.holder(graceid).set(new)

    def new(self, graceid: str) -> str:
        """The new id; RuntimeError while there is none."""
        return self.holder(graceid).get()

    @property
    def given(self) -> dict[str, str]:
        """Every new id that is known by now, by the recorded one."""
        return {graceid: holder.get() for graceid, holder in self._holders.items() if holder.is_set}

    def text(self, text: str) -> str:
        """A text with the recorded ids that it names as whole words, also inside links, replaced by the new ones."""
        given = self.given
        if not given:
            return text
        return _WORD.sub(lambda match: given.get(match[0], match[0]), text)

    def keep_number(self, graceid: str, n: int, new: int) -> None:
        """Log entry `n` of a recorded object is `new` of the new one."""
        self._numbers.setdefault(graceid, []).append((n, new))

    def number(self, graceid: str, n: int) -> int:
        """The new number of a log entry: as kept, else as far from the last one before it that was kept."""
        known = self._numbers.get(graceid, [])
        at = bisect_right(known, n, key=lambda pair: pair[0])
        old, new = known[at - 1] if at else (0, 0)
        return new + n - old
