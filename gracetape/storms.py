"""How much a storm will be: the one sentence that every command says before it begins to send many messages."""

from dataclasses import dataclass

from gracetape.shown import human_bytes, human_time, say

#: Messages from which on what is sent is a storm, though nothing is sent more than once.
MANY = 5000


@dataclass(frozen=True)
class Storm:
    """So many messages (`unit`: what they are) and `bytes`; of one lap or event, as `each` says, where these are endless.

    `times` tells what is repeated, such as "3 copies". `duration_s` is of real time, None as fast as possible; `making_s` is what making
    all of them takes on this machine (None: next to nothing). `reckoned`: the figures are from a part of it.
    """

    messages: int
    bytes: int
    duration_s: float | None
    making_s: float | None = None
    times: tuple[str, ...] = ()
    each: str = ""
    unit: str = "messages"
    pace: str = ""
    reckoned: bool = False

    def __str__(self) -> str:
        begin = f"{' and '.join(self.times)}: " if self.times else ""
        about = "about " if self.reckoned else ""
        much = f"{about}{self.messages:,} {self.unit}, about {human_bytes(self.bytes)}"
        each = f" each {self.each}" if self.each else ""
        if self.duration_s is None:
            making = "" if self.making_s is None else f" (making them alone takes about {human_time(self.making_s)})"
            return f"{begin}{much}{each}, as fast as possible{making}"
        return f"{begin}{much}{each}, in {human_time(self.duration_s)}{self.pace}"


def repeated(number: int | None, what: str) -> tuple[str, ...]:
    """What `Storm.times` says of so many copies, laps or trials (None: endless); nothing if it is one."""
    return (f"endless {what}" if number is None else f"{number:,} {what}",) * (number != 1)


def tell_of(storm: Storm | None) -> None:
    """Say it, on standard error, if it is one."""
    if storm is not None:
        say(f"gracetape: {storm}", error=True)
