"""Messages of a made-up follow-up process, for a test node: started, finished, failed, or a whole life of it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gracetape.storms import Storm, repeated

if TYPE_CHECKING:
    from random import Random

#: The node that such messages go to unless another is named.
TEST_NODE = "lvalertMP-TestNode"

#: What is sent for each word.
COMMENTS = {"start": "madeUpProcess started", "finish": "madeUpProcess finished", "error": "madeUpProcess failed"}


def random_graceid(random: "Random") -> str:
    """An id of an event that never was: F and six digits."""
    return f"F{random.randrange(10**6):06d}"


def message(word: str, graceid: str) -> str:
    """The text that is sent for `start`, `finish` or `error`."""
    return json.dumps({"uid": graceid, "log": {"comment": COMMENTS[word]}})


@dataclass(frozen=True)
class Life:
    """How a made-up process lives: it ends after `wait_s` plus up to `jitter_s` seconds, with an error by chance."""

    trials: int = 1
    wait_s: float = 60.0
    jitter_s: float = 10.0
    error_probability: float = 0.1


def storm_of(life: Life, graceid: str) -> Storm | None:
    """What `simulate` is going to send, if it is a storm: more than one trial."""
    if life.trials == 1:
        return None
    length = len(message("start", graceid)) + len(message("finish", graceid))
    duration_s = life.trials * (life.wait_s + life.jitter_s / 2)
    return Storm(2 * life.trials, length * life.trials, duration_s, times=repeated(life.trials, "trials"))


def simulate(
    life: Life,
    graceid: str,
    send: Callable[[str], object],
    random: "Random",
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Send a start and, after a while, a finish or an error, as often as there are trials."""
    for _ in range(life.trials):
        wait = life.wait_s + random.random() * life.jitter_s
        fails = random.random() < life.error_probability
        send(message("start", graceid))
        sleep(wait)
        send(message("error" if fails else "finish", graceid))
