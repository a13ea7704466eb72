"""The pipelines whose events can be made up, and what a configuration may ask of them."""

from gracetape.errors import SimulateError
from gracetape.pipelines import Pipeline, pipeline_of, pipelines


def simulated() -> list[Pipeline]:
    """Those whose uploads can be made."""
    return [row for row in pipelines().values() if row.make is not None]


def pipeline_named(name: str) -> Pipeline:
    """The pipeline that a name means, whatever its case. SimulateError, with the names known, if there is none."""
    found = next((row for said in (name, name.lower()) if (row := pipeline_of(said)) and row.make is not None), None)
    if found is None:
        raise SimulateError(f"there is no pipeline {name!r}: use {', '.join(row.name for row in simulated())}")
    return found


def check(pipeline: Pipeline, group: str, search: str | None) -> None:
    """SimulateError unless the pipeline takes that group and that search."""
    if group not in pipeline.groups:
        raise SimulateError(f"{pipeline.name} takes no group {group!r}: use {' or '.join(pipeline.groups)}")
    if search is not None and search not in pipeline.searches:
        raise SimulateError(f"{pipeline.name} takes no search {search!r}: use {', '.join(pipeline.searches)}, or none")
