"""What can go wrong, as one tree; `str()` of each is one clear sentence for the user.

GracetapeError                 whatever gracetape itself raises
├── UsageError                 what was asked for makes no sense: commands end with exit code 2
│   └── SimulateError          a configuration, an option or a target of a simulation
├── ArchiveError               an archive is damaged, or cannot be read or written
│   ├── AlreadyThere           something is where a new archive was to be
│   ├── NotFound               it does not hold the object, record or file
│   └── OutOfReach             where contents of it lie cannot be asked at all
├── CaptureError               a GraceDB did not give what was asked for
├── BrokerError                a broker cannot be reached, refuses, or stays away too long
│   └── BadUrl                 (UsageError, ValueError) a URL, or a credential that it needs, makes no sense
├── ReplayError                a replay failed on its way: a target, a program
│   └── BadRequest             (UsageError, ValueError) it cannot be done at all: a cutoff beyond the end, a speed of zero
├── ActionFailed               an action of a schedule failed, and that ended its run
└── ListenError                a listener, or one of its tools, cannot go on
    └── BadConfiguration       (UsageError, ValueError) its file, section and option are named
"""


class GracetapeError(Exception):
    """Whatever gracetape raises; commands end with exit code 1."""


class UsageError(GracetapeError):
    """What was asked for makes no sense; commands end with exit code 2."""


class ArchiveError(GracetapeError):
    """Something is wrong with an archive or with what was asked of it."""


class AlreadyThere(ArchiveError):
    """Something is where a new archive was to be."""


class NotFound(ArchiveError):
    """The archive does not hold the object, record or file that was asked for."""


class OutOfReach(ArchiveError):
    """A place cannot be asked at all, whatever for: it does not answer, or lets us in no more, or was never named."""


class CaptureError(GracetapeError):
    """The server did not give what was asked for. What it said is told on one line, without control characters."""

    def __init__(self, sentence: str) -> None:
        super().__init__("".join(c if c.isprintable() else " " for c in sentence))


class BrokerError(GracetapeError):
    """A broker cannot be reached, refuses, or stays away too long."""


class BadUrl(BrokerError, UsageError, ValueError):
    """A URL, or a credential that it needs, makes no sense: nothing was asked of a broker."""


class ReplayError(GracetapeError):
    """A replay failed on its way (a target that cannot be written, a program that cannot run)."""


class BadRequest(ReplayError, UsageError, ValueError):
    """What was asked cannot be done at all (a cutoff beyond the end, a speed of zero, an unknown target)."""


class ActionFailed(GracetapeError):
    """An action of a schedule failed, and that ended its run; `str()` names the action."""


class ListenError(GracetapeError):
    """The listener, or one of its tools, cannot go on."""


class BadConfiguration(ListenError, UsageError, ValueError):
    """What was asked for, or what a configuration says, makes no sense; names file, section and option."""


class SimulateError(UsageError):
    """What was asked cannot be simulated (a configuration, an option, a target)."""
