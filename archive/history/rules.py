"""The one table of acts: what the server writes of each in the log, which alerts it causes, and what its text looks like.

A write (the dummy) starts from an act and its parameters, which make both the text and the alerts (`act`); a history reads
the texts that others wrote back to acts (`read`). Facts: gracedb-server, superevents/utils.py, events/view_logic.py,
api/v1/events/views.py; texts of older servers and of old test libraries are rows too, which are only read.
"""

import re
from typing import Any

from gracetape.archive.history.fields import (
    CHANGES,
    EVENT,
    EVENTS,
    FREE,
    GPS,
    GPS_TIMES,
    LABEL,
    NUMBER,
    WORD,
    graceids,
    is_event,
    value_of,
)
from gracetape.archive.history.pipeline_preferred_rules import pipeline_preferred_rules
from gracetape.archive.history.rule import Act, Causes, Field, Params, Record, Rule
from gracetape.archive.history.signoff_rules import signoff_labels, signoff_rules, web_signoff_rules
from gracetape.archive.kinds import signoff_key

__all__ = ["EXPOSED", "RULES", "Act", "Causes", "Record", "Rule", "act", "is_event", "read", "rule_of", "signoff_key"]
__all__ += ["signoff_labels", "text", "value_of", "voevent_number"]

_NAMED = re.compile(r"\b(?P<name>\w++)=(?P<value>.*?)(?=, \w++=|$)", re.DOTALL)


def _created(params: Params) -> Params:
    return {"events": []} | params


def _created_with(params: Params) -> Params:
    """The parameters of a superevent whose creation text names others than the usual ones: `name=value`, in any order."""
    named = {m["name"]: m["value"] for m in _NAMED.finditer(params["rest"])}
    values = {name: value_of(value) for name, value in named.items() if name != "events"}
    return values | {"events": graceids(named.get("events"))}


#: What exposing a superevent grants, as the records of its permissions.
EXPOSED: tuple[Record, ...] = tuple(
    {"group": group, "permission": f"{what}_superevent"}
    for group, what in (("lvem_observers", "annotate"), ("lvem_observers", "view"), ("public_users", "view"))
)


# -- the alerts of acts

_OBJECT_NEW = (Causes("new"),)
_LABEL_ADDED = (Causes("label_added", "label", lambda p: p["label"]),)
_LABEL_REMOVED = (Causes("label_removed", "label", lambda p: p["label"]),)
_LOG = (Causes("log", "log"),)
_VOEVENT = (Causes("voevent", "voevent"),)
_EMOBSERVATION = (Causes("emobservation", "emobservation"),)
_EMBB = (Causes("embb_event_log", "embb", lambda p: p["n"]),)
_N = {"n": NUMBER}
_LABEL = {"label": LABEL}
_EVENT = {"graceid": EVENT}
_CHANGES = {"changes": CHANGES}
_CREATION = dict.fromkeys(GPS_TIMES, GPS) | {"preferred_event": EVENT, "events": EVENTS}
_VOEVENT_FILE = re.compile(r"[A-Z]\w++-([0-9]{1,15})-[A-Z]\w*+\.xml")


def voevent_number(record: Record) -> int | None:
    """The N of the VOEvent whose file a log record brought, by the file's name."""
    match = _VOEVENT_FILE.fullmatch(record.get("filename") or "")
    return int(match[1]) if match else None


def _brings_voevent(record: Record) -> bool:
    return voevent_number(record) is not None


def _brings_file(record: Record) -> bool:
    return bool(record.get("filename"))


_CREATED = "Superevent created with t_start={t_start}, t_0={t_0}, t_end={t_end}, preferred_event={preferred_event}"
_UPLOADED = "Original Data"


def _rules_of_both(category: str) -> list[Rule]:
    return [
        Rule("emobservation", category, "New EMBB observation record for {group}", _EMOBSERVATION),
        Rule("emobservation", category, "New EMBB observation record for {group}.", _EMOBSERVATION, era="2014-2017"),
        Rule("voevent", category, "New VOEvent", _VOEVENT, needs=_brings_voevent),
        *signoff_rules(category),
    ]


def _event_rule(name: str, template: str, causes: tuple[Causes, ...] = (), **more: Any) -> Rule:
    return Rule(name, "event", template, causes, **more)


def _superevent_rule(name: str, template: str, causes: tuple[Causes, ...], **more: Any) -> Rule:
    return Rule(name, "superevent", template, causes, **more)


