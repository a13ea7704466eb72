"""Writes a summary of a superevent's follow-up into its log."""


def summary(gracedb, graceid):
    """What has been done: labels, and the files that there are."""
    labels = sorted(label["name"] for label in gracedb.labels(graceid).json()["labels"])
    files = gracedb.files(graceid).json()
    return f"{len(files)} files; {', '.join(labels)}"


def annotate(gracedb, graceid):
    """Write the summary, unless the newest one says the same."""
    text = f"summary: {summary(gracedb, graceid)}"
    comments = [log["comment"] for log in gracedb.logs(graceid).json()["log"] if log["comment"].startswith("summary: ")]
    if comments[-1:] != [text]:
        gracedb.write_log(graceid, text, tag_name=["analyst_comments"])
