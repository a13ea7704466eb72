"""Re-enactment: a recorded history done again as writes to a GraceDB, with new ids and, if asked, at a new time."""

from replay.reenact.deeds import LeftOut, Write
from replay.reenact.perform import Failure, Outcome, Reenactment, reenact
from replay.reenact.server import open_server

__all__ = ["Failure", "LeftOut", "Outcome", "Reenactment", "Write", "open_server", "reenact"]
