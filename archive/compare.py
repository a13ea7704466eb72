"""What differs between two captures."""

from dataclasses import dataclass

from gracetape.archive.store import Archive


@dataclass(frozen=True)
class Difference:
    """`change` is added, removed or changed; `kind` a kind of record or `file`; `key` which one; `fields` what changed in it."""

    change: str
    kind: str
    key: str
    fields: tuple[str, ...] = ()


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
            one, two = before.one(kind, key) or {}, after.one(kind, key) or {}
            fields = tuple(name for name in {**one, **two} if one.get(name) != two.get(name))
            found.append(Difference("changed", kind, key, fields))
        else:
            found.append(Difference("removed" if a else "added", kind, key))
    files = [{f.full_name: f for f in view.files()} for view in (before, after)]
    for name in sorted(files[0] | files[1]):
        one_file, two_file = files[0].get(name), files[1].get(name)
        if one_file != two_file:
            change = "added" if one_file is None else "removed" if two_file is None else "changed"
            found.append(Difference(change, "file", name))
    return found
