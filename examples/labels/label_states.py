"""A state machine over a superevent's labels: a notice goes out some time after everything is ready, unless somebody objects."""

COUNTDOWN_S = 6.0


def state_of(labels):
    """What the labels of a superevent mean."""
    if any(label.endswith("NO") for label in labels):
        return "held"
    if "ADVOK" in labels:
        return "approved"
    if {"EM_READY", "SKYMAP_READY"} <= labels:
        return "ready"
    return "waiting"


class Handler:
    """Called with each alert. `later(seconds, action)` has something done, and gives what calls it off."""

    def __init__(self, gracedb, later):
        self.gracedb, self.later = gracedb, later
        self.states, self.call_off = ["waiting"], lambda: None

    def __call__(self, alert):
        if alert.alert_type not in ("label_added", "label_removed") or alert.category != "superevent":
            return
        found = self.gracedb.labels(alert.graceid).json()["labels"]
        state = state_of({label["name"] for label in found})
        if state == self.states[-1]:
            return
        self.states.append(state)
        self.call_off()
        if state == "ready":
            self.call_off = self.later(COUNTDOWN_S, lambda: self.send(alert.graceid))

    def send(self, graceid):
        self.gracedb.write_label(graceid, "GCN_PRELIM_SENT")
