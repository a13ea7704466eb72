"""Localisation and parameter estimation: started, finished, sky map; one row of texts per analysis."""

from collections.abc import Iterator
from dataclasses import dataclass

from gracetape.schedule import Schedule
from gracetape.simulate.acts import Act, WriteLabel, WriteLog
from gracetape.simulate.chance import Timing, seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Life, actions
from gracetape.simulate.options import Options


@dataclass(frozen=True)
class Analysis:
    """What an analysis writes: texts at its start and end (each with a file's name or None), the sky map's text and name.

    `tags` are those of the texts at the end; `width` is the sky map's in degrees; `has_start` whether it tells of its start;
    `after_psd` whether it waits for PSDs (and counts from them).
    """

    started: tuple[str, ...]
    finished: tuple[tuple[str, str | None], ...]
    skymap: str
    skymap_name: str
    width: float
    tags: tuple[str, ...] = ()
    after_psd: bool = False


ANALYSES: dict[str, Analysis] = {
    "bayestar": Analysis(
        ("INFO:BAYESTAR:by your command...", "INFO:BAYESTAR:starting sky localization"),
        (("INFO:BAYESTAR:sky localization complete", None),),
        "INFO:BAYESTAR:uploaded sky map", "bayestar.fits.gz", 8.0, after_psd=True,
    ),
    "lalinference": Analysis(
        ("LALInference online estimation started",),
        (("LALInference online estimation finished", "posterior_samples.dat"),),
        "LALInference", "lalinference_skymap.fits.gz", 6.0, ("pe",),
    ),
    "bilby": Analysis(
        ("Starting bilby online parameter estimation for {graceid}",),
        (("Bilby posterior samples", "Bilby.posterior_samples.json"), ("Online bilby parameter estimation finished.", None)),
        "Bilby", "Bilby.fits.gz", 6.0, ("pe",),
    ),
    "lib": Analysis(
        ("LIB Parameter estimation started.",),
        (("LIB Parameter estimation finished", "posterior_samples.dat"),),
        "LIB", "LIB_skymap.fits.gz", 12.0, ("pe",),
    ),
    "bayeswave": Analysis(
        ("BayesWaveBurst launched",),
        (("BWB Follow-up results", None), ("BWB parameter estimation", None), ("BWB Bayes Factors", None)),
        "BWB", "BW_skymap.fits", 12.0, ("pe",),
    ),
    "cwbPE": Analysis((), (("cWB parameter estimation", None),), "cWB skymap fit", "skyprobcc.fits.gz", 12.0, ("pe",)),
}  # fmt: skip


class Localization:
    """One analysis: its start, its end, then its sky map, each no earlier than the one before; then pictures of the map."""

    def __init__(self, section: str, life: Life, options: Options) -> None:
        self.analysis = ANALYSES[section]
        self.life = life
        self.options = options

    def gen_schedule(self) -> Schedule:
        """The analysis, from the event's creation, or from the upload of PSDs where it needs them; nothing without those."""
        origin = self.life.uploaded("psd.xml.gz") if self.analysis.after_psd else 0.0
        return Schedule() if origin is None else actions((origin + dt, act) for dt, act in self._acts(origin))

    def _acts(self, origin: float) -> Iterator[tuple[float, Act]]:
        rng, graceid = self.life.rng, self.life.graceid
        start = self.options.timing("start") if self.analysis.started else Timing(0.0)
        finish, publish = self.options.timing("finish"), self.options.timing("skymap")
        if not start.happens(rng):
            return
        at = start.draw(rng)
        for message in self.analysis.started:
            yield at, WriteLog(graceid, message, mentions=graceid if "{" in message else None)
        if not finish.happens(rng):
            return
        at = max(at, finish.draw(rng))
        for message, name in self.analysis.finished:
            file = File(name, "posterior", self.life.trigger, (name,), seed(rng)) if name else None
            yield at, WriteLog(graceid, message, file, self.analysis.tags)
        if not publish.happens(rng):
            return
        at = max(at, publish.draw(rng))
        name = self.options.text("skymap filename") or self.analysis.skymap_name
        recipe = "multiorder" if "multiorder" in name else "skymap"
        skymap = File(name, recipe, self.life.trigger, (name, self.analysis.width), seed(rng))
        tags = (*("sky_loc", "lvem")[: 1 + self.options.truth("lvem")], *self.options.words("tags"))
        yield at, WriteLog(graceid, self.analysis.skymap, skymap, tags)
        if label := self.options.text("label"):
            yield at, WriteLabel(graceid, label)
        self.life.skymaps.append((origin + at, skymap))
        yield from ((at + dt, act) for dt, act in follow_ups(self.life, skymap, tags))


#: What is made of each sky map: section, message, ending of the file's name, recipe.
_FOLLOW_UPS = (
    ("plot skymaps", "plotSkymap", "Mollweide projection of {}", "png", "skymap png"),
    ("skyviewer", "skyviewer", "", "json", "skyviewer"),
)


def follow_ups(life: Life, skymap: File, tags: tuple[str, ...]) -> Iterator[tuple[float, Act]]:
    """The picture and the skyviewer's file of a sky map, where the configuration asks for them; delays from its upload."""
    stem = skymap.name.split(".fits")[0]
    for section, step, message, suffix, recipe in _FOLLOW_UPS:
        if section not in life.options:
            continue
        timing = life.options[section].timing(step)
        if timing.happens(life.rng):
            file = File(f"{stem}.{suffix}", recipe, life.trigger, skymap.args, skymap.seed)
            yield timing.draw(life.rng), WriteLog(life.graceid, message.format(skymap.name), file, tags)
