"""Captures of a large file that are killed again and again come to its contents as they are now, whatever the server makes of ranges."""

import hashlib
import os
import random
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gracetape import capture
from gracetape.archive import Archive
from gracetape.archive.partials import LEAST, Whose, partial_of
from gracetape.archive.verify import verify
from gracetape.capture import transfers
from tests import commands
from tests.capture.conftest import Source
from tests.waiting import eventually

LARGE = "large.bin"
SIZE, PIECE = LEAST + 12_345, 1 << 19
Answer = tuple[str, dict[str, str], bytes]


@dataclass
class Large:
    """A file of a server: its contents, how parts of it are answered, and a place at which the next answer is held."""

    contents: bytes
    part: Callable[["Large", int], Answer]
    asked: list[str] = field(default_factory=list)
    hold_at: int = -1
    held: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    @property
    def size(self) -> int:
        return len(self.contents)

    @property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.contents).hexdigest()}"'

    def before(self, app: Any) -> Any:
        """A WSGI application that answers for the file, and `app` for everything else."""

        def answer(environ: dict[str, Any], respond: Any) -> Any:
            if LARGE not in environ["PATH_INFO"]:
                return app(environ, respond)
            wanted = re.fullmatch(r"bytes=(\d+)-", environ.get("HTTP_RANGE", ""))
            self.asked.append(environ.get("HTTP_RANGE", ""))
            # Of this answer alone: the one before may go on for a moment, to a capture that was killed.
            hold_at, self.hold_at = self.hold_at, -1
            same = environ.get("HTTP_IF_RANGE") == self.tag
            whole: Answer = "200 OK", {"ETag": self.tag}, self.contents
            status, headers, body = (
                self.part(self, int(wanted[1])) if wanted and (same or self.part is not right) else whole
            )
            respond(status, list({**headers, "Content-Length": str(len(body))}.items()))
            return self._pieces(body, hold_at)

        return answer

    def _pieces(self, body: bytes, hold_at: int) -> Iterator[bytes]:
        for start in range(0, len(body), PIECE):
            if 0 <= hold_at <= start:
                hold_at = -1
                self.held.set()
                self.go_on.wait(60)
            yield body[start : start + PIECE]


def right(file: Large, first: int) -> Answer:
    said = {"ETag": file.tag, "Content-Range": f"bytes {first}-{file.size - 1}/{file.size}"}
    return "206 Partial Content", said, file.contents[first:]


def ignored(file: Large, first: int) -> Answer:
    return "200 OK", {"ETag": file.tag}, file.contents


def of_elsewhere(file: Large, first: int) -> Answer:
    said = {"ETag": file.tag, "Content-Range": f"bytes 100-{file.size - 1}/{file.size}"}
    return "206 Partial Content", said, file.contents[100:]


def untold(file: Large, first: int) -> Answer:
    return "206 Partial Content", {"ETag": file.tag}, file.contents[first:]


def without_tag(file: Large, first: int) -> Answer:
    return "206 Partial Content", {"Content-Range": f"bytes {first}-{file.size - 1}/{file.size}"}, file.contents[first:]


def of_another_length(file: Large, first: int) -> Answer:
    said = {"ETag": file.tag, "Content-Range": f"bytes {first}-{file.size}/{file.size + 1}"}
    return "206 Partial Content", said, file.contents[first:] + b"!"


def longer_than_told(file: Large, first: int) -> Answer:
    said = {"ETag": file.tag, "Content-Range": f"bytes {first}-{file.size - 1}/{file.size}"}
    return "206 Partial Content", said, file.contents[first:] + b"!"


def beyond(file: Large, first: int) -> Answer:
    return "416 Range Not Satisfiable", {"Content-Range": f"bytes */{file.size}"}, b"no"


def killed(source: Source, file: Large, tape: Path, at: int) -> None:
    """A capture that is killed when so much of an answer with the file was sent, and some of it is on the disk."""
    file.held.clear()
    file.go_on.clear()
    file.hold_at = at
    with commands.Popen(["capture", source.graceid, "--service-url", source.url, "-q", "-a", tape]) as process:
        try:
            eventually(lambda: file.held.is_set() or process.poll() is not None)
            assert process.poll() is None
            eventually(lambda: _on_disk(tape) > 0)
        finally:
            process.kill()
            file.go_on.set()


def _on_disk(tape: Path) -> int:
    return sum(path.stat().st_size for path in tape.glob("partial/*") if path.suffix != ".json")


def captured(source: Source, tape: Path) -> bytes:
    """The file as the next capture has it."""
    commands.run(["capture", source.graceid, "--service-url", source.url, "-q", "-a", tape], check=True)
    with Archive.open(tape) as archive:
        entry = archive.view(source.graceid).file(LARGE)
        assert entry is not None
        assert list(verify(archive)) == []
        assert not (tape / "partial").exists()
        return b"".join(archive.read(entry))


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "a.tape"


def served(source: Source, part: Callable[[Large, int], Answer], size: int) -> Large:
    source.client.write_log(source.graceid, "a large file", LARGE, b"another app answers for it")
    file = Large(os.urandom(size), part)
    source.faulty.app = file.before(source.faulty.app)
    return file


def test_each_goes_on_where_the_one_before_was_killed(source: Source, tape: Path) -> None:
    file, chance = served(source, right, SIZE), random.Random(5)
    for _ in range(2):
        killed(source, file, tape, chance.randrange(PIECE, SIZE - _on_disk(tape) - PIECE))
    assert captured(source, tape) == file.contents
    begins = [int(asked.removeprefix("bytes=").rstrip("-") or 0) for asked in file.asked]
    assert begins[0] == 0
    assert 0 < begins[1] <= begins[2]


def test_a_file_that_was_replaced_between_two_kills_is_fetched_anew(source: Source, tape: Path) -> None:
    file = served(source, right, SIZE)
    killed(source, file, tape, SIZE // 2)
    file.contents = os.urandom(SIZE)
    killed(source, file, tape, SIZE // 3)
    assert captured(source, tape) == file.contents


@pytest.mark.parametrize("replaced", [False, True], ids=["the same", "replaced"])
@pytest.mark.parametrize(
    "part", [right, ignored, of_elsewhere, untold, without_tag, of_another_length, longer_than_told, beyond], ids=lambda part: part.__name__
)  # fmt: skip
def test_no_part_is_taken_for_what_it_is_not(
    source: Source, tape: Path, part: Callable[[Large, int], Answer], replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "LEAST", 1 << 18)
    file = served(source, part, 1 << 19)
    with Archive.create(tape) as archive, capture.connect(source.url) as client:
        address, whose = f"{source.url}events/{source.graceid}/files/{LARGE},0", Whose(source.graceid, LARGE, 0)
        left = partial_of(archive, address, whose, make=True)
        assert left is not None
        with left:  # as a killed capture leaves it
            left.keep(file.tag, file.size)
            os.write(left.handle, file.contents[: 1 << 18])
        if replaced:
            file.contents = os.urandom(file.size)
        capture.capture([source.graceid], archive, client, pattern=LARGE)
        entry = archive.view(source.graceid).file(LARGE)
        assert entry is not None
        assert b"".join(archive.read(entry)) == file.contents
        assert list(verify(archive)) == []
    assert file.asked[0] == f"bytes={1 << 18}-"
    assert len(file.asked) == (1 if part is ignored or part is right else 2)
