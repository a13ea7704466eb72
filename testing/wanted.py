"""What a test wants of tapes: the words of `@pytest.mark.tape(...)`, which `TapeTestCase` and `TapeSession` take too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources.abc import Traversable
from os import PathLike
from typing import Any

from gracetape.dummy import option_checks
from gracetape.errors import GracetapeError, UsageError
from gracetape.ids import is_graceid

#: Options of the dummy that a mark may give: all but what `alerts` is for.
OPTIONS = tuple(name for name in option_checks.OPTIONS if name != "on_alert")
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
    for name, value in kwargs.items():
        _check(name, "a list: one mark is that of many tests", not isinstance(value, Iterator))
    ids = kwargs.get("ids", ())
    ids = (ids,) if isinstance(ids, str) else tuple(ids) if isinstance(ids, Iterable) else (ids,)
    _check("ids", "an id, or a list of them", all(isinstance(graceid, str) and is_graceid(graceid) for graceid in ids))
    _check("service", "a URL", isinstance(kwargs.get("service"), str | None))
    _check("checksum", "as 'sha256:…'", isinstance(kwargs.get("checksum"), str | None))
    _check("cutoff", "a log entry's N, 'ID:N', {'ID': N} or a UTC time", _is_moment(kwargs.get("cutoff")))
    names: list[str | Traversable | None] = [_name(arg) for arg in args] or [None]
    rest = {name: value for name, value in kwargs.items() if name in OPTIONS}
    try:
        option_checks.check_options(rest)
    except GracetapeError as error:
        raise UsageError(f"the mark tape's {error}") from None
    if kwargs.get("cutoff") is not None and set(names) == {EMPTY}:
        raise UsageError(
            "the mark tape's cutoff makes no sense: tape(None) is a GraceDB that holds nothing, at any moment"
        )
    own = {name: kwargs.get(name) for name in ("cutoff", "service", "checksum")}
    return [WantedTape(name, ids=ids, options=rest, **own) for name in names]


def _check(option: str, what: str, fits: bool) -> None:
    if not fits:
        raise UsageError(f"the mark tape's {option} makes no sense: write {what}")


def _is_moment(cutoff: Any) -> bool:
    if isinstance(cutoff, Mapping):
        return bool(cutoff) and all(isinstance(name, str) and type(n) is int for name, n in cutoff.items())
    return isinstance(cutoff, int | str | datetime | None) and not isinstance(cutoff, bool)


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
