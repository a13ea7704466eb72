"""Captures objects again and again, as long as it is not stopped: often while they change, ever more rarely while they do not."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from gracetape.brokers.gracedb import Stopped
from gracetape.capture.errors import Interrupted
from gracetape.capture.pace import pause
from gracetape.errors import CaptureError
from gracetape.shown import say

#: Seconds between two looks: at first, and at most; each look that finds nothing new is that much later than the one before.
FIRST_S, LONGEST_S, _LATER = 5.0, 60.0, 1.5


def poll(client: Any, once: Callable[[Callable[[Any], object]], None], first_s: float = FIRST_S) -> None:
    """Call `once`, with what is to be told of each object that it captured, until the client is stopped.

    It ends where nothing comes of the first look. Later a server that does not answer, or does not give an object, is asked again.
    """
    with suppress(Interrupted, Stopped, KeyboardInterrupt):  # a signal may come between two looks
        _poll(client, once, first_s)


def _poll(client: Any, once: Callable[[Callable[[Any], object]], None], first_s: float) -> NoReturn:
    wait_s, begun, said = first_s, False, ""
    while True:
        new = 0

        def told(result: Any) -> None:
            nonlocal new, begun
            begun = True
            new += result.new

        try:
            once(told)
        except Interrupted:
            raise
        except CaptureError as error:
            if not begun:
                raise
            if str(error) != said:
                say(f"not captured: {error}", error=True)
            said = str(error)
        else:
            begun, said = True, ""
        wait_s = first_s if new else min(wait_s * _LATER, max(LONGEST_S, first_s))
        pause(client, wait_s)
