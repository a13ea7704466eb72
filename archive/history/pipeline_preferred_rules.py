"""The texts of events that are chosen as the preferred ones of their pipelines, or taken back; nobody is told of either."""

from gracetape.archive.history.rule import Field, Rule

_FIELDS = {"graceid": Field(r"[GTMEH][0-9]{1,15}"), "old": Field(r"\w+"), "pipeline": Field(r"\S+")}
_ROWS = (
    ("superevent", "pipeline_preferred", "Added {graceid} as {pipeline} pipeline-preferred event"),
    ("superevent", "pipeline_preferred", "Removed {old} and added {graceid} as {pipeline} pipeline-preferred event"),
    ("superevent", "pipeline_unpreferred", "Removed {graceid} as {pipeline} pipeline-preferred event"),
    ("event", "chosen_in_pipeline", "Added as {pipeline} pipeline-preferred event for {superevent}"),
    ("event", "unchosen_in_pipeline", "Removed as {pipeline} pipeline-preferred event for {superevent}"),
)


def pipeline_preferred_rules(category: str) -> list[Rule]:
    """The rules for entries of events or of superevents."""
    return [Rule(name, category, template, (), _FIELDS) for of, name, template in _ROWS if of == category]
