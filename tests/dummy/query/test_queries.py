"""What queries match: one row per form of the language."""

from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

ALL = "G1 G2 G3 E6 H7 G8 G9"  # what is neither Test nor MDC

EVENT_QUERIES = [
    (" ", ALL),
    # ids
    ("G1", "G1"), ("gid: G1", "G1"), ("g1", "G1"), ("G1 .. G3", "G1 G2 G3"), ("G2..G9", "G2 G3 E6 H7 G8 G9"),
    ("gid: G1 G2 G99", "G1 G2"), ("T4", "T4"), ("tid: T4", "T4"), ("M5", "M5"), ("M10", ""), ("M10 Test", "M10"),
    ("eid: E6", "E6"), ("E6", "E6"), ("hid: H7", "H7"), ("H7", "H7"), ("H1", "G1 G2 G3 H7 G8 G9"), ("hid: H1", ""),
    ("G4", ""), ("T1", ""), ("G1 E6", ""),
    # groups, pipelines, searches: the same kind is joined by or, different ones by and
    ("CBC", "G1 G2 H7 G9"), ("cbc", "G1 G2 H7 G9"), ("CBC Burst", "G1 G2 G3 H7 G8 G9"), ("Burst cwb search: AllSky", "G3 G8"),
    ("group: CBC pipeline: gstlal", "G1 G2"), ("pipeline: cwb pycbc", "G3 G8 G9"), ("search: GRB", "E6"),
    ("External Fermi GRB", "E6"), ("group: \"CBC\"", "G1 G2 H7 G9"),
    # Test and MDC have to be named, somewhere
    ("Test", "T4"), ("MDC", "M5"), ("Test MDC", "M10"), ("group: Test pipeline: gstlal", "T4"), ("AllSky Test", "T4"),
    ('"test"', ""), ("search: MDC", "M5"), ("far < 1 Test", "T4"),
    # labels
    ("INJ", "G1 H7"), ("label: INJ", "G1 H7"), ("inj", "G1 H7"), ("EM_READY & ADVOK", "G2"), ("EM_READY , ADVOK", "G2"),
    ("EM_READY | INJ", "G1 G2 H7 G9"), ("~INJ", "G2 G3 E6 G8 G9"), ("-INJ", "G2 G3 E6 G8 G9"), ("INJ & ~DQV", "G1"),
    ("EM_READY | INJ & ~DQV", "G1 G2 G9"), ("label: EM_READY & ~ADVOK CBC", "G9"), ("INJ DQV", "H7"), ("CBC ~INJ", "G2 G9"),
    ("(EM_READY & ADVOK) | DQV", "G2 H7"), ("~(INJ | EM_READY)", "G3 E6 G8"), ("label: ~INJ & EM_READY", "G2 G9"),
    # numbers
    ("far < 1e-7", "G1 H7 G8 G9"), ("far <= 1e-8", "G1 H7 G8 G9"), ("far > 1e-4", "G2"), ("far >= 0.001", "G2"),
    ("far: 0.001", "G2"), ("far = 0.001", "G2"), ("far == 0.001", "G2"), ("far in 1e-7, 1e-2", "G2 E6"), ("hasfar", "G1 G2 E6 H7 G8 G9"),
    ("FAR < 1e-7 & gpstime > 1300000000", "G9"), ("nevents: 3", "G3"), ("nevents >= 3", "G3"), ("nevents: 2 nevents: 3", ""),
    ("far < 1e-9 far > 1e-4", "G2"),  # comparisons side by side are joined by or
    # instruments
    ("H1,L1,V1", "G3"), ("ifos: V1", "G3"), ('instruments: "H1,L1"', "G1 G2 H7 G8 G9"), ("L1,V1", "G3"), ('instruments: "V1"', ""),
    # times
    ("1187008882.4", "G3"), ("1187000000 .. 1188000000", "G3"), ("gpstime: 1187000000.0 .. 1188000000", "G3"),
    ("1187000000..1188000000", "G3"), ("gpstime in 1187000000, 1188000000", "G3"), ("ER8", "G1 G2 E6 H7 G8"), ("runid: O2", "G3"),
    ("o2", "G3"), ("ER8 O2", "G1 G2 G3 E6 H7 G8"), ("O4", "G9"), ("O4b", "G9"), ("O4a", ""), ("O1 O2", "G3"),
    ("created: 2019-03-30 12:00:00", "G2"), ("created: 2018-11-30 .. 2018-12-02", "G9"), ("2018-11-30 .. 2018-12-02 12:00", "G9"),
    ("created: yesterday .. now", "G1 G2 G3 E6 H7 G8"), ("yesterday..now Test", "T4"), ("created: 1 week ago .. now", "G1 G2 G3 E6 H7 G8"),
    ("a couple of days ago .. now", "G1 G2 G3 E6 H7 G8"), ("created: 1 day ago .. now", "G2"), ("23 hours ago .. now", "G2"),
    ("noon yesterday", "G2"), ("12pm yesterday", "G2"), ("1200 yesterday", "G2"), ("created: 2 hours before 2pm yesterday", "G2"),
    ('created > "2019-03-30 11:00"', "G2"), ("created < 2019-01-01", "G9"), ("Test created: today", "T4"),
    # who and what for
    ('"einstein"', "E6"), ('submitter: "albert.einstein@ligo.org"', "E6"), ('"GSTLAL"', "G1 G2 G3 H7 G8 G9"), ('"%"', ""), ('"_"', ""),
    ("replay_id: run-1.a", "G8"), ('replay_id: "run-1.a" CWB', "G8"), ("replay_id: other", ""),
    # superevents
    ("in_superevent: True", "G1 G2"), ("in_superevent: false", "G3 E6 H7 G8 G9"), ("superevent: S190330a", "G1"),
    ("superevent: S190330", "G1"), ("superevent: s190330B", "G2"), ("superevent: GW150914", "G2"), ("superevent: S190331a", ""),
    ("is_preferred_event: True", "G1 G2"), ("is_preferred_event: True Test", "T4"), ("is_preferred_event: False INJ", "H7"),
    # attributes
    ("si.snr > 8", "G1"), ("si.snr in 5,7", "G9"), ("singleinspiral.mchirp >= 0.5 & singleinspiral.eff_distance in 0.0,45", "G1 G9"),
    ("si.snr > 8 & si.eff_distance > 45", ""), ("si.snr > 3 & si.eff_distance > 45", "G1"),
    ('(si.channel = "DMT-STRAIN" | si.channel = "DMT-PAIN") & si.snr < 5', "G1"), ('si.channel: "DMT-PAIN"', "G9"),
    ("mb.snr in 1,3 & mb.central_freq > 1000", "G8"), ("multiburst.snr < 1", ""), ("ci.mchirp > 1", "G1 G9"),
    ("coincinspiralevent.snr > 10 INJ", "G1"), ("grbevent.ra > 200 & grb.t90 < 2", "E6"), ('grb.trigger_id = "1234"', "E6"),
    ("CI.SNR > 10", "G1"), ("~si.snr > 8 & EM_READY", "G2 G9"), ("si.snr > 8 | mb.snr > 1", "G1 G8"), ("inj.distance > 1", ""),
]  # fmt: skip

