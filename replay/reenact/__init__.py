"""Re-enactment: a recorded history done again as writes to a GraceDB, with new ids and, if asked, at a new time."""

#: How URLs of GraceDBs to be written to begin.
SCHEMES = ("gracedb+https", "gracedb+http", "dummy")


def is_server(url: str) -> bool:
    """Whether a target means a GraceDB to be written to, not a place for messages."""
    return url.partition(":")[0].lower() in SCHEMES
