"""What `gracetape archive add-alerts` does: keep messages that were heard live beside the logs of their object."""

from pathlib import Path

from gracetape.archive.alerts.message_file import read_messages
from gracetape.archive.recorded import add_recorded
from gracetape.archive.store import Archive
from gracetape.archive.which import locate
from gracetape.ids import parse_ref
from gracetape.terminal import say, show_json


def add_alerts(graceid: str, file: Path, archive: Path | None, skip_others: bool, as_json: bool) -> None:
    """Keep the messages heard about an object, for replays that send what was really sent."""
    with Archive.open(locate(archive), read_only=False) as tape:
        kept_as = tape.resolve(parse_ref(graceid).graceid)
        names = tape.names_of(kept_as)
        found = read_messages(file, lambda uid: kept_as if uid in names else None, skip_others=skip_others)
        messages = found.messages.get(kept_as, [])
        with tape.transaction() as tx:
            added = add_recorded(tx, {kept_as: messages})
    counts = {"id": kept_as, "added": added, "known": len(messages) - added, "others": found.others}
    if as_json:
        show_json(counts)
        return
    rest = [
        f"{counts[name]} {what}" for name, what in (("known", "known already"), ("others", "of others")) if counts[name]
    ]
    say(f"{kept_as}: {added} messages added" + "".join(f", {part}" for part in rest))