SUPEREVENT_QUERIES = [
    ("id: S190330a", "S190330a"), ("superevent_id: S190330b", "S190330b"), ("S190330a", "S190330a"), ("s190330A", "S190330a"),
    ("TS190330a", "TS190330a"), ("ts190330", "TS190330a"), ("ms190330AB", "MS190330ab"), ("GW150914", "S190330b"), ("GW150914A", "S190330b"),
    ("GW150914b", ""), ("S190331a", ""), ("S190330a S190330b", ""),
    ("S190330*", "S190330a S190330b"), ("S19*", "S190330a S190330b"), ("MS19*", "MS190330ab"), ("TS1903*", "TS190330a"), ("GW15*", "S190330b"),
    ("id: S1903*", "S190330a S190330b"), ("S190330b*", "S190330b"),
    ("Test", "TS190330a"), ("category: MDC", "MS190330ab"), ("category: Production", "S190330a S190330b"), ("mdc", "MS190330ab"),
    ("t_0: 2.0", "S190330a"), ("2", "S190330a"), ("1 .. 3", "S190330a"), ("gpstime: 1.5 .. 2.5", "S190330a"), ("t_start: 10", "S190330b"),
    ("t_end: 3 t_start: 1", "S190330a"), ("t_end: -1 .. 5 Test", "TS190330a"), ("ER8", "S190330b"), ("runid: O2", ""),
    ("preferred_event: G1", "S190330a"), ("preferred_event: G1 .. G9", "S190330a S190330b"), ("preferred_event: T4 Test", "TS190330a"),
    ("event: E6", "S190330b"), ("events: G1 .. G6", "S190330a S190330b"), ("event: G99", ""),
    ("is_gw: True", "S190330b"), ("is_gw: FALSE", "S190330a"), ("is_public: True", "S190330a"), ("is_exposed: False", "S190330b"),
    ("public", "S190330a"), ("status: internal", "S190330b"), ("internal", "S190330b"),
    ("EM_READY", "S190330a"), ("label: ~EM_READY", "S190330b"), ("EM_READY | ADVOK", "S190330a S190330b"), ("EM_READY & ADVOK", ""),
    ("far < 1e-5", "S190330a"), ("FAR >= 0.001", "S190330b"), ("far: 0.001", "S190330b"), ("far in 1e-9, 2.5e-6", "S190330a"),
    ("far: 1e-9 .. 1e-4", "S190330a"), ("far: 1e-9 - 1e-4", "S190330a"), ("far < 1e-5 far > 1e-4", ""),
    ("created: yesterday .. now", "S190330a S190330b"), ("yesterday .. now MDC", "MS190330ab"), ("created: 2019-03-30 10:00:00", "S190330a S190330b"),
    ('"emfollow"', "S190330a S190330b"), ('submitter: "nobody"', ""),
    ("far in 1e-10, 1e-7 created: yesterday .. now public", "S190330a"), ("gpstime: 1 .. 456 Test event: G1 .. G129", "TS190330a"),
]  # fmt: skip

