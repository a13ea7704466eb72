"""Searches for compact binaries by matched filtering: gstlal, MBTA, pycbc, spiir. Their events come as coinc.xml (LIGO_LW)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gracetape.pipelines.formats.ligolw import move_times
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError

if TYPE_CHECKING:
    from numpy.random import Generator

_COINC = (
    "ifos", "end_time", "end_time_ns", "mass", "mchirp", "minimum_duration", "snr", "false_alarm_rate", "combined_far",
)  # fmt: skip
#: The columns of sngl_inspiral that the server keeps; those without a value are left out of the record.
_SINGLE = (
    "ifo", "search", "channel", "end_time", "end_time_ns", "end_time_gmst", "impulse_time", "impulse_time_ns",
    "template_duration", "event_duration", "amplitude", "eff_distance", "coa_phase", "mass1", "mass2", "mchirp", "mtotal",
    "eta", "kappa", "chi", "tau0", "tau2", "tau3", "tau4", "tau5", "ttotal", "psi0", "psi3", "alpha", "alpha1", "alpha2",
    "alpha3", "alpha4", "alpha5", "alpha6", "beta", "f_final", "snr", "chisq", "chisq_dof", "bank_chisq", "bank_chisq_dof",
    "cont_chisq", "cont_chisq_dof", "sigmasq", "rsqveto_duration", "Gamma0", "Gamma1", "Gamma2", "Gamma3", "Gamma4",
    "Gamma5", "Gamma6", "Gamma7", "Gamma8", "Gamma9", "spin1x", "spin1y", "spin1z", "spin2x", "spin2y", "spin2z",
)  # fmt: skip


def read_coinc(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A coinc file: coinc_inspiral, coinc_event and sngl_inspiral."""
    from gracetape.pipelines.formats.ligolw_files import document, gps_of_row, rows

    try:
        doc = document(content)
    except UploadError as error:
        return UploadedEvent(failed=f"Problem scanning data. No alert issued ({error})", reason=str(error))
    coincs = rows(doc, "coinc_inspiral")
    if not coincs:
        return UploadedEvent(warnings=["Could not extract coinc inspiral table."])
    coinc = coincs[0]
    event = UploadedEvent()
    event.gpstime = gps_of_row(coinc, "end_time")
    event.far = coinc.get("combined_far")
    events = rows(doc, "coinc_event")
    if not events:
        event.warnings.append("Could not extract coinc event table.")
        return event
    event.nevents, event.likelihood = events[0].get("nevents"), events[0].get("likelihood")
    event.instruments = coinc.get("ifos") or ""
    event.extra_attributes["CoincInspiral"] = {name: coinc.get(name) for name in _COINC}
    singles = rows(doc, "sngl_inspiral")
    if singles:
        event.extra_attributes["SingleInspiral"] = [
            {name: row[name] for name in _SINGLE if row.get(name) is not None} for row in singles
        ]
    return event


_ATTRIBUTES = (
    Attributes("CoincInspiral", _COINC, frozenset({"ifos"}), ("coincinspiralevent",)),
    Attributes("SingleInspiral", _SINGLE, frozenset({"ifo", "search", "channel"})),
)


def make_coinc(trigger: Trigger, rng: "Generator") -> bytes:
    """coinc.xml: one coincidence of a trigger per detector."""
    from gracetape.pipelines.formats.coinc_writing import coinc

    return coinc(trigger, rng)


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


def _row(name: str, psd_text: str | None, **more: Any) -> Pipeline:
    searches = ("AllSky", "LowMass", "HighMass", "EarlyWarning", "SSM", "BBH", "LowMassSim", "VTInjection", "MDC")
    made: dict[str, Any] = {"make": make_coinc, "upload": "coinc", "file": "coinc.xml", "psd_text": psd_text}
    return Pipeline(
        name, ("CBC", "Test"), searches, read=read_coinc, attributes=_ATTRIBUTES, move_times=move_times,
        **(made if psd_text else {}), **more,
    )  # fmt: skip


#: MBTA has had two names.
_MBTA: dict[str, Any] = {
    "psd_text": "PSDs", "reads": lambda filename: ".xml" in filename, "plots": _mbta,
    "p_astro": ("Add MBTA p_astro info", "pastro.json", ()), "em_bright": ("Add EMbright info", "embright.json", ()),
}  # fmt: skip

PIPELINES = (
    _row(
        "gstlal", "strain spectral densities", ranking=True, plots=_gstlal,
        p_astro=("GstLAL internally computed p-astro", "p_astro.json", ("p_astro",)),
    ),
    _row("MBTA", **_MBTA),
    _row("MBTAOnline", **_MBTA),
    _row("pycbc", "PyCBC PSD estimate from the time of event"),
    _row("spiir", "strain spectral densities", also=("gstlal-spiir",)),
    _row("SPIIR", None),
)  # fmt: skip