RULES: tuple[Rule, ...] = (
    _superevent_rule("created", _CREATED + ", events={events}", _OBJECT_NEW, fields=_CREATION, derive=_created),
    _superevent_rule("created", _CREATED, _OBJECT_NEW, fields=_CREATION, derive=_created),
    _superevent_rule(
        "created",
        "Superevent created with {rest}",
        _OBJECT_NEW,
        fields={"rest": Field(r"t_start=.*")},
        derive=_created_with,
        era="with other parameters",
    ),
    _superevent_rule("updated", "Updated superevent parameters: {changes}", (Causes("update"),), fields=_CHANGES),
    _superevent_rule("event_added", "Added event: {graceid}", (Causes("event_added"),), fields=_EVENT),
    _superevent_rule("event_removed", "Removed event: {graceid}", (Causes("event_removed"),), fields=_EVENT),
    *pipeline_preferred_rules("superevent"),
    _superevent_rule("label_added", "Added label: {label}", _LABEL_ADDED, fields=_LABEL),
    _superevent_rule("label_removed", "Removed label: {label}", _LABEL_REMOVED, fields=_LABEL),
    _superevent_rule(
        "confirmed",
        "Confirmed as a gravitational wave: ID changed from {old} -> {new}",
        (Causes("confirmed_as_gw"),),
        fields={"old": WORD, "new": WORD},
    ),
    _superevent_rule(
        "exposed", "Exposed to LV-EM observers and the general public.", (Causes("exposed", "permission"),)
    ),
    _superevent_rule(
        "hidden", "Hidden from LV-EM observers and the general public.", (Causes("hidden", "permission"),)
    ),
    _superevent_rule("tagged", "Tagged message {n}: {tag}.", (), fields=_N),
    _superevent_rule("untagged", "Removed tag {tag} from message {n}.", (), fields=_N),
    *_rules_of_both("superevent"),
    _event_rule("uploaded", _UPLOADED, _OBJECT_NEW, needs=_brings_file),
    _event_rule("unreadable", "Could not read data ({reason})"),
    _event_rule("grb_updated", "Updated GRB event parameters: {changes}", (Causes("update"),), fields=_CHANGES),
    _event_rule("log_file_made", "Log File Created", needs=_brings_file),
    _event_rule("log_file_failed", "Problem Creating Log File", needs=_brings_file),
    _event_rule("coinc_table_made", "Coinc Table Created", needs=_brings_file),
    _event_rule("display_linked", '<a href="{link}">Coherent Event Display (CED)</a>'),
    _event_rule("skymap_linked", '<a href="{link}">FITS skymap</a>'),
    _event_rule("tagged", "Tagged message {n}: {tag} ", fields=_N),
    _event_rule("untagged", "Removed tag {tag} for message {n}. ", fields=_N),
    _event_rule("label_added", "Label: {label}", _LABEL_ADDED, fields=_LABEL),
    _event_rule("label_added", "applying label : {label}", _LABEL_ADDED, fields=_LABEL, era="test libraries"),
    _event_rule("label_added", "Event created with label: {label}", _LABEL_ADDED, fields=_LABEL, era="2017-2018"),
    _event_rule("label_removed", "Deleted label: {label}", _LABEL_REMOVED, fields=_LABEL),
    _event_rule(
        "selected_as_preferred",
        "Set as preferred event for superevent: {superevent}",
        (Causes("selected_as_preferred"),),
    ),
    _event_rule(
        "removed_as_preferred",
        "Removed as preferred event for superevent: {superevent}",
        (Causes("removed_as_preferred"),),
    ),
    _event_rule("added_to_superevent", "Added to superevent: {superevent}", (Causes("added_to_superevent"),)),
    _event_rule(
        "removed_from_superevent", "Removed from superevent: {superevent}", (Causes("removed_from_superevent"),)
    ),
    *pipeline_preferred_rules("event"),
    *_rules_of_both("event"),
    _event_rule("voevent", "", _VOEVENT, needs=_brings_voevent, era="2014-2018"),
    *web_signoff_rules(),
    # Servers that stripped comments, and those that took the superevents' texts, left these on events.
    _event_rule("tagged", "Tagged message {n}: {tag}.", fields=_N, era="other"),
    _event_rule("tagged", "Tagged message {n}: {tag}", fields=_N, era="other"),
    _event_rule("untagged", "Removed tag {tag} for message {n}.", fields=_N, era="other"),
    _event_rule("untagged", "Removed tag {tag} from message {n}.", fields=_N, era="other"),
    # An event's file once more; the file that it was made from, where other entries came before; one that could not be
    # read (the event is made all the same, and nobody is told). All have the text of the first upload.
    _event_rule("replaced", _UPLOADED, (Causes("update"),), needs=_brings_file, read_back=False),
    _event_rule("upload_logged", _UPLOADED, needs=_brings_file, read_back=False),
    _event_rule("uploaded", _UPLOADED, needs=_brings_file, unnamed=("unread",), read_back=False),
    # What a user wrote: whatever it says, it tells of nothing else.
    *(Rule("log", c, "{comment}", _LOG, {"comment": FREE}, read_back=False) for c in ("event", "superevent")),
    # Acts whose records alone tell of them.
    _event_rule("embb_event_log", "", _EMBB, unnamed=("n",), logged=False),
    _superevent_rule("notice", "", (), unnamed=("n",), logged=False),
)

_READ = {c: [r for r in RULES if r.category == c and r.logged and r.read_back] for c in ("event", "superevent")}
_FIRST: dict[tuple[str, str], Rule] = {}
_TODAYS: dict[tuple[str, str, frozenset[str]], Rule] = {}
for _rule in RULES:
    _FIRST.setdefault((_rule.category, _rule.name), _rule)
    if _rule.era == "modern":
        _TODAYS.setdefault((_rule.category, _rule.name, _rule.parameters), _rule)


def act(category: str, name: str, /, **params: object) -> Act:
    """An act on an event or superevent, given what it is done with (None: not given); its text is that of today's servers.

    `events` is a list of graceids, `changes` one of (name, old, new), times are in GPS seconds. KeyError if there is no such
    act with these parameters.
    """
    given = {key: value for key, value in params.items() if value is not None and value != []}
    return _TODAYS[category, name, frozenset(given)].act(given)


def text(category: str, name: str, /, **params: object) -> str:
    """The text that today's servers write for an act."""
    return act(category, name, **params).text


def read(category: str, record: Record) -> Act:
    """What a log record of an event or superevent, whoever wrote it, tells of; `log` where its text is nobody's but the writer's."""
    for rule in _READ[category]:
        if found := rule.read(record):
            return found
    return written(category)


def written(category: str) -> Act:
    """An entry whose text is somebody's own words, which its record holds."""
    return Act("log", {}, rule_of(category, "log"))


def rule_of(category: str, name: str) -> Rule:
    """The first rule of that name, for acts that no log entry tells of. KeyError if there is none."""
    return _FIRST[category, name]
