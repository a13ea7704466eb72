"""The one table from log entries to acts and alerts: which text tells of what, and what the server announced for it.

A rule's template both writes the entry (the dummy) and recognises it (histories). Facts: gracedb-server,
superevents/utils.py, events/view_logic.py, api/v1/events/views.py; texts of older servers and of old test libraries are rows too.
"""

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from gracetape.archive.history.rule import Act, Announces, Record, Rule
from gracetape.archive.history.signoff_rules import signoff_labels, signoff_rules, web_signoff_rules
from gracetape.archive.kinds import signoff_key

__all__ = ["Act", "Announces", "Record", "Rule", "signoff_key", "signoff_labels"]
__all__ += ["EXPOSED", "MADE", "REPLACED", "RULES", "UPLOADED_LATE", "UPLOADED_UNREAD", "WRITTEN"]
__all__ += ["read", "rule_of", "text", "value_of", "voevent_number"]


# -- reading the fields that hold more than one thing

_GRACEID = r"[GTMEH][0-9]{1,15}"
# Strangers write logs: each pattern here takes time in proportion to the text, whatever it is.
_CHANGED = re.compile(r"\b(?P<name>\w++): ")
_NEXT_CHANGED = re.compile(r", \w++: |$")
_NAMED = re.compile(r"\b(?P<name>\w++)=(?P<value>.*?)(?=, \w++=|$)", re.DOTALL)


def value_of(text: str) -> Any:
    """A parameter as the server's text shows it: None, a number, or a name."""
    if text == "None":
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _created(params: dict[str, Any]) -> dict[str, Any]:
    for name in ("t_start", "t_0", "t_end"):
        params[name] = value_of(params[name])
    params["events"] = _graceids(params.get("events"))
    return params


def _graceids(listed: str | None) -> list[str]:
    """The ids in a list; a text that only looks like the server's may hold anything."""
    return [word for word in (listed or "").split(", ") if is_event(word)]


def is_event(name: object) -> bool:
    """Whether something that a text names is an event's id."""
    return isinstance(name, str) and re.fullmatch(_GRACEID, name) is not None


