"""What can go wrong with a replay, each as one sentence for the user."""


class ReplayError(Exception):
    """A replay failed on its way (a target that cannot be written, a program that cannot run); one sentence."""


class BadRequest(ReplayError, ValueError):
    """What was asked cannot be done at all (a cutoff beyond the end, a speed of zero, an unknown target); one sentence."""
