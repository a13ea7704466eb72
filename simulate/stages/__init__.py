"""The table of stages: a row per stage, in the order in which a life's stages are made; open to other packages."""

from collections.abc import Callable
from functools import cache, partial

from gracetape.lazy import entry_points
from gracetape.simulate.life import Life, Stage, StageRow
from gracetape.simulate.options import Option, Options, plain, prob, timed
from gracetape.simulate.stages.detchar import DetChar
from gracetape.simulate.stages.humans import Humans
from gracetape.simulate.stages.idq import IDQ
from gracetape.simulate.stages.localization import ANALYSES, Localization
from gracetape.simulate.stages.properties import Diagnostics, Property
from gracetape.simulate.stages.searches import OneLine
from gracetape.simulate.stages.segments import Segments
from gracetape.simulate.stages.superevent import Superevent
from gracetape.simulate.stages.uploads import PipelineUploads
from gracetape.simulate.stages.voevents import VOEvents

#: Other packages add stages as entry points of this group; each loads a StageRow.
ENTRY_POINTS = "gracetape.stages"

Make = Callable[[Life, Options], Stage]


def _analysis(section: str, about: str, start: tuple[float, float] = (10.0, 2.0)) -> StageRow:
    begin = timed("start", *start, "the analysis starts") if ANALYSES[section].started else ()
    options = (
        Option("lvem", True, "whether the sky map is tagged lvem"),
        *begin,
        *timed("finish", 40.0, 2.0, "it ends"),
        *timed("skymap", 45.0, 5.0, "its sky map is uploaded"),
        Option("skymap filename", "", f"the sky map's name; {ANALYSES[section].skymap_name} if empty"),
        Option("tags", (), "further tags of the sky map"),
        Option("label", "", "label applied with the sky map (SKYMAP_READY, PE_READY); none if empty"),
    )
    return StageRow(section, about, partial(Localization, section), options)


def _one_line(section: str, about: str, good: str, bad: str, tags: tuple[str, ...] = ()) -> StageRow:
    options = (
        *timed("", 60.0, 10.0, "the search ends", None),
        prob("respond prob", 1.0, "chance that it says anything"),
        prob("success prob", 1.0, f"chance that it says {good!r}, not {bad!r}"),
    )
    return StageRow(section, about, partial(OneLine, good, bad, tags), options)


_UPLOADS = (
    *timed("log", 0.5, 1.0, "event.log is uploaded"),
    *timed("coinc", 1.0, 0.1, "coinc.xml is uploaded again"),
    *timed("psd", 10.0, 1.0, "psd.xml.gz is uploaded"),
    *timed("ranking", 15.0, 1.0, "ranking_data.xml.gz is uploaded (gstlal)"),
)
_SUPEREVENT = (
    *timed("create", 1.0, 0.2, "the superevent is created", None),
    Option("window", 1.0, "s from t_start to t_0, and from t_0 to t_end"),
    Option("further pipelines", (), "other pipelines that see the same"),
    *timed("further", 30.0, 10.0, "each of their events comes"),
    *timed("add", 2.0, 0.5, "a further event is added", None),
    *timed("update", 2.0, 0.5, "times, then the preferred event, are updated", None),
    *timed("ready", 11.0, 1.0, "EM_READY is applied, after the superevent's creation"),
    *timed("selected", 20.0, 2.0, "EM_Selected is applied"),
    *timed("confident", 25.0, 2.0, "EM_SelectedConfident is applied"),
)
_HUMANS = (
    Option("request", True, "whether signoffs are asked for (labels H1OPS, ADVREQ, ...)"),
    Option("respond", True, "whether they are answered (signoffs; they need request, and a superevent)"),
    *timed("request", 0.0, 0.0, "they are asked for", None),
    *timed("site respond", 60.0, 10.0, "an operator answers"),
    prob("site success prob", 1.0, "chance that the answer is OK"),
    *timed("adv respond", 60.0, 10.0, "the advocates answer"),
    prob("adv success prob", 1.0, "chance that the answer is OK"),
)
_IDQ = (
    Option("instruments", (), "detectors (H is H1); those of the event if empty"),
    Option("classifiers", ("ovl",), "names of classifiers; those with ovl tell of channels"),
    Option("pad left", 10.0, "s before the event, in the texts' interval"),
    Option("pad right", 10.0, "s after it"),
    Option("maxFAP", 1.0, "largest false alarm probability drawn", least=1e-300, most=1.0),
    Option("minFAP", 1e-5, "smallest", least=1e-300, most=1.0),
    *timed("start", 1.0, 0.5, "the search starts"),
    *timed("tables", 10.0, 1.0, "glitch tables, after the start"),
    *timed("fap", 5.0, 1.0, "the FAP, after the tables"),
    *timed("gwf", 5.0, 1.0, "frames, after the FAP"),
    *timed("timeseries", 5.0, 1.0, "the plot of series, after the frames"),
    *timed("activeChan", 10.0, 1.0, "active channels, after the plot (ovl)"),
    *timed("calib", 20.0, 5.0, "calibration, after that"),
    *timed("roc", 20.0, 5.0, "ROC curves, after that"),
    *timed("stats", 30.0, 5.0, "vital statistics, after that"),
)
_SEGMENTS = (
    *timed("start", 10.0, 1.0, "the search starts"),
    Option("flags", (), "flags; each has a section of its own"),
    Option("database", "fakeSegDB", "the name in the texts"),
)
_FLAG = (
    *timed("", 30.0, 5.0, "its segments are uploaded, after what came before"),
    Option("win", 30.0, "s around the event"),
)
_DETCHAR = (
    *timed("check", 2.0, 0.2, "detector states are checked, after the superevent's creation"),
    prob("good prob", 1.0, "chance of DQOK; DQV otherwise"),
    *timed("omegascan", 21.0, 1.0, "omega scans are uploaded"),
    *timed("request", 30.0, 5.0, "DQR_REQUEST is applied"),
)
_VOEVENTS = (
    *timed("earlywarning", 20.0, 2.0, "an early warning, after the superevent's creation", 0.0),
    *timed("second", 300.0, 10.0, "a second preliminary notice, after the first", 0.0),
    *timed("preliminary", 30.0, 5.0, "the preliminary notice, after the superevent's creation"),
    *timed("initial", 30.0, 5.0, "the initial notice, after the advocates said OK", None),
    *timed("retraction", 30.0, 5.0, "the retraction, after they said no", None),
    *timed("update", 30.0, 5.0, "the update, after another sky map"),
)