def _created_with(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a superevent whose creation text names others than the usual ones: `name=value`, in any order."""
    named = {m["name"]: m["value"] for m in _NAMED.finditer(params["rest"])}
    found = {name: value_of(value) for name, value in named.items() if name != "events"}
    return found | {"events": _graceids(named.get("events"))}


def _updated(params: dict[str, Any]) -> dict[str, Any]:
    return {"changes": list(_changes(params["changes"]))}


def _changes(text: str) -> Iterator[tuple[str, Any, Any]]:
    """The changes that a text lists: `name: old -> new, name: old -> new`."""
    at = 0
    while (named := _CHANGED.search(text, at)) and (arrow := text.find(" -> ", named.end())) >= 0:
        end = _NEXT_CHANGED.search(text, arrow + 4)
        at = end.start() if end else len(text)
        yield named["name"], value_of(text[named.end() : arrow]), value_of(text[arrow + 4 : at])


def _numbered(params: dict[str, Any]) -> dict[str, Any]:
    return params | {"n": int(params["n"])}


#: What exposing a superevent grants, as the records of its permissions.
EXPOSED: tuple[Record, ...] = tuple(
    {"group": group, "permission": f"{what}_superevent"}
    for group, what in (("lvem_observers", "annotate"), ("lvem_observers", "view"), ("public_users", "view"))
)


# -- what acts announce

_OBJECT_NEW = (Announces("new"),)
_LABEL_ADDED = (Announces("label_added", "label", lambda p: p["label"]),)
_LABEL_REMOVED = (Announces("label_removed", "label", lambda p: p["label"]),)
_LOG = (Announces("log", "log"),)
_VOEVENT = (Announces("voevent", "voevent"),)
_EMOBSERVATION = (Announces("emobservation", "emobservation"),)
_EMBB = (Announces("embb_event_log", "embb", lambda p: p["n"]),)
_N = {"n": r"[0-9]{1,15}"}
_LABEL = {"label": r"\S+"}
_EVENT = {"graceid": _GRACEID}
_TIMES = dict.fromkeys(("t_start", "t_0", "t_end"), r"[-+.\deE]+") | {"preferred_event": _GRACEID}
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


def _rules_of_both(category: str) -> list[Rule]:
    return [
        Rule("emobservation", category, "New EMBB observation record for {group}", _EMOBSERVATION),
        Rule("emobservation", category, "New EMBB observation record for {group}.", _EMOBSERVATION, era="2014-2017"),
        Rule("voevent", category, "New VOEvent", _VOEVENT, needs=_brings_voevent),
        *signoff_rules(category),
    ]


def _event_rule(name: str, template: str, announces: tuple[Announces, ...] = (), **more: Any) -> Rule:
    return Rule(name, "event", template, announces, **more)


def _superevent_rule(name: str, template: str, announces: tuple[Announces, ...], **more: Any) -> Rule:
    return Rule(name, "superevent", template, announces, **more)


RULES: tuple[Rule, ...] = (
    _superevent_rule("created", _CREATED + ", events={events}", _OBJECT_NEW, fields=_TIMES, finish=_created),
    _superevent_rule("created", _CREATED, _OBJECT_NEW, fields=_TIMES, finish=_created),
    _superevent_rule(
        "created", "Superevent created with {rest}", _OBJECT_NEW, fields={"rest": r"t_start=.*"}, finish=_created_with
    ),
    _superevent_rule("updated", "Updated superevent parameters: {changes}", (Announces("update"),), finish=_updated),
    _superevent_rule("event_added", "Added event: {graceid}", (Announces("event_added"),), fields=_EVENT),
    _superevent_rule("event_removed", "Removed event: {graceid}", (Announces("event_removed"),), fields=_EVENT),
    _superevent_rule("label_added", "Added label: {label}", _LABEL_ADDED, fields=_LABEL),
    _superevent_rule("label_removed", "Removed label: {label}", _LABEL_REMOVED, fields=_LABEL),
    _superevent_rule(
        "confirmed",
        "Confirmed as a gravitational wave: ID changed from {old} -> {new}",
        (Announces("confirmed_as_gw"),),
        fields={"old": r"\w+", "new": r"\w+"},
    ),
    _superevent_rule(
        "exposed", "Exposed to LV-EM observers and the general public.", (Announces("exposed", "permission"),)
    ),
    _superevent_rule(
        "hidden", "Hidden from LV-EM observers and the general public.", (Announces("hidden", "permission"),)
    ),
    _superevent_rule("tagged", "Tagged message {n}: {tag}.", (), fields=_N, finish=_numbered),
    _superevent_rule("untagged", "Removed tag {tag} from message {n}.", (), fields=_N, finish=_numbered),
    *_rules_of_both("superevent"),
    _event_rule("uploaded", "Original Data", _OBJECT_NEW, needs=_brings_file),
    _event_rule("replaced", "Event data replaced by new upload", (Announces("update"),), needs=_brings_file),
    _event_rule("unreadable", "Could not read data ({reason})"),
    _event_rule("grb_updated", "Updated GRB event parameters: {changes}", (Announces("update"),), finish=_updated),
    _event_rule("log_file_made", "Log File Created", needs=_brings_file),
    _event_rule("log_file_failed", "Problem Creating Log File", needs=_brings_file),
    _event_rule("coinc_table_made", "Coinc Table Created", needs=_brings_file),
    _event_rule("display_linked", '<a href="{link}">Coherent Event Display (CED)</a>'),
    _event_rule("skymap_linked", '<a href="{link}">FITS skymap</a>'),
    _event_rule("tagged", "Tagged message {n}: {tag} ", fields=_N, finish=_numbered),
    _event_rule("untagged", "Removed tag {tag} for message {n}. ", fields=_N, finish=_numbered),
    _event_rule("label_added", "Label: {label}", _LABEL_ADDED, fields=_LABEL),
    _event_rule("label_added", "applying label : {label}", _LABEL_ADDED, fields=_LABEL, era="test libraries"),
    _event_rule("label_added", "Event created with label: {label}", _LABEL_ADDED, fields=_LABEL, era="2017-2018"),
    _event_rule("label_removed", "Deleted label: {label}", _LABEL_REMOVED, fields=_LABEL),
    _event_rule(
        "selected_as_preferred",
        "Set as preferred event for superevent: {superevent}",
        (Announces("selected_as_preferred"),),
    ),
    _event_rule(
        "removed_as_preferred",
        "Removed as preferred event for superevent: {superevent}",
        (Announces("removed_as_preferred"),),
    ),
    _event_rule("added_to_superevent", "Added to superevent: {superevent}", (Announces("added_to_superevent"),)),
    _event_rule(
        "removed_from_superevent", "Removed from superevent: {superevent}", (Announces("removed_from_superevent"),)
    ),
    *_rules_of_both("event"),
    _event_rule("voevent", "", _VOEVENT, needs=_brings_voevent, era="2014-2018"),
    *web_signoff_rules(),
    # Servers that stripped comments, and those that took the superevents' texts, left these on events.
    _event_rule("tagged", "Tagged message {n}: {tag}.", fields=_N, finish=_numbered, era="other"),
    _event_rule("tagged", "Tagged message {n}: {tag}", fields=_N, finish=_numbered, era="other"),
    _event_rule("untagged", "Removed tag {tag} for message {n}.", fields=_N, finish=_numbered, era="other"),
    _event_rule("untagged", "Removed tag {tag} from message {n}.", fields=_N, finish=_numbered, era="other"),
)

#: Any other entry: a comment that somebody wrote.
WRITTEN = {category: Rule("log", category, "{comment}", _LOG) for category in ("event", "superevent")}

#: Acts of files that the server makes of an upload, right after it.
MADE = frozenset({"log_file_made", "log_file_failed", "coinc_table_made"})

#: An event's file uploaded once more: servers before 2023 wrote the text of the first upload, as do later ones for a file of another name.
REPLACED = _event_rule("replaced", "Original Data", (Announces("update"),), needs=_brings_file)

#: The entry of an event's first file, where others came before it.
UPLOADED_LATE = _event_rule("upload_logged", "Original Data", needs=_brings_file)

#: An event's first file where it could not be read: the event is made all the same, and nobody is told.
UPLOADED_UNREAD = _event_rule("uploaded", "Original Data", needs=_brings_file)

#: Acts that leave no log entry of their own: their records alone tell of them.
UNLOGGED = (_event_rule("embb_event_log", "", _EMBB), _superevent_rule("notice", "", ()))

_BY_CATEGORY = {c: [r for r in RULES if r.category == c] for c in ("event", "superevent")}
_MODERN: dict[tuple[str, str, frozenset[str]], Rule] = {}
for _rule in RULES:
    _MODERN.setdefault((_rule.category, _rule.name, frozenset(_rule.pattern.groupindex)), _rule)


def read(category: str, record: Record) -> Act:
    """What a log record of an event or superevent tells of; `log` where its text is nobody's but the writer's."""
    for rule in _BY_CATEGORY[category]:
        if act := rule.read(record):
            return act
    return Act("log", {}, WRITTEN[category])


def text(category: str, name: str, **params: object) -> str:
    """The text that today's servers write for an act, given what it names (None: not named).

    `events` may be a list of graceids, `changes` a list of (name, old, new). KeyError if no rule has these fields.
    """
    given = {key: value for key, value in params.items() if value is not None and value != []}
    if isinstance(events := given.get("events"), list):
        given["events"] = ", ".join(events)
    if isinstance(changes := given.get("changes"), list):
        given["changes"] = ", ".join(f"{what}: {old} -> {new}" for what, old, new in changes)
    rule = _MODERN[category, name, frozenset(given)]
    return rule.template.format(**given)


def rule_of(category: str, name: str) -> Rule:
    """The first rule of that name, for acts that no log entry tells of."""
    if name == "log":
        return WRITTEN[category]
    return next(rule for rule in (*_BY_CATEGORY[category], *UNLOGGED) if rule.name == name)
