"""Re-enactment: a recorded history done again as writes to a GraceDB, with new ids and, if asked, at a new time."""

#: How URLs of GraceDBs to be written to begin.
SCHEMES = ("gracedb+https", "gracedb+http", "dummy")

#: What a write that fails does to the others.
ON_ERROR = ("stop", "go-on")


def is_server(url: str) -> bool:
    """Whether a target means a GraceDB to be written to, not a place for messages."""
    return url.partition(":")[0].lower() in SCHEMES
