"""What differs between two records, as a patch: `{name: [new]}` sets, `{name: 0}` takes away, `{name: {…}}` goes into an object."""

from typing import Any

Record = dict[str, Any]


def patch(old: Record, new: Record) -> Record:
    """What makes `new` of `old`; empty if they are equal."""
    found: Record = {name: 0 for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if name not in old:
            found[name] = [value]
        elif before != value or type(before) is not type(value):
            inside = patch(before, value) if isinstance(before, dict) and isinstance(value, dict) else {}
            found[name] = inside or [value]
    return found


def patched(old: Record, change: Record) -> Record:
    """The record after a patch; what the patch does not touch is shared with the old one."""
    found = dict(old)
    for name, how in change.items():
        if isinstance(how, list):
            found[name] = how[0]
        elif isinstance(how, dict):
            found[name] = patched(found[name], how)
        else:
            del found[name]
    return found
