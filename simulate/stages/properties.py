"""Source properties and diagnostics that a pipeline, or somebody for it, uploads to the event: p_astro, em_bright, plots."""

from collections.abc import Iterator

from gracetape.pipelines.pipeline import Said
from gracetape.schedule import Schedule
from gracetape.simulate.acts import Act, WriteLabel, WriteLog
from gracetape.simulate.chance import seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Life, Scripted, actions
from gracetape.simulate.options import Options
from gracetape.simulate.pipelines import pipeline_named

#: What is said of a file of source properties by those who upload it for everybody: recipe -> text, file name, tags.
_TEXTS: dict[str, Said] = {
    "p_astro": ("p_astro computation complete", "p_astro.json", ("p_astro", "public")),
    "em_bright": ("em bright complete", "em_bright.json", ("em_bright", "public")),
}
_LABELS = {"p_astro": "PASTRO_READY", "em_bright": "EMBRIGHT_READY"}


class Property:
    """One file of source properties (`recipe`), and the label that says it is there."""

    def __init__(self, recipe: str, life: Life, options: Options) -> None:
        self.recipe = recipe
        self.life = life
        self.options = options

    def gen_schedule(self) -> Schedule:
        """The upload and its label."""
        timing, rng = self.options.timing(), self.life.rng
        if not timing.happens(rng):
            return Schedule()
        pipeline = pipeline_named(self.life.trigger.pipeline)
        own = pipeline.p_astro if self.recipe == "p_astro" else pipeline.em_bright
        message, name, tags = own or _TEXTS[self.recipe]
        at, file = timing.draw(rng), File(name, self.recipe, self.life.trigger)
        said = WriteLog(self.life.graceid, message, file, tags)
        return actions([(at, said), (at, WriteLabel(self.life.graceid, _LABELS[self.recipe]))])


class Diagnostics(Scripted):
    """The pipeline's own plots, in the order and with the spacings of a real event (S220609hl); none for other pipelines."""

    def acts(self) -> Iterator[tuple[float, Act]]:
        trigger, timing, rng = self.life.trigger, self.options.timing(), self.life.rng
        plots = pipeline_named(trigger.pipeline).plots
        if plots is None or not timing.happens(rng):
            return
        origin = timing.draw(rng)
        for dt, message, name, tag in plots(trigger.instruments):
            file = File(name, "curve png", trigger, (message, trigger.ifos), seed(rng))
            yield origin + dt, WriteLog(self.life.graceid, message, file, (tag,) if tag else ())
