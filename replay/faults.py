"""What goes wrong between a server and a listener, on purpose: messages lost, doubled, late, out of order, damaged."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from gracetape.errors import BadRequest
from gracetape.replay.chance import Distribution
from gracetape.replay.message import Body, Message


@dataclass(frozen=True)
class Touched:
    """A message that a fault touched: which fault, what it did, and the message."""

    fault: str
    detail: str
    message: Message

    def record(self) -> dict[str, Any]:
        """For a log of faults, as JSON."""
        line = self.message.line
        about = {name: line[name] for name in ("time", "offset", "node", "graceid", "n")}
        return {"fault": self.fault, "detail": self.detail, "alert_type": self.message.alert.alert_type, **about}

    def __str__(self) -> str:
        line, alert = self.message.line, self.message.alert
        where = "" if line["n"] is None else f" (log {line['n']})"
        return f"{self.fault}: {line['graceid']} {alert.alert_type}{where} for {line['node']}: {self.detail}"


def _truncated(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text))]


def _flipped(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    return text[:at] + chr(33 + (ord(text[at]) + rng.randrange(1, 60)) % 94) + text[at + 1 :]


def _emptied(text: str, rng: random.Random) -> str:
    return ""


def _robbed(text: str, rng: random.Random) -> str:
    payload = json.loads(text)
    payload.pop(rng.choice(sorted(payload)))
    return json.dumps(payload)


#: By what is told of it: how a payload's text is damaged.
_DAMAGES: dict[str, Callable[[str, random.Random], str]] = {
    "cut off": _truncated,
    "one character changed": _flipped,
    "emptied": _emptied,
    "one key taken out": _robbed,
}


@dataclass
class Faults:
    """Each of `drop`, `duplicate`, `corrupt` is the share of messages (0 to 1) that it befalls.

    `delay`: how late every message is, in played seconds. `reorder`: up to how many later messages may overtake one. The
    same `seed` does the same to the same messages. `on_touch` is called with each message that was touched; `counts` by fault.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    delay: Distribution | None = None
    reorder: int = 0
    seed: int | str | None = None
    on_touch: Callable[[Touched], object] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for name in ("drop", "duplicate", "corrupt"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadRequest(f"{name} is the share of messages, from 0 to 1, not {getattr(self, name):g}")
        if self.reorder < 0:
            raise BadRequest(f"reorder is a number of messages, 0 or more, not {self.reorder}")
        self._rng = random.Random(self.seed)
        self._held: list[tuple[int, Message]] = []  # how many more messages may overtake it

    @property
    def asked_for(self) -> bool:
        """Whether anything is to go wrong."""
        told = ("seed", "on_touch", "counts")
        return any(getattr(self, field.name) != field.default for field in fields(self) if field.name not in told)

    def on(self, message: Message) -> list[tuple[float, Message]]:
        """What comes of a message, and of those held back before: each with how late it is (s), in order."""
        if self._rng.random() < self.drop:
            self._tell("drop", "not sent", message)
            return self._overtaken([])
        if self._rng.random() < self.corrupt:
            message = self._damaged(message)
        copies = [message]
        if self._rng.random() < self.duplicate:
            self._tell("duplicate", "sent twice", message)
            copies.append(message)
        lag = self._rng.randint(0, self.reorder) if self.reorder else 0
        if lag:
            self._tell("reorder", f"overtaken by {lag}", message)
            came = self._overtaken([])
            self._held += [(lag, copy) for copy in copies]
            return came
        return self._overtaken(copies)

    def held(self) -> list[Message]:
        """What was held back and has nothing left to wait for; call it at the end."""
        rest, self._held = [message for _, message in sorted(self._held, key=lambda item: item[0])], []
        return rest

    def summary(self) -> str:
        """How many messages each fault touched, in a few words."""
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return f"touched on the way: {counts or 'no message'}"

    def _overtaken(self, passing: list[Message]) -> list[tuple[float, Message]]:
        """What is passed on now: `passing`, and then those that have been overtaken often enough."""
        held = [(left - 1, message) for left, message in self._held]
        self._held = [item for item in held if item[0] > 0]
        return [self._late(m) for m in (*passing, *(message for left, message in held if left <= 0))]

    def _late(self, message: Message) -> tuple[float, Message]:
        late_s = self.delay.draw(self._rng) if self.delay is not None else 0.0
        if late_s > 0:
            self._tell("delay", f"{late_s:.3f} s late", message)
        return late_s, message

    def _damaged(self, message: Message) -> Message:
        how, content = self._rng.choice(list(_DAMAGES)), message.content
        if _DAMAGES[how] is _robbed and not isinstance(message.body.payload, dict):
            how = "cut off"  # a VOEvent and an Avro container have no keys
        text = content if isinstance(content, str) else content.decode("latin-1")
        left = _DAMAGES[how](text, self._rng)
        damaged = replace(message, body=Body(left if isinstance(content, str) else left.encode("latin-1")))
        self._tell("corrupt", how, damaged)
        return damaged

    def _tell(self, fault: str, detail: str, message: Message) -> None:
        self.counts[fault] += 1
        if self.on_touch is not None:
            self.on_touch(Touched(fault, detail, message))
