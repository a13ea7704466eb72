"""The pipelines: their names then and now, the groups and searches that each takes, and the files that it uploads."""

from dataclasses import dataclass

from gracetape.errors import SimulateError

_CBC_SEARCHES = ("AllSky", "LowMass", "HighMass", "EarlyWarning", "SSM", "BBH", "LowMassSim", "VTInjection", "MDC")
_BURST_SEARCHES = ("AllSky", "BBH", "IMBH", "AllSkyLong", "BurstLF", "BurstHF", "MDC")
_GRB_SEARCHES = ("GRB", "SubGRB", "SubGRBTargeted", "MDC")


@dataclass(frozen=True)
class Pipeline:
    """A pipeline as the server knows it; `upload` is the recipe and `suffix` the ending of the file that makes an event.

    `psd_text` is what its entry for the PSDs says (None: it uploads none).
    """

    name: str
    groups: tuple[str, ...]
    searches: tuple[str, ...]
    upload: str
    suffix: str
    psd_text: str | None = None
    ranking: bool = False

    def file_name(self, stem: str) -> str:
        """The name of the file that makes an event; CBC pipelines all say coinc.xml."""
        return self.suffix if self.upload == "coinc" else f"{stem}.{self.suffix}"


def _cbc(name: str, psd_text: str, ranking: bool = False) -> Pipeline:
    return Pipeline(name, ("CBC", "Test"), _CBC_SEARCHES, "coinc", "coinc.xml", psd_text, ranking)


def _external(name: str, searches: tuple[str, ...] = _GRB_SEARCHES) -> Pipeline:
    return Pipeline(name, ("External", "Test"), searches, "voevent", "xml")


PIPELINES = (
    _cbc("gstlal", "strain spectral densities", ranking=True),
    _cbc("MBTA", "PSDs"),
    _cbc("MBTAOnline", "PSDs"),
    _cbc("pycbc", "PyCBC PSD estimate from the time of event"),
    _cbc("spiir", "strain spectral densities"),
    Pipeline("aframe", ("CBC", "Test"), ("AllSky", "BBH", "MDC"), "aframe", "json"),
    Pipeline("CWB", ("Burst", "Test"), _BURST_SEARCHES, "cwb", "txt"),
    Pipeline("oLIB", ("Burst", "Test"), ("AllSky", "MDC"), "olib", "json"),
    Pipeline("MLy", ("Burst", "Test"), ("AllSky", "MDC"), "mly", "json"),
    _external("Fermi"),
    _external("Swift"),
    _external("INTEGRAL"),
    _external("SNEWS", ("SNEWS", "Supernova", "MDC")),
)
#: Names of old, and spellings in lower case, that mean a pipeline of today's.
_ALIASES = {"lib": "oLIB", "gstlal-spiir": "spiir", **{pipeline.name.lower(): pipeline.name for pipeline in PIPELINES}}
_BY_NAME = {pipeline.name: pipeline for pipeline in PIPELINES}


def pipeline_named(name: str) -> Pipeline:
    """The pipeline that a name means, whatever its case. SimulateError, with the names known, if there is none."""
    found = _BY_NAME.get(_ALIASES.get(name.lower(), ""))
    if found is None:
        raise SimulateError(f"there is no pipeline {name!r}: use {', '.join(_BY_NAME)}")
    return found


def check(pipeline: Pipeline, group: str, search: str | None) -> None:
    """SimulateError unless the pipeline takes that group and that search."""
    if group not in pipeline.groups:
        raise SimulateError(f"{pipeline.name} takes no group {group!r}: use {' or '.join(pipeline.groups)}")
    if search is not None and search not in pipeline.searches:
        raise SimulateError(f"{pipeline.name} takes no search {search!r}: use {', '.join(pipeline.searches)}, or none")
