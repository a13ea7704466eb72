"""The superevent manager: one superevent for all events of a life, its preferred event, its times, its labels."""

from collections.abc import Iterator

from gracetape.pipelines.trigger import Trigger, seen_by
from gracetape.schedule import GraceID, Schedule
from gracetape.simulate.acts import Act, AddEvent, CreateSuperevent, UpdateSuperevent, WriteLabel
from gracetape.simulate.life import Life, actions
from gracetape.simulate.options import Options
from gracetape.simulate.pipelines import check, pipeline_named
from gracetape.simulate.stages.uploads import PipelineUploads

_LABELS = (("ready", "EM_READY"), ("selected", "EM_Selected"), ("confident", "EM_SelectedConfident"))


class Superevent:
    """Creates the superevent at the first event; adds what further pipelines see; prefers the loudest; widens its times."""

    def __init__(self, life: Life, options: Options) -> None:
        self.life = life
        self.options = options
        self.window = options.number("window")

    def gen_schedule(self) -> Schedule:
        """The superevent and the further events."""
        life, trigger = self.life, self.life.trigger
        life.superevent = GraceID()
        life.superevent_dt = self.options.timing("create").draw(life.rng)
        first = CreateSuperevent(
            life.superevent, life.graceid, trigger.gps - self.window, trigger.gps, trigger.gps + self.window, self._category(),
        )  # fmt: skip
        schedule = actions([(life.superevent_dt, first), *self._labels()])
        further, uploads = self._further()
        return Schedule.merged([schedule, *uploads, further])

    def _category(self) -> str:
        trigger = self.life.trigger
        return "test" if trigger.group == "Test" else "mdc" if trigger.search == "MDC" else "production"

    def _labels(self) -> Iterator[tuple[float, Act]]:
        assert self.life.superevent is not None
        for step, label in _LABELS:
            timing = self.options.timing(step)
            if timing.happens(self.life.rng):
                yield self.life.superevent_dt + timing.draw(self.life.rng), WriteLabel(self.life.superevent, label)

    def _further(self) -> tuple[Schedule, list[Schedule]]:
        """What the manager does about further events, and the lives of those events."""
        life, arrives = self.life, self.options.timing("further")
        seen: list[tuple[float, Life, Schedule]] = []
        for name in self.options.words("further pipelines"):
            pipeline = pipeline_named(name)
            trigger = life.trigger
            search = trigger.search if trigger.search in pipeline.searches else None
            check(pipeline, trigger.group, search)
            other = Life(seen_by(life.rng, trigger, pipeline.name, search), life.rng)
            if arrives.happens(life.rng):
                at = arrives.draw(life.rng)
                seen.append((at, other, PipelineUploads(other, life.options["uploads"]).gen_schedule().bump(at)))
        return actions(self._additions(seen)), [schedule for _, _, schedule in seen]

    def _additions(self, seen: list[tuple[float, Life, Schedule]]) -> Iterator[tuple[float, Act]]:
        superevent, rng = self.life.superevent, self.life.rng
        assert superevent is not None
        best: Trigger = self.life.trigger
        begin, end, dt = best.gps - self.window, best.gps + self.window, self.life.superevent_dt
        for at, other, _ in sorted(seen, key=lambda one: one[0]):
            dt = max(at, dt) + self.options.timing("add").draw(rng)
            yield dt, AddEvent(superevent, other.graceid)
            gps = other.trigger.gps
            begin, end, before = min(begin, gps - self.window), max(end, gps + self.window), (begin, end)
            dt += self.options.timing("update").draw(rng)
            if (begin, end) != before:
                yield dt, UpdateSuperevent(superevent, times=(("t_start", begin), ("t_end", end)))
            if other.trigger.network_snr > best.network_snr:
                best = other.trigger
                dt += self.options.timing("update").draw(rng)
                yield dt, UpdateSuperevent(superevent, other.graceid, (("t_0", gps),))
