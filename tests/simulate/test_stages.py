"""Stages: delays, jitters and chances are what the options say; chains that fail end early; answers follow requests."""

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from gracetape.simulate import SimulateError, shipped
from gracetape.simulate.acts import Signoff, WriteLabel, WriteLog
from gracetape.simulate.configuration import Configuration, parse
from gracetape.simulate.life import Life
from gracetape.simulate.lives import gen_schedule, life_of
from tests.simulate.conftest import GPS, IFOS, MakeLife


def configured(text: str, pipeline: str = "gstlal") -> Configuration:
    return parse("test", f'[general]\npipeline = "{pipeline}"\n{text}', ini=False)


def logs(life: Life) -> list[tuple[float, str]]:
    return [(action.dt, action.what.message) for action in life.schedule if isinstance(action.what, WriteLog)]


def many(configuration: Configuration, count: int = 400) -> list[Life]:
    rng = np.random.default_rng(11)
    return [life_of(configuration, rng, GPS, 1e-9, ("H1",)) for _ in range(count)]


def test_delays_match_their_mean_and_jitter() -> None:
    times = [
        dt
        for life in many(configured("[external_triggers]\ndelay = 60\njitter = 10"))
        for dt, text in logs(life)
        if "search" in text
    ]
    assert stats.kstest(times, "norm", args=(60, 10)).pvalue > 0.01


def test_delays_are_never_negative() -> None:
    assert all(action.dt >= 0 for life in many(configured(""), 100) for action in life.schedule)


def test_chances_match_their_options() -> None:
    lives = many(configured("[external_triggers]\nrespond_prob = 0.7\nsuccess_prob = 0.4", "MLy"), 1000)
    said = Counter(text for life in lives for _, text in logs(life))
    responded = said.total()
    assert stats.binomtest(responded, 1000, 0.7).pvalue > 0.01
    assert stats.binomtest(said["Coincidence search complete"], responded, 0.4).pvalue > 0.01


FAP = re.compile(r"minimum glitch-FAP for (\S+) at (\S+) within \[(\d+), (\d+)\] is (\d\.\d{6})")


def test_faps_are_uniform_in_their_logarithm() -> None:
    lives = many(configured("[idq]\nminFAP = 1e-4"))
    faps = [float(found[5]) for life in lives for _, text in logs(life) if (found := FAP.fullmatch(text))]
    assert len(faps) == len(lives)
    assert stats.kstest(np.log10(faps), "uniform", args=(-4, 4)).pvalue > 0.01


def test_idq_says_what_listeners_wait_for_in_order(a_life: MakeLife) -> None:
    life = a_life(configured('[idq]\ninstruments = "H L"\nclassifiers = ["ovl", "mvsc"]', "MLy"))
    within = "within [1399999990, 1400000010]"
    for ifo in ("H1", "L1"):
        said = [text for _, text in logs(life) if re.search(rf"\b{ifo}\b", text)]
        assert said[0] == f"Started Searching for iDQ information {within} at {ifo}"
        assert said[-1] == f"Finished searching for iDQ information {within} at {ifo}"
        for classifier in ("ovl", "mvsc"):
            mine = [text for text in said if f"for {classifier} at {ifo}" in text]
            assert FAP.fullmatch(mine[0])
            assert mine[1:4] == [
                f"iDQ fap timesereis for {classifier} at {ifo} {within} :",
                f"iDQ glitch-rank frame for {classifier} at {ifo} {within} :",
                f"iDQ fap and glitch-rank timeseries plot for {classifier} at {ifo}:",
            ]
            assert (f"iDQ (possible) active channels for {classifier} at {ifo}" in mine) == (classifier == "ovl")
            assert mine[-2:] == [
                f"iDQ local calibration vital statistics for {classifier} at {ifo}",
                f"iDQ local training vital statistics for {classifier} at {ifo}",
            ]
        assert said.count(f"iDQ glitch tables {ifo}:") == 2
    assert not any("V1" in text for _, text in logs(life))


