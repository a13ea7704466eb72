"""What can go wrong with a simulation, each as one sentence for the user."""

from archive import UsageError


class SimulateError(UsageError):
    """What was asked cannot be simulated (a configuration, an option, a target); one sentence."""
