"""Source properties and diagnostics that a pipeline, or somebody for it, uploads to the event: p_astro, em_bright, plots."""

from collections.abc import Iterator

from gracetape.schedule import Schedule
from gracetape.simulate.acts import Act, WriteLabel, WriteLog
from gracetape.simulate.chance import seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Life, Scripted, actions
from gracetape.simulate.options import Options

#: Recipe -> pipeline -> message, file name, tags; the row of '' is for everybody else. Then the label that follows.
_TEXTS: dict[str, dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "p_astro": {
        "gstlal": ("GstLAL internally computed p-astro", "p_astro.json", ("p_astro",)),
        "MBTA": ("Add MBTA p_astro info", "pastro.json", ()),
        "": ("p_astro computation complete", "p_astro.json", ("p_astro", "public")),
    },
    "em_bright": {
        "MBTA": ("Add EMbright info", "embright.json", ()),
        "": ("em bright complete", "em_bright.json", ("em_bright", "public")),
    },
}
_LABELS = {"p_astro": "PASTRO_READY", "em_bright": "EMBRIGHT_READY"}
#: MBTA has had two names.
_AS_IF = {"MBTAOnline": "MBTA"}


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
        texts = _TEXTS[self.recipe]
        pipeline = self.life.trigger.pipeline
        message, name, tags = texts.get(_AS_IF.get(pipeline, pipeline), texts[""])
        at, file = timing.draw(rng), File(name, self.recipe, self.life.trigger)
        said = WriteLog(self.life.graceid, message, file, tags)
        return actions([(at, said), (at, WriteLabel(self.life.graceid, _LABELS[self.recipe]))])


def _gstlal(ifos: tuple[str, ...]) -> Iterator[tuple[float, str, str, str]]:
    at = 0.0
    for plot in ("background_pdf_snrchi", "injection_pdf_snrchi", "zero_lag_pdf_snrchi", "LR_snrchi"):
        for ifo in ifos:
            yield at, f"{ifo} SNR, chisq PDF", f"{{graceid}}_{ifo}_{plot}.png", "background"
            at += 2.0
    for after, message, plot, tag in (
        (0.0, "Likelihood Ratio CCDF", "likehoodratio_ccdf", "background"),
        (30.0, "Horizon Distances", "horizon_distances", "psd"),
        (390.0, "Instrument combo rates", "rates", "background"),
        (470.0, "strain spectral density plot", "psd", "psd"),
        (24.0, "cumulative SNRs plot", "cumulative_snrs", "psd"),
        (174.0, "SNR time series", "snrtimeseries", "background"),
    ):
        at += after
        yield at, message, f"{{graceid}}_{plot}.png", tag


def _mbta(ifos: tuple[str, ...]) -> Iterator[tuple[float, str, str, str]]:
    yield 0.0, "Matched filter output plots", "MFO.png", ""
    yield 86.0, "Single ITF triggers plots", "SNRSummary.png", ""
    yield 89.0, "Single ITF triggers plots", "nEvtSummary.png", ""


_PLOTS = {"gstlal": _gstlal, "MBTA": _mbta, "MBTAOnline": _mbta}


class Diagnostics(Scripted):
    """The pipeline's own plots, in the order and with the spacings of a real event (S220609hl); none for other pipelines."""

    def acts(self) -> Iterator[tuple[float, Act]]:
        trigger, timing, rng = self.life.trigger, self.options.timing(), self.life.rng
        plots = _PLOTS.get(trigger.pipeline)
        if plots is None or not timing.happens(rng):
            return
        origin = timing.draw(rng)
        for dt, message, name, tag in plots(trigger.instruments):
            file = File(name, "curve png", trigger, (message, trigger.ifos), seed(rng))
            yield origin + dt, WriteLog(self.life.graceid, message, file, (tag,) if tag else ())