STEPS = {
    "start": 0, "tables": 1, "fap": 2, "gwf": 3, "timeseries": 5, "activeChan": 6, "calib": 8, "roc": 10, "stats": 12,
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_idq_that_fails_ends_the_detectors_chain_without_the_last_line(step: str, a_life: MakeLife) -> None:
    life = a_life(configured(f"[idq]\n{step}_prob = 0", "MLy"), instruments=("H1",))
    said = [text for _, text in logs(life)]
    assert len(said) == STEPS[step]
    assert not any(text.startswith("Finished") for text in said)


def test_segments_end_early_where_a_flag_fails(a_life: MakeLife) -> None:
    text = '[segDB2grcDB]\nflags = ["H1:A:1", "L1:B:1"]\n["H1:A:1"]\n["L1:B:1"]\nprob = {}'
    whole, ended = ([said for _, said in logs(a_life(configured(text.format(p), "MLy")))] for p in (1, 0))
    began, finished = "began searching for segments in : fakeSegDB", "finished searching for segments in : fakeSegDB"
    assert whole == [began, "H1:A:1", "L1:B:1", finished]
    assert ended == [began, "H1:A:1"]


def test_bayestar_counts_from_the_psd_and_needs_one(a_life: MakeLife) -> None:
    said = logs(a_life(configured("[bayestar]\n[plot_skymaps]\n[skyviewer]")))
    psd = next(dt for dt, text in said if text == "strain spectral densities")
    mine = [(dt - psd, text) for dt, text in said if "BAYESTAR" in text]
    assert [text.removeprefix("INFO:BAYESTAR:") for _, text in mine] == [
        "by your command...", "starting sky localization", "sky localization complete", "uploaded sky map",
    ]  # fmt: skip
    assert [dt for dt, _ in mine] == sorted(dt for dt, _ in mine)
    assert mine[2][0] == pytest.approx(40, abs=10)
    assert any(text == "Mollweide projection of bayestar.fits.gz" for _, text in said)
    without = logs(a_life(configured("[uploads]\npsd_prob = 0\n[bayestar]")))
    assert not any("BAYESTAR" in text for _, text in without)


@pytest.mark.parametrize("failing", ["start", "finish", "skymap"])
def test_an_analysis_that_fails_goes_no_further(failing: str, a_life: MakeLife) -> None:
    said = [text for _, text in logs(a_life(configured(f"[lib]\n{failing}_prob = 0\n[plot_skymaps]", "oLIB")))]
    whole = ["LIB Parameter estimation started.", "LIB Parameter estimation finished", "LIB"]
    assert said == whole[: ("start", "finish", "skymap").index(failing)]


@given(
    seed=st.integers(0, 2**32),
    request=st.floats(0, 200),
    respond=st.floats(0, 200),
    jitter=st.floats(0, 100),
)
def test_no_answer_precedes_its_request(seed: int, request: float, respond: float, jitter: float) -> None:
    text = f"[humans]\nrequest_delay = {request}\nrequest_jitter = {jitter}\nsite_respond_delay = {respond}\nadv_respond_delay = {respond}"
    schedule = gen_schedule(configured(text, "MLy"), np.random.default_rng(seed), GPS, 1e-9, IFOS)
    asked: set[str] = set()
    for action in schedule:
        if isinstance(action.what, WriteLabel):
            asked.add(action.what.label)
        if isinstance(action.what, Signoff):
            assert (f"{action.what.instrument}OPS" if action.what.kind == "OP" else "ADVREQ") in asked


def test_what_is_asked_for_without_a_superevent_is_asked_of_the_event(a_life: MakeLife) -> None:
    life = a_life(configured("[humans]\nrespond = false", "MLy"))
    asked = [action.what for action in life.schedule if isinstance(action.what, WriteLabel)]
    assert {act.label for act in asked} == {"H1OPS", "L1OPS", "V1OPS", "ADVREQ"}
    assert all(act.graceid is life.graceid for act in asked)


def test_a_retraction_follows_the_advocates_no(a_life: MakeLife) -> None:
    notices = {}
    for chance in (0, 1):
        life = a_life(configured(f"[humans]\nadv_success_prob = {chance}\n[bayestar]\n[superevent]\n[voevents]"))
        notices[chance] = [str(action) for action in life.schedule if str(action).startswith("VOEvent")]
    assert notices[0] == ["VOEvent: preliminary (bayestar.fits.gz)", "VOEvent: retraction"]
    assert notices[1] == ["VOEvent: preliminary (bayestar.fits.gz)", "VOEvent: initial (bayestar.fits.gz)"]


#: S220609hl's events: what the analyses wrote, s after the event's creation. Texts and times of a real superevent.
REAL = {
    "gstlal": [(2, "GstLAL internally computed p-astro", "p_astro.json")],
    "mbta": [
        (4, "Add MBTA p_astro info", "pastro.json"),
        (10, "Add EMbright info", "embright.json"),
        (16, "Matched filter output plots", "MFO.png"),
        (102, "Single ITF triggers plots", "SNRSummary.png"),
        (105, "Single ITF triggers plots", "nEvtSummary.png"),
    ],
    "cwb": [(2, "cWB skymap fit", "cWB.fits.gz")],
}


@pytest.mark.parametrize("name", REAL)
def test_lives_have_the_steps_texts_and_spacings_of_real_ones(name: str, a_life: MakeLife) -> None:
    life = a_life(name)
    acts = [
        (action.dt, action.what) for action in life.schedule if isinstance(action.what, WriteLog) and action.what.file
    ]
    written = {(act.message, act.file.name): dt for dt, act in acts if act.graceid is life.graceid and act.file}
    for dt, message, file in REAL[name]:
        assert written[message, file] == pytest.approx(dt, abs=6), message


def test_gstlals_diagnostics_come_in_the_order_of_a_real_event(a_life: MakeLife) -> None:
    life = a_life(configured("[diagnostics]\ndelay = 1915\njitter = 0"))
    plots = [(dt, text) for dt, text in logs(life) if dt > 1000]
    assert len(plots) == 18
    assert [text for _, text in plots[:3]] == ["H1 SNR, chisq PDF", "L1 SNR, chisq PDF", "V1 SNR, chisq PDF"]
    assert plots[-1][1] == "SNR time series"
    assert plots[-1][0] == pytest.approx(3031, abs=10)


@pytest.mark.parametrize("name", shipped())
def test_every_act_needs_only_ids_that_are_known_by_then(name: str, a_life: MakeLife) -> None:
    for seed in range(5):
        known: set[int] = set()
        for action in a_life(name, seed).schedule:
            act = action.what
            made = {"CreateEvent": "graceid", "CreateSuperevent": "superevent"}.get(type(act).__name__)
            needed = [
                getattr(act, field, None)
                for field in ("graceid", "superevent", "preferred", "mentions")
                if field != made
            ]
            assert all(id(graceid) in known for graceid in needed if graceid is not None), str(action)
            if made:
                known.add(id(getattr(act, made)))


def test_an_answer_that_is_not_asked_for_is_refused_by_section_and_option() -> None:
    with pytest.raises(SimulateError, match=r"\[humans\] respond = true"):
        configured("[humans]\nrequest = false")


def test_masses_and_snrs_are_drawn_as_told() -> None:
    triggers = [life.trigger for life in many(configured(""), 300)]
    assert stats.kstest([trigger.snrs[0] for trigger in triggers], "norm", args=(8, 1)).pvalue > 0.01
    assert all(trigger.mass1 >= trigger.mass2 >= 1 for trigger in triggers)
    assert (
        stats.kstest([math.sin(math.radians(trigger.dec)) for trigger in triggers], "uniform", args=(-1, 2)).pvalue
        > 0.05
    )
