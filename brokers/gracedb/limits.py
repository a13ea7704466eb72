"""How much of a server is borne: the one table of limits on its answers in time, size and number."""

import os
from dataclasses import dataclass, fields, replace
from typing import Self

#: The variable that sets some of them otherwise, as in `answer_s=20,file_bytes=1e9`.
VARIABLE = "GRACETAPE_LIMITS"


@dataclass(frozen=True)
class Limits:
    """Seconds (`_s`), bytes and counts. Each is several times what a GraceDB in trouble needs, and a bearable loss."""

    connect_s: float = 20.0
    silence_s: float = 30.0  # without `portion_bytes`, or the end
    answer_s: float = 300.0  # for one answer, from the question to its last byte; a file may take as long as it comes
    write_s: float = (
        3600.0  # the same for what is written, uploads with it: they may be slow, and are not to be repeated
    )
    pauses_s: float = 300.0  # between all attempts at one question, as a busy server asks for
    portion_bytes: int = 32 << 10  # so that 1 kB/s is the slowest
    answer_bytes: int = 64 << 20  # unpacked; 8,000 log entries are 10 MB
    list_bytes: int = 128 << 20  # of one list, all pages together
    answer_values: int = 5_000_000  # a byte or two of JSON is a hundred in memory
    depth: int = 100
    error_bytes: int = 64 << 10  # what is read of an answer that is no success
    pages: int = 1000  # of one list
    rows: int = 500_000  # of one list, all pages together
    members: int = 20_000  # of one superevent
    file_bytes: int = 64 << 30  # a server that tells no length can send for ever

    @classmethod
    def meant(cls) -> Self:
        """The limits with what $GRACETAPE_LIMITS says otherwise; ValueError with a sentence if that cannot be read."""
        wanted = os.environ.get(VARIABLE, "")
        kinds = {field.name: float if field.name.endswith("_s") else int for field in fields(cls)}
        found: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in wanted.split(","))):
            name, _, text = part.partition("=")
            try:
                found[name] = kinds[name](float(text))
            except (KeyError, ValueError, OverflowError):
                raise ValueError(
                    f"{VARIABLE}: cannot read {part!r}: write NAME=NUMBER, names are {', '.join(kinds)}"
                ) from None
            if not found[name] > 0:
                raise ValueError(f"{VARIABLE}: {part!r} is no limit: write a number above 0")
        return replace(cls(), **found)  # type: ignore[arg-type]