NOT_UNDERSTOOD = [
    "foo", "si.snr", "si.nonsense > 3", "nonsense.snr > 3", "group: nobody", "label: CBC", "far < ", "far < far", 'far < "x"', "((INJ)",
    "INJ &", "| INJ", "gpstime: now", "created: 12", "2019-13-45", "G1 .. T4", "G1 .. 5", "superevent: G1", "in_superevent: maybe",
    'far < 1; DROP TABLE search_events', "' OR 1=1 --", '"', "~", "()", "far far < 1", "O9", "S190330a", "runid: CBC", "hid: G1", "nevents: x",
    "INJ || DQV", "far <> 1", "far in 1", "far in 1,2,3", "gpstime < 1 .. 2", "\x00", "H1,", "CBC & Burst", "~CBC", "G1 | G2",
]  # fmt: skip


def ids(found: Any, name: str) -> list[str]:
    return sorted(record[name] for record in found)


@pytest.mark.parametrize(("query", "wanted"), EVENT_QUERIES)
def test_events_that_a_query_matches(client: Any, query: str, wanted: str) -> None:
    assert ids(client.events(query), "graceid") == sorted(wanted.split())
    assert client.num_events(query) == len(wanted.split())


@pytest.mark.parametrize(("query", "wanted"), SUPEREVENT_QUERIES)
def test_superevents_that_a_query_matches(client: Any, query: str, wanted: str) -> None:
    assert ids(client.superevents(query), "superevent_id") == sorted(wanted.split())


@pytest.mark.parametrize("query", NOT_UNDERSTOOD)
def test_what_no_events_query_says_is_refused(client: Any, query: str) -> None:
    with pytest.raises(HTTPError) as raised:
        list(client.events(query))
    assert raised.value.response.status_code == 400
    assert raised.value.response.json() == {"error": "Invalid query"}


def test_without_a_query_everything_is_listed(client: Any) -> None:
    assert client.num_events() == 10
    assert len(list(client.superevents())) == 4


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("S250908%", "Invalid wildcard in query: 'S250908%'. Only '*' is supported as a wildcard."),
        ("R001?", "Invalid wildcard in query: 'R001?'. Only '*' is supported as a wildcard."),
        ("XS250908*", "Invalid superevent prefix in query: 'XS'. Allowed prefixes are: S, MS, TS, GW."),
        (
            "G0029",
            "'G0029' looks like an event graceid. Only superevent IDs (S, MS, TS, GW) are valid in this search.",
        ),
        (
            "R001",
            "'R001' is not a valid superevent ID or query. Valid superevent IDs start with S, MS, TS, or GW followed by a "
            "date and optional suffix. Example: S250908a or GW250908A.",
        ),
    ],
)
def test_what_is_said_of_a_superevents_query_that_is_not_understood(client: Any, query: str, said: str) -> None:
    with pytest.raises(HTTPError) as raised:
        list(client.superevents(query))
    assert raised.value.response.status_code == 400
    assert raised.value.response.json() == {"detail": said}
