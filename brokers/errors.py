"""What can go wrong with a broker, each as one sentence for the user."""


class BrokerError(Exception):
    """A broker cannot be reached, refuses, or stays away too long; `str()` is one clear sentence."""


class BadUrl(BrokerError, ValueError):
    """A URL, or a credential that it needs, makes no sense: nothing was asked of a broker."""
