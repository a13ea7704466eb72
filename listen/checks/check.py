"""What a check is: which subjects an event has, the stages that each goes through, and what messages say of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gracetape.listen.alert import Alert

#: The states of a check. `late` is what waits for a stage that should have come.
OK, FAILED, PENDING, LATE = "ok", "failed", "pending", "late"

#: A check's section of the configuration.
Options = Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """One step, and how many seconds it may take after whatever of the same subject was heard before."""

    name: str
    timeout: float

    @property
    def option(self) -> str:
        """The option that sets the timeout: the name up to a colon."""
        return self.name.partition(":")[0]


@dataclass(frozen=True)
class Seen:
    """What a message says: a stage of a subject (an instrument, or '') is reached ('': just a sign of life), perhaps with a
    result."""

    subject: str = ""
    stage: str = ""
    state: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Check:
    """A row of the table of checks.

    `begins` names the subjects that an alert lets wait for their first stage, `stages` all stages in order (they depend on
    options), `read` what an alert says. `options` are the options besides the stages' timeouts, with their defaults.
    `strays` tells of a text that should have been readable and was not.
    """

    what: str
    begins: Callable[[Alert], Sequence[str]]
    stages: Callable[[Options], tuple[Stage, ...]]
    read: Callable[[Alert, Options], Sequence[Seen]]
    options: Mapping[str, str] = field(default_factory=dict)
    strays: Callable[[Alert], bool] = lambda alert: False
