"""What is known of a server's answers already, so that it need not send again what has not changed."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_local = threading.local()


@contextmanager
def unless(tags: Mapping[str, str]) -> Iterator[None]:
    """Within the block, this thread's questions to an address of `tags` are answered 304 where the answer still has that ETag."""
    before = getattr(_local, "tags", {})
    _local.tags = tags
    try:
        yield
    finally:
        _local.tags = before


def conditions_of(url: str) -> dict[str, str]:
    """The headers that say so, for a question of this thread."""
    tag = getattr(_local, "tags", {}).get(url)
    return {} if tag is None else {"If-None-Match": tag}