#: Every stage of our own, in the order in which they are made: later ones may look at what earlier ones left.
STAGES: tuple[StageRow, ...] = (
    StageRow("uploads", "the pipeline: the event and its first files", PipelineUploads, _UPLOADS),
    StageRow("superevent", "the superevent manager", Superevent, _SUPEREVENT),
    StageRow("p_astro", "source classification", partial(Property, "p_astro"), timed("", 4.0, 0.5, "it is uploaded")),
    StageRow("em_bright", "chance of matter outside", partial(Property, "em_bright"), timed("", 10.0, 1.0, "it is uploaded")),
    StageRow("diagnostics", "the pipeline's plots (gstlal, MBTA)", Diagnostics, timed("", 16.0, 2.0, "the first is uploaded")),
    StageRow("humans", "operators and advocates", Humans, _HUMANS),
    StageRow("segDB2grcDB", "segments of data-quality flags", Segments, _SEGMENTS, _FLAG),
    StageRow("idq", "iDQ: glitches near the event", IDQ, _IDQ),
    StageRow("detchar", "detector states, omega scans", DetChar, _DETCHAR),
    StageRow("plot skymaps", "a picture of each sky map", None, timed("plotSkymap", 10.0, 1.0, "it is uploaded, after the map")),
    StageRow("skyviewer", "a json of each sky map", None, timed("skyviewer", 10.0, 1.0, "it is uploaded, after the map")),
    _analysis("bayestar", "BAYESTAR: waits for psd.xml.gz, and counts from it"),
    _analysis("lalinference", "LALInference"),
    _analysis("bilby", "bilby"),
    _analysis("lib", "LIB"),
    _analysis("bayeswave", "BayesWave"),
    _analysis("cwbPE", "cWB's own parameter estimation"),
    _one_line(
        "external triggers", "search for external triggers", "Coincidence search complete", "Coincidence search failed",
        ("ext_coinc",),
    ),
    _one_line(
        "unblind injections", "check for injections", "No unblind injections in window", "Unblind injections in window"
    ),
    StageRow("voevents", "notices: preliminary, initial, update, retraction", VOEvents, _VOEVENTS),
)  # fmt: skip


@cache
def stages() -> dict[str, StageRow]:
    """Every stage by its section's name as compared (lower case), our own first, then those of other packages."""
    rows = {plain(row.section): row for row in STAGES}
    for entry in entry_points(group=ENTRY_POINTS):
        row: StageRow = entry.load()
        rows.setdefault(plain(row.section), row)
    return rows
