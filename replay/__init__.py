"""Plays an archive's alerts again: schedules, clocks, the player, and the targets that messages go to."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from replay.schedule import Action, Schedule
from replay.targets import Target, open_target, register
from replay.virtual_loop import VirtualLoop, announced, run_virtual

if TYPE_CHECKING:
    from replay.rename import Renaming
    from replay.retime import Retiming
    from replay.serving import following

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

#: What needs the dummy is imported when it is asked for, so that `replay` starts quickly.
_LATER = {"Renaming": "replay.rename", "Retiming": "replay.retime", "following": "replay.serving"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'replay' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
