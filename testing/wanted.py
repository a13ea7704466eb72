"""What a test wants of tapes: the words of `@pytest.mark.tape(...)`, which `TapeTestCase` and `TapeSession` take too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources.abc import Traversable
from os import PathLike
from typing import Any

from gracetape.dummy.faults import Fault, Faults
from gracetape.errors import UsageError

#: Options of the dummy that a mark may give.
OPTIONS = ("api_default", "faults", "grouping", "labels", "now", "pipelines", "searches", "seed", "throttle", "user")
_OWN = ("cutoff", "ids", "service", "checksum")
AsOf = int | str | Mapping[str, int] | datetime | None


@dataclass(frozen=True)
class WantedTape:
    """One mark. `name` is a path, a URL or, if it is EMPTY, a GraceDB that holds nothing; None: where the test's own tape lies;
    a Traversable: inside a package that is a zip file.

    `cutoff`: as of what moment (as `as_of` of `dummy.GraceDb`). `ids` and `service`: what is recorded, and from where.
    `checksum` (`sha256:…`) is that of what a URL leads to. `options` are the dummy's.
    """

    name: str | Traversable | None = None
    cutoff: AsOf = None
    ids: tuple[str, ...] = ()
    service: str | None = None
    checksum: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


#: The name of a tape with nothing on it.
EMPTY = ""


def read_mark(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[WantedTape]:
    """The tapes that the words of one mark mean; UsageError with one sentence if they mean nothing."""
    unknown = sorted(set(kwargs) - {*_OWN, *OPTIONS})
    if unknown:
        raise UsageError(f"the mark tape has no option {unknown[0]!r} (it has {', '.join((*_OWN, *OPTIONS))})")
    ids = kwargs.get("ids", ())
    ids = (ids,) if isinstance(ids, str) else tuple(ids) if isinstance(ids, Iterable) else (ids,)
    faults = kwargs.get("faults", ())
    _check("ids", "an id, or a list of them", all(isinstance(graceid, str) for graceid in ids))
    _check("service", "a URL", isinstance(kwargs.get("service"), str | None))
    _check("checksum", "as 'sha256:…'", isinstance(kwargs.get("checksum"), str | None))
    _check("cutoff", "a log entry's N, 'ID:N', {'ID': N} or a UTC time", _is_moment(kwargs.get("cutoff")))
    _check(
        "faults",
        "a rule, or a list of them, as 'POST */logs/*:503:0.1'",
        isinstance(faults, str | Faults)
        or (isinstance(faults, Iterable) and all(isinstance(rule, str | Fault) for rule in faults)),
    )
    names: list[str | Traversable | None] = [_name(arg) for arg in args] or [None]
    rest = {name: value for name, value in kwargs.items() if name in OPTIONS}
    own = {name: kwargs.get(name) for name in ("cutoff", "service", "checksum")}
    return [WantedTape(name, ids=ids, options=rest, **own) for name in names]


def _check(option: str, what: str, fits: bool) -> None:
    if not fits:
        raise UsageError(f"the mark tape's {option} makes no sense: write {what}")


def _is_moment(cutoff: Any) -> bool:
    if isinstance(cutoff, Mapping):
        return bool(cutoff) and all(isinstance(name, str) and isinstance(n, int) for name, n in cutoff.items())
    return isinstance(cutoff, int | str | datetime | None)


def _name(arg: Any) -> str | Traversable:
    if arg is None:
        return EMPTY
    if isinstance(arg, str | PathLike):
        return str(arg)
    if isinstance(arg, Traversable):
        return arg
    raise UsageError(
        f"the mark tape takes names of tapes, not {arg!r}: write tape('NAME.tape'), or tape(None) for an empty GraceDB"
    )
