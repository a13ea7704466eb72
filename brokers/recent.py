"""Which things were seen lately."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable


class Recent:
    """Remembers the last `most` things that it was told of."""

    def __init__(self, most: int, seen: Iterable[Hashable] = ()) -> None:
        self.most = most
        self._seen = OrderedDict[Hashable, None]()  # an ordinary dict is slow to give away its oldest
        for key in seen:
            self.is_new(key)

    def __repr__(self) -> str:
        return f"<Recent {len(self._seen)} of {self.most} at most>"

    def is_new(self, key: Hashable) -> bool:
        """Whether a thing is told of for the first time, as far as is remembered; remembers it."""
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self.most:
            self._seen.popitem(last=False)
        return True
