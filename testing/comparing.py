"""Whether alerts are those that were expected, and a difference that people can read if they are not."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gracetape.archive import Alert
from gracetape.errors import UsageError
from gracetape.message_lines import read_line, text_of
from gracetape.shown import printable
from gracetape.testing.masking import masked, without_root

Payload = dict[str, Any]
_MOST_FIELDS, _MOST_LETTERS = 12, 70
NOTHING = object()


def assert_same_alerts(
    got: Iterable[Any] | Path, expected: Iterable[Any] | Path, *, ignore: Collection[str] = (), mask: bool = False
) -> None:
    """AssertionError if two runs of alerts differ; it tells what is missing, what came besides, and which fields differ.

    Alerts may be `Alert`s, messages (dicts), lines of a message file, or the path of one. The API's root in links is never
    compared; `ignore` names fields that are not, at any depth; with `mask`, times and the numbers of events are not, either.
    """
    came, wanted = (_payloads(alerts, frozenset(ignore), mask) for alerts in (got, expected))
    if came != wanted:
        first = f"the alerts differ ({len(wanted)} expected, {len(came)} came):"
        raise AssertionError("\n".join([first, *_differences(came, wanted)]))


def _payloads(alerts: Iterable[Any] | Path, ignore: frozenset[str], mask: bool) -> list[Payload]:
    if isinstance(alerts, Path):
        alerts = _lines(alerts)
    payloads = [payload for number, alert in enumerate(alerts, 1) if (payload := _payload(alert, number)) is not None]
    found = masked(payloads) if mask else [without_root(payload) for payload in payloads]
    return [_without(payload, ignore) for payload in found]


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if text_of(line)]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no file of messages: {getattr(error, 'strerror', None) or error}") from None


def _payload(alert: Any, number: int) -> Payload | None:
    if isinstance(alert, Alert):
        return alert.payload()
    try:
        if isinstance(alert, str | bytes):
            return read_line(alert).payload
        if not isinstance(alert, Mapping):
            raise TypeError("it is no Alert, message, or line of a message file")
    except (TypeError, ValueError) as error:
        raise UsageError(f"number {number} of the alerts to compare, {shown(alert)}, is none: {error}") from None
    return dict(alert["payload"] if "payload" in alert and "node" in alert else alert)


def _without(value: Any, ignore: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, ignore) for key, item in value.items() if key not in ignore}
    return [_without(item, ignore) for item in value] if isinstance(value, list) else value


def _title(payload: Payload) -> str:
    return printable(f"{payload.get('alert_type')} of {payload.get('uid')}")


def _differences(came: list[Payload], wanted: list[Payload]) -> Iterator[str]:
    """Lines: alerts are put side by side by type and object, then their fields are compared."""
    titles = [_title(payload) for payload in wanted], [_title(payload) for payload in came]
    for _, begin, end, first, last in SequenceMatcher(None, *titles, autojunk=False).get_opcodes():
        for a, b in zip_longest(range(begin, end), range(first, last)):
            if a is not None and b is not None and titles[0][a] == titles[1][b]:
                fields = [
                    f"       {printable(field)}: {shown(one)} expected, {shown(other)} came"
                    for field, one, other in differing(wanted[a], came[b])
                ]
                if fields:
                    yield f"  {a + 1}. {titles[0][a]}:"
                    yield from fields[:_MOST_FIELDS]
                    if len(fields) > _MOST_FIELDS:
                        yield f"       … and {len(fields) - _MOST_FIELDS} fields more"
                continue
            if a is not None:
                yield f"- {a + 1}. {titles[0][a]}: expected, and did not come"
            if b is not None:
                yield f"+ {b + 1}. {titles[1][b]}: came, and was not expected"


def differing(wanted: Any, came: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two records differ (`data.tag_names[0]`), with the value of each; NOTHING where one lacks it."""
    if isinstance(wanted, dict) and isinstance(came, dict):
        for key in [*wanted, *(key for key in came if key not in wanted)]:
            name = f"{path}.{key}" if path else str(key)
            yield from differing(wanted.get(key, NOTHING), came.get(key, NOTHING), name)
    elif isinstance(wanted, list) and isinstance(came, list) and len(wanted) == len(came):
        for place, (one, other) in enumerate(zip(wanted, came, strict=True)):
            yield from differing(one, other, f"{path}[{place}]")
    elif wanted is not came and (wanted != came or type(wanted) is not type(came)):
        yield path, wanted, came


def shown(value: Any) -> str:
    """A value on one short line."""
    text = "nothing" if value is NOTHING else printable(repr(value))
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
