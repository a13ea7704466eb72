"""Whatever happens to a superevent: each notice says what the superevent was like at that moment, and is as the schema wants it."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from tests.archive.notices.superevents import EM_BRIGHT, P_ASTRO, Told, a_superevent, heard, validator

#: What may happen between alerts, and the alerts.
ACTS = ("skymap", "source", "prefer", "far", "confirm", "late", "ew", "pr", "up", "re", "wait", "private")


@dataclass
class State:
    """The superevent as the one who does the acts knows it, and what each alert therefore has to say."""

    told: Told
    maps: list[bytes] = field(default_factory=list)
    classes: dict[str, float] = field(default_factory=dict)
    pipeline: str = "gstlal"
    expected: list[dict[str, Any]] = field(default_factory=list)

    def do(self, act: str, number: int) -> None:
        self.told.later(1 + number % 7 * 40)
        getattr(self, f"do_{act}", lambda number: None)(number)

    def do_skymap(self, number: int) -> None:
        self.maps.append(f"map {len(self.maps)}".encode())
        self.told.skymap(self.maps[-1])

    do_late = do_skymap

    def do_source(self, number: int) -> None:
        self.classes = P_ASTRO | {"BNS": number / 10}
        self.told.source(BNS=number / 10)

    def do_prefer(self, number: int) -> None:
        if self.pipeline == (wanted := ("gstlal", "pycbc")[number % 2]):
            return  # an update that changes nothing is refused
        self.pipeline = wanted
        self.told.client.update_superevent(self.told.superevent, preferred_event=self.told.events[number % 2])

    def do_confirm(self, number: int) -> None:
        if not self.told.client.superevent(self.told.superevent).json()["gw_id"]:
            self.told.client.confirm_superevent_as_gw(self.told.superevent)

    def do_private(self, number: int) -> None:
        self.told.write("notes.txt", "for members")

    def _alert(self, kind: str) -> None:
        name = f"bayestar.multiorder.fits,{len(self.maps) - 1}" if self.maps else None
        self.told.alert(kind, name)
        self.expected.append({
            "alert_type": kind.upper(), "skymap": self.maps[-1] if self.maps else None, "pipeline": self.pipeline,
            "classification": dict(self.classes), "properties": EM_BRIGHT if self.classes else {},
        })  # fmt: skip

    def do_ew(self, number: int) -> None:
        self._alert("earlywarning")

    def do_pr(self, number: int) -> None:
        self._alert("preliminary")

    def do_up(self, number: int) -> None:
        if self.maps:
            self._alert(("initial", "update")[number % 2])

    def do_re(self, number: int) -> None:
        self.told.alert("retraction", None)
        self.expected.append({"alert_type": "RETRACTION"})


@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), min_size=3, max_size=12))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_notice_says_what_the_superevent_was_like(acts: list[tuple[str, int]], tmp_path_factory: Any) -> None:
    path: Path = tmp_path_factory.mktemp("life") / "a.tape"
    with a_superevent(path) as told:
        told.event(pipeline="pycbc")
        state = State(told)
        for act, number in acts:
            state.do(act, number)
    found = [alert.payload() for alert in heard(path)]
    assert [notice["alert_type"] for notice in found] == [one["alert_type"] for one in state.expected]
    for notice, expected in zip(found, state.expected, strict=True):
        validator()(notice)
        json.dumps(notice, allow_nan=False)
        assert notice["superevent_id"] == told.superevent
        event = notice["event"]
        if expected["alert_type"] == "RETRACTION":
            assert event is None
            continue
        assert (base64.b64decode(event["skymap"]) if event["skymap"] else None) == expected["skymap"]
        assert {name: event[name] for name in ("pipeline", "classification", "properties")} == {
            name: expected[name] for name in ("pipeline", "classification", "properties")
        }
