"""The files that burst, machine-learning and external pipelines make events from: text, JSON, VOEvent."""

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from gracetape.simulate.trigger import Trigger
from gracetape.times import utc_of

if TYPE_CHECKING:
    from numpy.random import Generator

_DAY = 86400


def cwb(trigger: Trigger, rng: "Generator") -> bytes:
    """cWB's trigger: `key: value` lines, then how often louder ones came within the last day."""
    sky = (0.0, 0.0, trigger.ra)
    theta = (0.0, 0.0, 90.0 - trigger.dec)
    count = len(trigger.instruments)
    start = trigger.gps - trigger.duration / 2
    rows: list[tuple[str, str]] = [
        ("nevent", "1"),
        ("ndim", str(count)),
        ("run", "1"),
        ("rho", f"{trigger.network_snr / 2**0.5:.6f}"),
        ("netCC", f"{rng.uniform(0.7, 1.0):.6f}"),
        ("likelihood", f"{trigger.network_snr**2:.6e}"),
        ("ifo", " ".join(trigger.instruments)),
        ("eventID", "1 0"),
        ("phi", " ".join(f"{angle:.6f}" for angle in sky)),
        ("theta", " ".join(f"{angle:.6f}" for angle in theta)),
        ("hrss", " ".join(f"{hrss:.6e}" for hrss in rng.normal(1e-22, 1e-23, count))),
        ("start", " ".join([f"{start:.4f}"] * count)),
        ("time", " ".join([f"{trigger.gps:.4f}"] * count)),
        ("stop", " ".join([f"{start + trigger.duration:.4f}"] * count)),
        ("duration", f"{trigger.duration:.6f}"),
        ("frequency", f"{trigger.frequency:.6f}"),
        ("low", f"{trigger.frequency - trigger.bandwidth / 2:.6f}"),
        ("high", f"{trigger.frequency + trigger.bandwidth / 2:.6f}"),
        ("bandwidth", f"{trigger.bandwidth:.6f}"),
        ("snr", " ".join(f"{snr**2:.6e}" for snr in trigger.snrs)),
    ]
    begin, end = int(trigger.gps - _DAY), int(trigger.gps)
    lines = [f"{key + ':':<12}{value}" for key, value in rows] + [
        "",
        "## number of events with rho>= rho of the event | corresponding rate | start time of the analyzed segment list"
        " | end time of the analyzed segment list | duration of the analyzed segment list",
        "#significance based on the last day",
        f"{int(trigger.far * _DAY)} {trigger.far:.9g} {begin} {end} {_DAY}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def olib(trigger: Trigger, rng: "Generator") -> bytes:
    """oLIB's JSON: Bayes factors, posterior means and medians, Omicron's SNR per detector."""
    about: dict[str, Any] = {
        "gpstime": round(trigger.gps, 6), "FAR": trigger.far, "nevents": 1, "likelihood": None, "instruments": trigger.ifos,
        "BCI": max(0.0, float(rng.normal(10, 3))), "BSN": max(0.0, float(rng.normal(50, 10))),
    }  # fmt: skip
    for name, mean, spread, least in (
        ("frequency", trigger.frequency, 5, 32),
        ("quality", 8, 1, 2),
        ("hrss", 1e-22, 1e-23, 1e-25),
    ):
        for of in ("mean", "median"):
            about[f"{name}_posterior_{of}"] = max(least, float(rng.normal(mean, spread)))
    about["Omicron_SNR_Network"] = trigger.network_snr
    for ifo, snr in zip(trigger.instruments, trigger.snrs, strict=True):
        about[f"Omicron_SNR_{ifo}"] = snr
    return _json(about)


def mly(trigger: Trigger, rng: "Generator") -> bytes:
    """MLy's JSON: times, band, and the scores of its networks."""
    coincidence, coherency = (float(score) for score in rng.uniform(0.8, 1.0, 2))
    return _json({
        "gpstime": round(trigger.gps, 6), "far": trigger.far, "ifos": trigger.ifos, "central_freq": trigger.frequency,
        "central_time": round(trigger.gps, 6), "bandwidth": trigger.bandwidth, "duration": trigger.duration,
        "scores": {"coincidence": coincidence, "coherency": coherency, "combined": coincidence * coherency},
    })  # fmt: skip


def aframe(trigger: Trigger, rng: "Generator") -> bytes:
    """aframe's JSON: time, far, detectors, and its detection statistic."""
    return _json({
        "gpstime": round(trigger.gps, 6), "far": trigger.far, "ifos": list(trigger.instruments),
        "detection_statistic": trigger.network_snr / 2,
    })  # fmt: skip


#: Who tells of it, as authors of notices name themselves.
_AUTHORS = {
    "Fermi": ("ivo://nasa.gsfc.tan/gcn", "Fermi (via VO-GCN)", "Fermi#GBM_Fin_Pos"),
    "Swift": ("ivo://nasa.gsfc.tan/gcn", "Swift (via VO-GCN)", "SWIFT#BAT_GRB_Pos"),
    "INTEGRAL": ("ivo://nasa.gsfc.tan/gcn", "INTEGRAL (via VO-GCN)", "INTEGRAL#Wakeup"),
    "SNEWS": ("ivo://nasa.gsfc.tan/gcn", "SNEWS (via VO-GCN)", "SNEWS#Alert"),
}


def voevent(trigger: Trigger, rng: "Generator") -> bytes:
    """The VOEvent 2.0 of a gamma-ray or neutrino mission; far in Hz."""
    author, short, stream = _AUTHORS[trigger.pipeline]
    number, when = int(rng.integers(10**8, 10**9)), utc_of(trigger.gps).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4]
    params = {"TrigID": number, "Trig_Dur": f"{rng.lognormal(0, 1):.3f}", "FAR": f"{trigger.far:.6g}"}
    listed = "".join(
        f"    <Param name={quoteattr(name)} value={quoteattr(str(value))}/>\n" for name, value in params.items()
    )
    ident, radius = f"ivo://nasa.gsfc.gcn/{stream}_{number}", rng.uniform(0.05, 5.0)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent ivorn={quoteattr(ident)} role="test" version="2.0"
  xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.ivoa.net/xml/VOEvent/v2.0 http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd">
  <Who>
    <AuthorIVORN>{author}</AuthorIVORN>
    <Author><shortName>{short}</shortName></Author>
    <Date>{when[:-3]}</Date>
    <Description>simulated</Description>
  </Who>
  <What>
{listed}  </What>
  <WhereWhen>
    <ObsDataLocation>
      <ObservatoryLocation id="Simulated"/>
      <ObservationLocation>
        <AstroCoordSystem id="UTC-FK5-GEO"/>
        <AstroCoords coord_system_id="UTC-FK5-GEO">
          <Time unit="s"><TimeInstant><ISOTime>{when}</ISOTime></TimeInstant></Time>
          <Position2D unit="deg">
            <Name1>RA</Name1><Name2>Dec</Name2>
            <Value2><C1>{trigger.ra:.4f}</C1><C2>{trigger.dec:.4f}</C2></Value2>
            <Error2Radius>{radius:.4f}</Error2Radius>
          </Position2D>
        </AstroCoords>
      </ObservationLocation>
    </ObsDataLocation>
  </WhereWhen>
  <How><Description>a simulated {trigger.pipeline} trigger</Description></How>
</voe:VOEvent>
""".encode()
