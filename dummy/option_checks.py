"""What the options of a dummy may be: one that makes no sense is told in a sentence before anything answers."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from gracetape.dummy.faults import Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.server_settings import ServerSettings, check_first_id, check_names, check_version
from gracetape.dummy.throttle import Throttle
from gracetape.errors import UsageError

_Fits = Callable[[Any], bool]
_NAMES = "a name, or a list of them"


def _are_rules(value: Any) -> bool:
    """Also whether each can be read; what can be gone through only once is read where it is used."""
    if isinstance(value, str | Faults):
        value = [value] if isinstance(value, str) else value.rules
    if isinstance(value, Collection) and all(isinstance(rule, str | Fault) for rule in value):
        Faults(value)
        return True
    return isinstance(value, Iterable) and not isinstance(value, Collection)


def _names(what: str) -> _Fits:
    def fits(value: Any) -> bool:
        if isinstance(value, Collection) and not isinstance(value, bytes | Mapping):
            check_names(what, value)
            return True
        return isinstance(value, Iterable) and not isinstance(value, Collection)

    return fits


def _said(check: Callable[[Any], object]) -> _Fits:
    """Fits what a check that raises lets through."""
    return lambda value: (check(value), True)[1]


#: Option -> what to write, and whether a value is that. Each is a keyword of `make_app`, but for the seed of its faults.
_ROWS: dict[str, tuple[str, _Fits]] = {
    "api_default": ("'v1' or 'v2'", lambda value: value in ("v1", "v2")),
    "faults": ("a rule, or a list of them, as 'POST */logs/*:503:0.1'", _are_rules),
    "first_id": ("a whole number", _said(check_first_id)),
    "grouping": ("a dummy.grouping.Grouping", lambda value: isinstance(value, Grouping | None)),
    "labels": (_NAMES, _names("label")),
    "now": ("a function that gives a datetime in UTC", lambda value: value is None or callable(value)),
    "on_alert": ("a function that takes an alert", lambda value: value is None or callable(value)),
    "pipelines": (_NAMES, _names("pipeline")),
    "searches": (_NAMES, _names("search")),
    "seed": ("a whole number", lambda value: isinstance(value, int)),
    "server_version": ("a version, as '2.35'", _said(check_version)),
    "settings": ("a dummy.server_settings.ServerSettings", lambda value: isinstance(value, ServerSettings | None)),
    "throttle": ("True, or a dummy.Throttle", lambda value: isinstance(value, bool | Throttle)),
    "user": ("a name", lambda value: isinstance(value, str) and bool(value.strip())),
}
OPTIONS = tuple(_ROWS)


def check_options(options: Mapping[str, Any]) -> None:
    """UsageError for the first of these options that is none, or whose value makes no sense."""
    for name, value in options.items():
        if name not in _ROWS:
            raise UsageError(f"there is no option {name!r} (there are {', '.join(OPTIONS)})")
        what, fits = _ROWS[name]
        if not fits(value):
            raise UsageError(f"{name} makes no sense ({value!r:.80}): write {what}")
