"""The texts of signoffs: those that servers write of superevents, and those of events that were signed off on their pages."""

from gracetape.archive.history.fields import FREE, WORD
from gracetape.archive.history.rule import Causes, Field, Params, Rule
from gracetape.archive.kinds import signoff_key


def signoff_labels(key: str) -> tuple[str, str, str]:
    """The labels of a signoff: (request, OK, NO), for example H1OPS, H1OK, H1NO or ADVREQ, ADVOK, ADVNO."""
    if key.startswith("OP"):
        site = key[2:]
        return f"{site}OPS", f"{site}OK", f"{site}NO"
    return "ADVREQ", "ADVOK", "ADVNO"


def _signoff(params: Params) -> Params:
    return params | {"key": signoff_key(params["signoff_type"], params.get("instrument"))}


def _web_signoff(params: Params) -> Params:
    """Signoffs of events, made on their web page: the labels that they move have entries of their own or none at all."""
    params = _signoff(params)
    if "status" in params:
        request, ok, no = signoff_labels(params["key"])
        params["replaces"] = (request, no if params["status"] == "OK" else ok)
        params["new"] = params.get("comment", "")
    return params


_SIGNOFF_CREATED = (
    Causes("label_added", "label", lambda p: p["applied"]),
    Causes("signoff_created", "signoff", lambda p: p["key"]),
)
_ALONE = {
    act: (Causes(act, "signoff", lambda p: p["key"]),)
    for act in ("signoff_created", "signoff_updated", "signoff_deleted")
}
_SIGNOFF_UPDATED = (
    Causes("label_removed", "label", lambda p: p["removed"], lambda p: bool(p.get("removed"))),
    Causes("label_added", "label", lambda p: p["applied"], lambda p: bool(p.get("applied"))),
    Causes("signoff_updated", "signoff", lambda p: p["key"]),
)
_SIGNOFF_DELETED = (
    Causes("label_removed", "label", lambda p: p["removed"]),
    Causes("label_added", "label", lambda p: p["applied"]),
    Causes("signoff_deleted", "signoff", lambda p: p["key"]),
)
_WHO = dict.fromkeys(("status", "old_status", "new_status", "removed", "applied"), WORD)
_WHO |= dict.fromkeys(("comment", "old", "new"), FREE)
_WHO |= {"signoff_type": Field("Operator|Advocate"), "instrument": Field(r"[A-Z]\d")}
_CERTIFIED = "{signoff_type} signoff certified status as {status}"


def signoff_rules(category: str) -> list[Rule]:
    """The rows of signoffs: with or without an instrument, a request label, a change of status, a change of comment."""
    rows = []
    for inst in (" for {instrument}", ""):
        of_inst = f"{inst[1:]} " if inst else ""
        for taken in (" label {removed} removed and", ""):
            text = f"{_CERTIFIED}{inst}: '{{comment}}';{taken} label {{applied}} applied"
            rows.append(Rule("signoff_created", category, text, _SIGNOFF_CREATED, _WHO, derive=_signoff))
        remark = "comment '{old}' -> '{new}'"
        status = "status {old_status} -> {new_status}"
        moves = [
            f"{status}, label {{removed}} removed, label {{applied}} applied",
            f"{status}, label {{applied}} applied",
        ]
        for changes in [f"{m}; {remark}" for m in moves] + moves + [remark]:
            text = f"{{signoff_type}} signoff {of_inst}updated: {changes}"
            rows.append(Rule("signoff_updated", category, text, _SIGNOFF_UPDATED, _WHO, derive=_signoff))
        text = f"{{signoff_type}} signoff {of_inst}deleted: {{removed}} removed and {{applied}} reapplied"
        rows.append(Rule("signoff_deleted", category, text, _SIGNOFF_DELETED, _WHO, derive=_signoff))
    return rows


_WEB_SIGNOFFS = {
    "signoff_created": "{signoff_type} signoff certified status as {status}",
    "signoff_updated": "updated {signoff_type} signoff status as {status}",
    "signoff_deleted": "deleted {signoff_type} signoff status",
}
_WEB_WHO = _WHO | {"signoff_type": Field("operator|advocate|Operator|Advocate"), "status": Field("OK|NO")}


def web_signoff_rules() -> list[Rule]:
    """The rows of signoffs made on an event's web page: with or without an instrument and a comment."""
    tails = (" for {instrument}: {comment}", " for {instrument}", ": {comment}", "")
    return [
        Rule(act, "event", text + tail, _ALONE[act], _WEB_WHO, derive=_web_signoff, era="2015 on")
        for act, text in _WEB_SIGNOFFS.items()
        for tail in tails
        if act != "signoff_deleted" or "comment" not in tail
    ]
