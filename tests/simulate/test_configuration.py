"""Configurations: old INI files as they are, TOML, those that come along; errors name file, section, option and value."""

from pathlib import Path

import pytest

from gracetape.simulate import SimulateError, Stream, read_configuration, shipped
from gracetape.simulate.configuration import parse
from gracetape.simulate.stages import STAGES
from tests.simulate.conftest import LiveIn, MakeLife

#: A configuration of 2016: every section and option of that time's files, values of our own.
OLD = """
[general]
group    = Test
pipeline = {pipeline}
{search}

[humans]
request = True
respond = {respond}

request delay  = 12
request jitter = 1
site respond delay  = 31
site respond jitter = 4
site respond prob   = 1.0
site success prob   = 0.9
adv respond delay  = 41
adv respond jitter = 4
adv respond prob   = 1.0
adv success prob   = 0.6

[segDB2grcDB]
start delay  = 9
start jitter = 2
start prob   = 1.0
flags = H1:DMT-ANALYSIS_READY:1 L1:DMT-ANALYSIS_READY:1

[H1:DMT-ANALYSIS_READY:1]
delay  = 20
jitter = 4
prob   = 1.0

win = 20

[L1:DMT-ANALYSIS_READY:1]
delay  = 20
jitter = 4
prob   = 1.0

win = 20

[idq]
instruments = H L
classifiers = ovl
pad left  = 9
pad right = 11
maxFAP = 1.0
minFAP = 1e-4
start delay  = 1.0
start jitter = 0.5
start prob   = 1.0
tables delay  = 4.0
tables jitter = 1.0
tables prob   = 1.0
fap delay  = 4.0
fap jitter = 1.0
fap prob   = 1.0
gwf delay  = 4.0
gwf jitter = 1.0
gwf prob   = 1.0
timeseries delay  = 4.0
timeseries jitter = 1.0
timeseries prob   = 1.0
activeChan delay  = 9.0
activeChan jitter =  1.0
activeChan prob   =  1.0
calib delay  = 21.0
calib jitter =  4.0
calib prob   =  1.0
roc delay  = 21.0
roc jitter =  4.0
roc prob   =  1.0
stats delay  = 31.0
stats jitter =  4.0
stats prob   =  1.0

[plot skymaps]
plotSkymap delay  = 9
plotSkymap jitter = 2
plotSkymap prob   = 1.0

[skyviewer]
skyviewer delay  = 9
skyviewer jitter = 2
skyviewer prob   = 1.0

[external triggers]
delay  = 50
jitter = 9

respond prob = 1.0
success prob = 1.0

[unblind injections]
delay  = 50
jitter = 9

respond prob = 1.0
success prob = 1.0
"""
ANALYSIS = """
[{name}]
lvem = True

start delay  = 9
start jitter = 2
start prob   = 1.0
finish delay  = 50
finish jitter = 4
finish prob   = 1.0
skymap delay  = 50
skymap jitter = 9
skymap prob   = 1.0
"""
ANALYSIS_WITHOUT_START = """
[cwbPE]
lvem = True

finish delay  = 50
finish jitter = 4
finish prob   = 1.0
skymap delay  = 50
skymap jitter = 9
skymap prob   = 1.0
"""

OLD_FILES = {
    "gstlal": ("GSTLAL", "search = LowMass", False, ("bayestar", "lalinference"), "bayestar.fits.gz"),
    "cwb": ("CWB", "search = AllSky", True, ("cwbPE", "bayeswave", "lib"), "skyprobcc.fits.gz"),
    "olib": ("LIB", "search = AllSky", False, ("lib",), "LIB_skymap.fits.gz"),
}


def old(name: str) -> str:
    pipeline, search, respond, analyses, _ = OLD_FILES[name]
    parts = [ANALYSIS_WITHOUT_START if one == "cwbPE" else ANALYSIS.format(name=one) for one in analyses]
    return OLD.format(pipeline=pipeline, search=search, respond=respond) + "".join(parts)


