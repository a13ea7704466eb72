"""Whether an alert was called significant, told by the labels of its superevent where nothing says it."""

from collections.abc import Iterable

#: What gwcelery puts on a superevent of which it tells the public as one of the less significant, and on all others.
LESS = frozenset({"LOW_SIGNIF_LOCKED", "LOW_SIGNIF_PRELIM_SENT"})
MORE = frozenset({"SIGNIF_LOCKED", "EARLY_WARNING", "GCN_PRELIM_SENT", "ADVREQ", "ADVOK", "ADVNO"})


def is_significant(kind: str, labels: Iterable[str]) -> bool:
    """Of an alert of a type (code of VOEVENT_TYPES) at a superevent with these labels; only preliminary ones can be less."""
    held = set(labels)
    return kind != "PR" or not held & LESS or bool(held & MORE)
