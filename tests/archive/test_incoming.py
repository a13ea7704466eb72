"""Contents that come piece by piece are digested as they are, in whatever pieces, in one thread or two."""

import hashlib
import random
import threading
from collections.abc import Iterator

import pytest

from gracetape.archive import incoming
from gracetape.archive.incoming import Incoming

#: Bytes from which on a thread digests, and of its portions, here.
LARGE, CHUNK = 50_000, 7_000


@pytest.fixture(autouse=True)
def soon_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "_LARGE", LARGE)
    monkeypatch.setattr(incoming, "CHUNK", CHUNK)


def pieces(contents: bytes, seed: int) -> Iterator[bytes]:
    """All of them, cut anywhere."""
    random_of, at = random.Random(seed), 0
    while at < len(contents):
        length = random_of.choice((0, 1, 100, 3_000, CHUNK, 3 * CHUNK))
        yield contents[at : at + length]
        at += length


@pytest.mark.parametrize("size", [0, 1, LARGE - 1, LARGE, LARGE + 1, LARGE + CHUNK, 10 * LARGE])
def test_the_digest_is_that_of_the_whole(size: int) -> None:
    contents = random.Random(size).randbytes(size)
    for seed in range(5):
        with Incoming() as come:
            for piece in pieces(contents, seed):
                come.add(piece)
            assert (come.end(), come.size) == (hashlib.sha256(contents).hexdigest(), size)
            assert not come.shrinks, "noise"


def test_what_is_large_is_sampled_wherever_it_can_be_made_smaller() -> None:
    noise = random.Random(1).randbytes(2 * incoming.SMALL)
    for contents in (bytes(20_000) + noise, noise + bytes(20_000)):
        with Incoming() as come:
            for piece in pieces(contents, 2):
                come.add(piece)
            come.end()
            assert come.shrinks


def test_no_thread_is_left_by_what_broke_off() -> None:
    before = threading.active_count()
    with pytest.raises(ConnectionError), Incoming() as come:  # noqa: PT012
        come.add(bytes(LARGE))
        come.add(bytes(CHUNK))
        raise ConnectionError
    assert threading.active_count() == before
