"""Plays an archive's alerts again: schedules, clocks, the player, and the targets that messages go to."""

from replay.branch import Branch
from replay.chance import Distribution, parse_distribution
from replay.clock import Clock, MaxClock, RealClock, ScaledClock, VirtualClock
from replay.errors import BadRequest, ReplayError
from replay.faults import Faults, Touched
from replay.graceid import GraceID
from replay.message import Message
from replay.player import Player, due
from replay.playhead import Playhead
from replay.prepare import Tape, play
from replay.programme import Programme
from replay.reel import Cue, Lane, Reel, Track
from replay.rename import Renaming
from replay.retime import Retiming
from replay.schedule import Action, Schedule
from replay.serving import following
from replay.targets import Target, open_target, register
from replay.virtual_loop import VirtualLoop, announced, run_virtual

__all__ = [
    "Action",
    "BadRequest",
    "Branch",
    "Clock",
    "Cue",
    "Distribution",
    "Faults",
    "GraceID",
    "Lane",
    "MaxClock",
    "Message",
    "Player",
    "Playhead",
    "Programme",
    "RealClock",
    "Reel",
    "Renaming",
    "ReplayError",
    "Retiming",
    "ScaledClock",
    "Schedule",
    "Tape",
    "Target",
    "Touched",
    "Track",
    "VirtualClock",
    "VirtualLoop",
    "announced",
    "due",
    "following",
    "open_target",
    "parse_distribution",
    "play",
    "register",
    "run_virtual",
]
