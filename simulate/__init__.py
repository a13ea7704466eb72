"""Event lives that never happened: pipelines, follow-up, people, and streams of them, as schedules to run on any GraceDb client."""

from replay.graceid import GraceID
from replay.schedule import Action, Schedule
from simulate.configuration import Configuration, read_configuration, shipped
from simulate.errors import SimulateError
from simulate.life import Life, StageRow
from simulate.lives import gen_schedule, life_of
from simulate.options import Option, Options, prob, timed
from simulate.streams import Far, Stream

__all__ = [
    "Action",
    "Configuration",
    "Far",
    "GraceID",
    "Life",
    "Option",
    "Options",
    "Schedule",
    "SimulateError",
    "StageRow",
    "Stream",
    "gen_schedule",
    "life_of",
    "prob",
    "read_configuration",
    "shipped",
    "timed",
]
