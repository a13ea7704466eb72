"""What can go wrong with an archive, each as one sentence for the user."""


class ArchiveError(Exception):
    """Something is wrong with an archive or with what was asked of it; `str()` is one clear sentence."""


class UsageError(ArchiveError):
    """What was asked for makes no sense; commands end with exit code 2."""


class NotFound(ArchiveError):
    """The archive does not hold the object, record or file that was asked for."""