@pytest.mark.parametrize("name", OLD_FILES)
def test_configurations_of_2016_are_read_and_lived_as_they_are(
    name: str, a_life: MakeLife, live_in: LiveIn, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.ini"
    path.write_text(old(name))
    configuration = read_configuration(str(path))
    assert configuration.pipeline == {"gstlal": "gstlal", "cwb": "CWB", "olib": "oLIB"}[name]
    assert configuration.sections["idq"].number("minFAP") == 1e-4
    assert configuration.sections["segdb2grcdb"].sections["H1:DMT-ANALYSIS_READY:1"].number("win") == 20
    life = a_life(configuration)
    outcome, alerts = live_in(life.schedule, tmp_path / "a.tape")
    assert outcome.done == len(life.schedule)
    files = {alert.data.get("filename") for alert in alerts}
    assert {OLD_FILES[name][4], "H1_DMT-ANALYSIS_READY_1-1399999980-40.xml", "H1_ovl-1399999991-20.json"} <= files
    signed = [alert for alert in alerts if alert.alert_type == "signoff_created"]
    assert len(signed) == (4 if OLD_FILES[name][2] else 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"x.ini: there is no section \[general\]"),
        ("nonsense", "x.ini is not an INI file"),
        ("[general]\npipeline = nope", r"\[general\]: there is no pipeline 'nope'"),
        ("[general]\npipeline = CWB\ngroup = CBC", r"\[general\]: CWB takes no group 'CBC': use Burst or Test"),
        ("[general]\npipeline = CWB\nsearch = LowMass", r"\[general\]: CWB takes no search 'LowMass'"),
        ("[general]\ncolour = red", r"\[general\]: there is no option 'colour' \(= red\)"),
        ("[general]\n[nope]", r"there is no stage \[nope\]"),
        ("[general]\n[idq]\nstart delay = soon", r"\[idq\]: start delay = soon: this must be a number"),
        ("[general]\n[idq]\nstart prob = 1.5", r"\[idq\]: start prob = 1.5: this must be from 0 to 1"),
        ("[general]\n[idq]\nfap jitter = -1", r"\[idq\]: fap jitter = -1: this must be at least 0"),
        ("[general]\n[idq]\nfap jitter = nan", r"\[idq\]: fap jitter = nan: this must be a number"),
        ("[general]\n[humans]\nrequest = perhaps", r"\[humans\]: request = perhaps: this must be true or false"),
        ("[general]\n[segDB2grcDB]\nflags = H1:X:1", r"\[segDB2grcDB\] flags = H1:X:1: there is no section \[H1:X:1\]"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(SimulateError, match=said):
        parse("x.ini", text, ini=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[general", "x.toml is not a TOML file"),
        ("group = " + "[" * 5000, "x.toml is not a TOML file: it is nested too deeply"),
        ("group = " + "1" * 5000, "x.toml is not a TOML file: Exceeds the limit"),
        ("group = 1", "x.toml: group = 1: options stand in sections"),
        ("[general]\ngroup = 1", r"\[general\]: group = 1: this must be a text"),
        ("[general]\n[idq]\nfap_delay = true", r"\[idq\]: fap delay = True: this must be a number"),
    ],
)
def test_what_is_wrong_in_toml_is_named_too(text: str, said: str) -> None:
    with pytest.raises(SimulateError, match=said):
        parse("x.toml", text, ini=False)


def test_a_configuration_that_is_nowhere_is_told_of_with_those_that_are() -> None:
    with pytest.raises(SimulateError, match="gstlal"):
        read_configuration("nothing-of-the-kind")
    with pytest.raises(SimulateError, match="cannot read"):
        read_configuration("nothing/of/the.kind")


def test_a_configuration_comes_along_for_every_pipeline() -> None:
    have = {read_configuration(name).pipeline for name in shipped()}
    assert have >= {
        "gstlal",
        "MBTA",
        "pycbc",
        "spiir",
        "aframe",
        "CWB",
        "oLIB",
        "MLy",
        "Fermi",
        "Swift",
        "INTEGRAL",
        "SNEWS",
    }
    groups = {name: read_configuration(name).group for name in shipped()}
    mock = read_configuration("mock")  # what the service itself sends the public to test with
    assert (groups.pop("mock"), mock.search) == ("CBC", "MDC")
    assert set(groups.values()) == {"Test"}


def test_options_are_read_whatever_their_case_and_underscores() -> None:
    text = "[general]\n[IDQ]\nSTART_DELAY = 7\n"
    assert parse("x", text, ini=True).sections["idq"].number("start delay") == 7


def test_every_stage_has_a_sentence_and_every_option_a_meaning() -> None:
    for row in STAGES:
        assert row.about
        assert all(option.help for option in (*row.options, *row.flags))
        names = [option.name for option in row.options]
        assert len(names) == len(set(names))


def test_streams_take_configurations() -> None:
    assert Stream([read_configuration("gstlal")], ("H1",), 1e9, count=1).rate == 0.1


@pytest.mark.parametrize(
    ("name", "pipeline", "stages"),
    [("GSTLAL", "gstlal", 11), ("MBTAOnline", "MBTAOnline", 1), ("icecube", "IceCube", 2)],
)
def test_a_pipelines_name_in_any_case_means_its_configuration_or_its_event_alone(
    name: str, pipeline: str, stages: int
) -> None:
    configuration = read_configuration(name)
    assert configuration.pipeline == pipeline
    assert len(configuration.sections) == stages
