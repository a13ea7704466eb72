"""What differs between two captures."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from gracetape.archive.store import Archive
from gracetape.plain_text import plain
from gracetape.shown import human_bytes


@dataclass(frozen=True)
class Difference:
    """`change` is added, removed or changed; `kind` a kind of record or `file`; `key` which one; `fields` what changed in it, with
    the `old` and the `new` value of each (None: there was none).
    `told`: of what was added or removed, its comment or size.
    """

    change: str
    kind: str
    key: str
    fields: tuple[str, ...] = ()
    old: tuple[Any, ...] = ()
    new: tuple[Any, ...] = ()
    told: str = ""

    def rows(self) -> list[tuple[str, ...]]:
        """A row of a table for each field that changed; one for what was added or removed."""
        begin = (self.change, self.kind, self.key)
        values = zip(self.fields, self.old, self.new, strict=True)
        found = [(*begin, name, *(json.dumps(value, ensure_ascii=False) for value in pair)) for name, *pair in values]
        return found or [(*begin, "", *((self.told, "") if self.change == "removed" else ("", self.told)))]


def compare(archive: Archive, old: str, new: str) -> list[Difference]:
    """The differences from capture `old` to capture `new`, in the order of records, then files."""
    before, after = archive.view(old), archive.view(new)
    left = {(kind, key): sha256 for kind, key, _, sha256 in before.items()}
    right = {(kind, key): sha256 for kind, key, _, sha256 in after.items()}
    found = []
    for kind, key in [*left, *(item for item in right if item not in left)]:
        a, b = left.get((kind, key)), right.get((kind, key))
        if a == b:
            continue
        if a and b:
            found.append(_changed(kind, key, before.one(kind, key) or {}, after.one(kind, key) or {}))
        else:
            record = (before if a else after).one(kind, key) or {}
            found.append(
                Difference("removed" if a else "added", kind, key, told=plain(str(record.get("comment") or "")))
            )
    files = [{f.full_name: f for f in view.files()} for view in (before, after)]
    for name in sorted(files[0] | files[1]):
        one_file, two_file = files[0].get(name), files[1].get(name)
        if one_file != two_file:
            if one_file is None or two_file is None:
                size = human_bytes((one_file or two_file).size)  # type: ignore[union-attr]
                found.append(Difference("added" if one_file is None else "removed", "file", name, told=size))
            else:
                found.append(_changed("file", name, asdict(one_file), asdict(two_file)))
    return found


def _changed(kind: str, key: str, old: dict[str, Any], new: dict[str, Any]) -> Difference:
    fields = tuple(name for name in {**old, **new} if old.get(name) != new.get(name))
    before, after = (tuple(record.get(name) for name in fields) for record in (old, new))
    return Difference("changed", kind, key, fields, before, after)
