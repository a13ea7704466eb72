"""Writes the series of LIGO_LW XML as lal reads them: spectra of detectors, outputs of their filters."""

from typing import TYPE_CHECKING, Any
from xml.sax.xmlreader import AttributesImpl

import numpy as np
from igwn_ligolw import ligolw

from gracetape.pipelines.formats.coinc_signal import RATE, SIDE, asd, seen, snr_series
from gracetape.pipelines.formats.ligolw_writing import split
from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.typing import NDArray


def psds(trigger: Trigger, delta_f: float, count: int) -> list[Any]:
    """Per detector a frequency series of the PSD in 1/Hz, every `delta_f` Hz from 0."""
    frequencies = delta_f * np.arange(count, dtype="float64")
    found = []
    for ifo, one in seen(trigger).items():
        values = np.array([frequencies, asd(frequencies, one.worse) ** 2])
        series = _series(
            "REAL8FrequencySeries", f"{int(trigger.gps) - 8}", "PSD", values, "s strain^2", "Frequency", delta_f
        )
        series.appendChild(ligolw.Param.build("instrument", "lstring", ifo))
        found.append(series)
    return found


def snrs(trigger: Trigger, ends: dict[str, float], *, conjugate: bool) -> list[Any]:
    """Per detector the time series of its filter's output, around its end time (GPS seconds); event ids count from 0.

    `conjugate`: by the convention of those whose phases run the other way.
    """
    found = []
    for number, (ifo, end) in enumerate(ends.items()):
        z = snr_series(trigger, ifo)
        z = z.conj() if conjugate else z
        values = np.array([np.arange(len(z)) / RATE, z.real, z.imag], dtype="float32")
        seconds, nanoseconds = split(end - SIDE / RATE)
        series = _series("COMPLEX8TimeSeries", f"{seconds}.{nanoseconds:09d}", "snr", values, "", "Time", 1 / RATE)
        series.appendChild(ligolw.Param.build("event_id", "int_8s", number))
        found.append(series)
    return found


def _series(kind: str, epoch: str, name: str, values: "NDArray[Any]", unit: str, along: str, step: float) -> Any:
    """A series as lal writes it: rows of `values` are what it goes along, then its real and imaginary parts."""
    made = ligolw.LIGO_LW(AttributesImpl({"Name": kind}))
    begins = ligolw.Time(AttributesImpl({"Name": "epoch", "Type": "GPS"}))
    begins.pcdata = epoch
    made.appendChild(begins)
    made.appendChild(ligolw.Param.build("f0", "real_8", 0.0, unit="s^-1"))
    parts = ",".join((along, "Real", "Imaginary")[: len(values)])
    array = ligolw.Array.build(name, values, [parts, along])
    array.Unit = unit
    dimension = array.getElementsByTagName(ligolw.Dim.tagName)[0]
    dimension.Unit, dimension.Start, dimension.Scale = "s^-1" if along == "Frequency" else "s", 0.0, step
    made.appendChild(array)
    return made
