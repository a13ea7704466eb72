"""Which target a URL means: a table from schemes to targets, every kind of broker, and what other packages add as entry points."""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Protocol, runtime_checkable

from gracetape.brokers.kinds import BROKERS
from gracetape.destinations import check_messages
from gracetape.errors import BadRequest
from gracetape.lazy import entry_points
from gracetape.replay.message import Message
from gracetape.replay.targets.stream import Existing, FileTarget

#: Other packages add targets as entry points of this group, named by their scheme.
ENTRY_POINTS = "gracetape.targets"

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)


class Target(Protocol):
    """Somewhere that messages are delivered to, one call per message and node."""

    def send(self, message: Message) -> None:
        """Deliver it now; ReplayError if that is impossible."""

    def close(self) -> str | None:
        """Finish; one sentence if something went wrong on the way that the user should know, else None."""


@runtime_checkable
class Counted(Protocol):
    """A target that counts its deliveries besides."""

    def told(self) -> str:
        """What was delivered, for the end of a replay."""


#: Makes a target from what follows `scheme:` in its URL; BadRequest if that names nothing usable.
Factory = Callable[[str], Target]

_factories: dict[str, Factory] = {}


def register(scheme: str, factory: Factory) -> None:
    """Let URLs `scheme:REST` mean `factory(REST)`."""
    _factories[scheme] = factory


def schemes() -> list[str]:
    """Every scheme that is known now, our own first."""
    others = (entry.name for entry in entry_points(group=ENTRY_POINTS))
    return list(dict.fromkeys((*_factories, *BROKERS, *others)))


def _factory(scheme: str) -> Factory:
    if scheme in _factories:
        return _factories[scheme]
    if scheme in BROKERS:
        from gracetape.replay.targets.broker import BrokerTarget  # who sends nothing there needs nothing of it

        return partial(BrokerTarget, scheme)
    for entry in entry_points(group=ENTRY_POINTS, name=scheme):
        factory: Factory = entry.load()
        return factory
    known = ", ".join("-" if s == "-" else f"{s}:" for s in schemes())
    raise BadRequest(f"there is no target of the kind {scheme}: (known: {known}; a bare path writes a file)")


def open_target(url: str, really: Collection[str] = (), existing: Existing = Existing.refuse) -> Target:
    """The target that `-`, `PATH`, `file:PATH`, `exec:CMD` or another URL means; BadRequest if there is none.

    `really` names the hosts, other than this machine, that may be sent to; `existing` says what is done with a file that is there.
    """
    if url == "-":
        return _factory("-")("")
    match = _SCHEME.fullmatch(url)
    scheme, rest = (match["scheme"].lower(), match["rest"]) if match else ("file", url)
    factory = _factory(scheme)
    if match and rest.startswith("//"):
        check_messages(url, really)
    return FileTarget(rest, existing) if factory is FileTarget else factory(rest)
