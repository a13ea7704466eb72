"""What can go wrong with a listener, each as one sentence for the user."""


class ListenError(Exception):
    """The listener, or one of its tools, cannot go on; one sentence."""


class BadConfiguration(ListenError, ValueError):
    """What was asked for, or what a configuration says, makes no sense; one sentence that names file, section and option."""
