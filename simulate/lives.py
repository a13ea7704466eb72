"""Makes the life of one event out of a configuration: every stage that it names, in the table's order, merged."""

from typing import TYPE_CHECKING

from gracetape.pipelines.trigger import draw
from gracetape.schedule import Schedule
from gracetape.simulate.configuration import Configuration
from gracetape.simulate.life import Life
from gracetape.simulate.stages import stages

if TYPE_CHECKING:
    from numpy.random import Generator


def life_of(
    configuration: Configuration, rng: "Generator", gps: float, far: float, instruments: tuple[str, ...]
) -> Life:
    """A life with all its stages scheduled: `gps` in GPS seconds, `far` in Hz; delays count from the event's creation.

    Every draw comes from `rng`: the same generator makes the same life, files included.
    """
    trigger = draw(rng, configuration.pipeline, configuration.group, configuration.search, gps, far, instruments)
    life = Life(trigger, rng, dict(configuration.sections))
    for section, row in stages().items():
        options = life.options.get(section)
        if options is not None and row.make is not None:
            life.parts.append(row.make(life, options).gen_schedule())
    return life


def gen_schedule(
    configuration: Configuration, rng: "Generator", gps: float, far: float, instruments: tuple[str, ...]
) -> Schedule:
    """The schedule of such a life."""
    return life_of(configuration, rng, gps, far, instruments).schedule
