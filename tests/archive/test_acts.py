"""The table of acts: what the server writes of an act is read back as the same act, done with the same."""

from itertools import product
from typing import Any

import pytest

from gracetape.archive.history import rules
from gracetape.archive.history.rules import RULES, Rule
from tests.archive.lives import log

#: What acts are done with; each value is tried.
GIVEN: dict[str, tuple[Any, ...]] = {
    "t_start": (1126259461.25,), "t_0": (1126259462.0,), "t_end": (1126259463.391,),
    "preferred_event": ("G1",), "events": (["G2"], ["T2", "M3", "E4"]), "graceid": ("G7",),
    "superevent": ("S190425z", "GW190425A"), "label": ("EM_READY", "H1OK"), "n": (3,), "tag": ("sky_loc", "psd.x: y"),
    "old_status": ("OK",), "new_status": ("NO",), "status": ("OK", "NO"), "removed": ("ADVREQ",), "applied": ("ADVNO",),
    "signoff_type": ("Operator", "Advocate"), "instrument": ("H1",), "group": ("MAXI", "Fermi GBM"),
    "comment": ("it's; so", "", "two\nlines -> {n}"), "reason": ("no (such) table", "it ends: )"), "link": ("https://x.org/a?b='c'",),
    "unread": (True,), "pipeline": ("gstlal", "MBTAOnline"),
    "changes": (
        [("t_0", 1126259462.5, 1126259463.0), ("preferred_event", "G1", "G2"), ("em_type", None, "E7")],
        [("time_coinc_far", None, 1e-09), ("space_coinc_far", 1e-09, None)], [("designation", None, "GRB 260301A"), ("redshift", 0.5, 1.5)],
    ),
}  # fmt: skip
#: `old` and `new` mean ids in one text and comments in another.
OLD_AND_NEW = {"confirmed": {"old": ("S190425z",), "new": ("GW190425A",)}, "pipeline_preferred": {"old": ("G5",)}}
COMMENTS = {"old": ("fine; so", ""), "new": ("not 'fine'", "")}

WRITTEN = [rule for rule in RULES if rule.era == "modern" and rule.logged]


def named(rule: Rule) -> str:
    return f"{rule.category}: {rule.name}({', '.join(sorted(rule.parameters))})"


@pytest.mark.parametrize("rule", WRITTEN, ids=named)
def test_what_is_written_of_an_act_tells_of_it(rule: Rule) -> None:
    values = GIVEN | OLD_AND_NEW.get(rule.name, COMMENTS)
    names = sorted(rule.parameters)
    for chosen in product(*(values[name] for name in names)):
        act = rules.act(rule.category, rule.name, **dict(zip(names, chosen, strict=True)))
        assert act.rule is rule
        found = rules.read(rule.category, log(5, act.text, 0, "G1-2-Initial.xml"))
        if rule.read_back:
            assert (found, found.rule) == (act, rule)
        elif rule.name != "log":  # the text is that of an event's first file: which it is, the history tells
            assert (found.name, act.text) == ("uploaded", found.text)


def test_no_two_acts_are_taken_for_each_other() -> None:
    """The rows that are written differ in their parameters, so that an act and its parameters mean one of them."""
    keys = [(rule.category, rule.name, rule.parameters) for rule in RULES if rule.era == "modern"]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("name", "params"), [("label_added", {}), ("label_added", {"label": "X", "tag": "y"}), ("labelled", {"label": "X"})]
)
def test_an_act_needs_what_its_text_names(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        rules.act("event", name, **params)


def test_only_times_are_written_with_six_decimals() -> None:
    changes = [("t_0", 1.5, 2), ("time_coinc_far", None, 1e-09), ("em_type", None, "E7")]
    said = rules.text("superevent", "updated", changes=changes)
    assert said == (
        "Updated superevent parameters: t_0: 1.500000 -> 2.000000, time_coinc_far: None -> 1e-09, em_type: None -> E7"
    )
    said = rules.text(
        "superevent", "created", t_start=1.0, t_0=2.0, t_end=3.5, preferred_event="G1", events=["G2", "G3"]
    )
    assert said.endswith("t_start=1.000000, t_0=2.000000, t_end=3.500000, preferred_event=G1, events=G2, G3")
