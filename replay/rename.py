"""New ids for old ones, everywhere in a message: links, comments, lists, the superevent's events and its preferred one."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gracetape.archive import Alert, Timeline
from gracetape.errors import BadRequest, UsageError
from gracetape.ids import category_of, letters
from gracetape.replay.selection import mentions

#: Whatever looks like an id and stands alone; only known ids are replaced.
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,3}\d+[A-Za-z]*(?![A-Za-z0-9])")
_DATED = re.compile(r"(?P<stem>[TM]?(?:S|GW)\d{6})(?P<letters>[A-Za-z]+)")
#: Where records name objects.
_ONE = ("graceid", "superevent", "superevent_id", "gw_id", "preferred_event")
_MANY = ("gw_events", "em_events", "superevent_neighbours")


@dataclass(frozen=True)
class Renaming:
    """New ids by old ones. Whatever holds none of the old ids stays as it is, and is shared with the original.

    `holding` keeps, by identity, which parts of the alerts hold any, so that further copies of the same alerts need not look
    again; the alerts must live as long as it does.
    """

    names: Mapping[str, str]
    holding: dict[int, bool] | None = None

    def text(self, text: str) -> str:
        """A text with every id that stands in it replaced."""
        return _WORD.sub(self._new, text)

    def _new(self, match: re.Match[str]) -> str:
        return self.names.get(match[0], match[0])

    def value(self, value: Any) -> Any:
        """A record, list or text with every id replaced, keys included."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is not dict and kind is not list:
            return value
        if self.holding is not None and not self._holds(value):
            return value
        if kind is dict:
            return {self.names.get(key, key): self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value]

    def _holds(self, value: Any) -> bool:
        """Whether any old id is in a part of an alert."""
        if isinstance(value, str):
            return any(word in self.names for word in _WORD.findall(value))
        if not isinstance(value, dict | list):
            return False
        assert self.holding is not None
        found = self.holding.get(id(value))
        if found is None:
            parts = (*value, *value.values()) if isinstance(value, dict) else value
            found = self.holding[id(value)] = any([self._holds(p) for p in parts])  # noqa: C419 - every part is looked at
        return found

    def alert(self, alert: Alert) -> Alert:
        """The alert under its new ids."""
        record = self.value(alert.object)
        return replace(
            alert,
            graceid=self.names.get(alert.graceid, alert.graceid),
            object_id=self.names.get(alert.object_id, alert.object_id),
            data=record if alert.data is alert.object else self.value(alert.data),
            object=record,
            what=self.text(alert.what),
            file=self.text(alert.file),
            heard=self.value(alert.heard),
            heard_text="",
        )


def ids_of(timeline: Timeline) -> list[str]:
    """Every id that the objects of a timeline have or name, in a fixed order: theirs first."""
    found: dict[str, None] = dict.fromkeys(timeline.histories)
    for history in timeline.histories.values():
        found.update(dict.fromkeys(_named(history.final)))
        found.update(dict.fromkeys(sorted(mentions(history))))
    return [graceid for graceid in found if _is_id(graceid)]


def _named(value: Any) -> Iterator[str]:
    """The ids in a record's fields (never in its texts)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _ONE and isinstance(item, str):
                yield item
            elif key in _MANY and item:
                yield from item
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)


def _is_id(text: str) -> bool:
    try:
        category_of(text)
    except UsageError:
        return False
    return True


class Names:
    """Templates for ids: `T{n}` for events, `TS260101{letters}` for superevents; {n} counts from 1 over all copies.

    Superevents for which no template was given keep the kind and date of their id and get other letters.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        self._templates: dict[str, str] = {}
        for template in templates:
            category = _category(template)
            if category in self._templates:
                raise BadRequest(
                    f"two templates for the ids of {category}s: {self._templates[category]} and {template}"
                )
            self._templates[category] = template

    def copies(self, *archives: Sequence[str], count: int = 1) -> list[Callable[[int], Renaming]]:
        """For the ids of each archive: what makes the renaming of copy 0, 1, ... of them; no two ever share an id.

        BadRequest if `count` copies would.
        """
        groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, ids in enumerate(archives):
            for graceid in ids:
                groups[self._stem(graceid)].append((number, graceid))
        for template, members in groups.items():
            if "{" not in template and (many := len(members) * count) > 1:
                raise BadRequest(f"{many} ids cannot all become {template}: give a template such as T{{n}}")
        return [partial(_renaming, groups, number, {}) for number in range(len(archives))]

    def _stem(self, graceid: str) -> str:
        """The template for an id."""
        dated = _DATED.fullmatch(graceid)
        if dated is None:
            return self._templates.get("event", graceid)
        if "GW" in dated["stem"]:
            own = self._templates.get("superevent", "").replace("S", "GW").replace("{letters}", "{LETTERS}")
            return own or dated["stem"] + "{LETTERS}"
        return self._templates.get("superevent") or dated["stem"] + "{letters}"


def _renaming(
    groups: Mapping[str, Sequence[tuple[int, str]]], archive: int, holding: dict[int, bool], copy: int
) -> Renaming:
    names = {
        graceid: _filled(template, copy * len(members) + i + 1)
        for template, members in groups.items()
        for i, (number, graceid) in enumerate(members)
        if number == archive
    }
    return Renaming(names, holding)


def _filled(template: str, number: int) -> str:
    return template.format(n=number, letters=letters(number), LETTERS=letters(number).upper())


def _category(template: str) -> str:
    """Whether a template is one for events or for superevents; BadRequest if it makes no ids."""
    try:
        made = _filled(template, 1)
        return category_of(made)
    except (UsageError, LookupError, ValueError, AttributeError):
        raise BadRequest(
            f"{template!r} makes no ids: write T{{n}} for events or TS260101{{letters}} for superevents"
        ) from None
