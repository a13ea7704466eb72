"""The life of one event: what its stages share, and how they are put together into one schedule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gracetape.pipelines.trigger import Trigger
from gracetape.schedule import Action, GraceID, Schedule
from gracetape.simulate.acts import Act, WriteLog
from gracetape.simulate.files import File
from gracetape.simulate.options import Option, Options

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass
class Life:
    """What the stages of one event share; each stage may leave there what later ones need.

    `superevent` is set where the life has one, and `superevent_dt` tells when it is there (s). `skymaps` are the sky maps
    uploaded so far, each with its moment; `answers` who (H1, ADV) signed off, when, and whether it was OK.
    """

    trigger: Trigger
    rng: "Generator"
    options: dict[str, Options] = field(default_factory=dict)
    graceid: GraceID = field(default_factory=GraceID)
    superevent: GraceID | None = None
    superevent_dt: float = 0.0
    parts: list[Schedule] = field(default_factory=list)
    skymaps: list[tuple[float, File]] = field(default_factory=list)
    answers: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Life of {self.graceid!r}, {len(self.options)} stages>"

    @property
    def subject(self) -> GraceID:
        """Where people and detector checks write: the superevent, or the event where there is none."""
        return self.superevent or self.graceid

    def uploaded(self, name: str) -> float | None:
        """When a file of that name is first uploaded to the event, in s; None if it never is."""
        times = (
            action.dt
            for part in self.parts
            for action in part
            if isinstance(action.what, WriteLog) and action.what.file and action.what.file.name == name
        )
        return min(times, default=None)

    @property
    def schedule(self) -> Schedule:
        """Everything that the stages have scheduled so far."""
        return Schedule.merged(self.parts)


class Stage(Protocol):
    """One stage of a life."""

    def gen_schedule(self) -> Schedule:
        """What this stage does; delays count from the event's creation."""


class Scripted:
    """A stage that tells its acts one by one."""

    def __init__(self, life: Life, options: Options) -> None:
        self.life = life
        self.options = options

    def gen_schedule(self) -> Schedule:
        """Everything that `acts` tells of."""
        return actions(self.acts())

    def acts(self) -> Iterator[tuple[float, Act]]:
        """(delay in s, act), in any order."""
        raise NotImplementedError


class MakeStage(Protocol):
    """The class of a stage."""

    def __call__(self, life: Life, options: Options) -> Stage:
        """A stage of that life."""


@dataclass(frozen=True)
class StageRow:
    """A row of the table of stages: the section that asks for it, what it does, its class and its options.

    `flags` are the options of further sections, each named by a word of the option `flags`. Stages without a class only lend
    their options to others.
    """

    section: str
    about: str
    make: MakeStage | None
    options: tuple[Option, ...]
    flags: tuple[Option, ...] = ()

    def __repr__(self) -> str:
        return f"<StageRow {self.section}: {len(self.options)} options>"


def actions(found: Iterable[tuple[float, Act]]) -> Schedule:
    """A schedule of (delay in s, act)."""
    return Schedule(Action(dt, act) for dt, act in found)
