"""Contents that come piece by piece are digested as they are, and sampled all over, in whatever pieces."""

import hashlib
import random
from collections.abc import Iterator

import pytest

from gracetape.archive.incoming import SMALL, Incoming

LARGE = 2 * SMALL


def come(contents: bytes, seed: int) -> Incoming:
    """All of them, cut anywhere."""
    found = Incoming()
    for piece in pieces(contents, seed):
        found.add(piece)
    return found


def pieces(contents: bytes, seed: int) -> Iterator[bytes]:
    random_of, at = random.Random(seed), 0
    while at < len(contents):
        length = random_of.choice((0, 1, 100, 3_000, 16 << 10, 70_000, SMALL, LARGE))
        yield contents[at : at + length]
        at += length


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, LARGE + 1])
def test_the_digest_is_that_of_the_whole(size: int) -> None:
    contents = random.Random(size).randbytes(size)
    for seed in range(5):
        found = come(contents, seed)
        assert (found.end(), found.size) == (hashlib.sha256(contents).hexdigest(), size)
        assert not found.shrinks, "noise"


def test_what_can_be_made_smaller_somewhere_is_found_wherever_that_is() -> None:
    noise = random.Random(1).randbytes(LARGE)
    for contents in (bytes(20_000) + noise, noise + bytes(20_000), noise + bytes(2 * SMALL) + noise):
        for seed in range(5):
            found = come(contents, seed)
            found.end()
            assert found.shrinks
