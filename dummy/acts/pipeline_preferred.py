"""The preferred events by pipeline, chosen and taken back by hand; the log tells of it, and nobody is told."""

from gracetape.dummy.acts.superevents import members_of, unprefer
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.refusals import refused


def prefer_in_pipeline(writer: Writer, subject: Subject, event: Subject) -> None:
    """Make a member the preferred event of its pipeline; nobody is told. Problem (400) as the server for events that can't be."""
    record, pipeline = subject.record, event.record["pipeline"]
    chosen = record.get("pipeline_preferred_events") or {}
    preferred = writer.find(record["preferred_event"])
    if chosen.get(pipeline, {}).get("graceid") == event.graceid:
        raise refused("pipeline_preferred_there", graceid=event.graceid, pipeline=pipeline, superevent=subject.shown_id)
    if preferred is not None and preferred.graceid != event.graceid and preferred.record["pipeline"] == pipeline:
        raise refused("pipeline_of_preferred", graceid=event.graceid, preferred=preferred.graceid)
    if event.graceid not in members_of(record):
        raise refused("elsewhere", graceid=event.graceid)
    record["pipeline_preferred_events"] = chosen | {pipeline: {"graceid": event.graceid}}
    subject.save()
    before = chosen.get(pipeline, {}).get("graceid")
    writer.record(subject, "pipeline_preferred", graceid=event.graceid, old=before, pipeline=pipeline)
    where = {"pipeline": pipeline, "superevent": subject.shown_id}
    writer.record(event, "chosen_in_pipeline", **where)
    if before and (old := writer.find(before)) is not None:
        writer.record(old, "unchosen_in_pipeline", **where)


def unprefer_in_pipeline(writer: Writer, subject: Subject, graceid: str) -> None:
    """Take back that an event is the preferred one of its pipeline; nobody is told. Problem (400) for the superevent's preferred event."""
    if subject.record["preferred_event"] == graceid:
        raise refused("pipeline_preferred_kept", graceid=graceid, superevent=subject.shown_id)
    chosen = subject.record.get("pipeline_preferred_events") or {}
    pipeline = next(name for name, event in chosen.items() if event.get("graceid") == graceid)
    unprefer(subject.record, graceid)
    subject.save()
    writer.record(subject, "pipeline_unpreferred", graceid=graceid, pipeline=pipeline)
    if (event := writer.find(graceid)) is not None:
        where = {"pipeline": pipeline, "superevent": subject.shown_id}
        writer.record(event, "unchosen_in_pipeline", **where)
