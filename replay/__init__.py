"""Plays an archive's alerts again: schedules, clocks, the player, and the targets that messages go to."""

from replay.clock import Clock, MaxClock, RealClock, ScaledClock, VirtualClock
from replay.errors import BadRequest, ReplayError
from replay.graceid import GraceID
from replay.message import Message
from replay.player import Player, due
from replay.prepare import play
from replay.schedule import Action, Schedule
from replay.targets import Target, open_target, register

__all__ = [
    "Action",
    "BadRequest",
    "Clock",
    "GraceID",
    "MaxClock",
    "Message",
    "Player",
    "RealClock",
    "ReplayError",
    "ScaledClock",
    "Schedule",
    "Target",
    "VirtualClock",
    "due",
    "open_target",
    "play",
    "register",
]
