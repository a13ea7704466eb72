"""What `gracetape archive push` and `pull` do: they share tapes between people through a folder, a web server or an object store."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from gracetape.archive.sharing.moving import bring_back, use_store
from gracetape.archive.sharing.places import place_at
from gracetape.archive.sharing.pull import pull
from gracetape.archive.sharing.push import push
from gracetape.archive.sharing.stores import store_of
from gracetape.archive.store import Archive
from gracetape.archive.urls import url_of
from gracetape.archive.which import locate
from gracetape.errors import UsageError
from gracetape.shown import target
from gracetape.terminal import human_bytes, say, show_json


def push_to(url: str, archive: Path | None, force: bool, as_json: bool) -> None:
    """Share an archive at a place: what it lacks travels."""
    place = place_at(url)
    with Archive.open(locate(archive)) as tape:
        sent = push(tape, place, force=force)
        path = tape.path
    if as_json:
        show_json({"archive": str(path), "url": place.shown, **vars(sent)})
    elif not sent.changed:
        say(f"{place.shown} has all of {path} already")
    else:
        say(
            f"pushed {path} to {place.shown}: {sent.pieces} pieces and {sent.contents} files, {human_bytes(sent.bytes)}"
        )


def pull_from(url: str, archive: Path | None, as_json: bool) -> None:
    """Bring what is shared at a place into an archive: what that lacks travels."""
    place, target = place_at(url), archive or _named_as(url)
    came = pull(place, target)
    if as_json:
        show_json({"archive": str(target), "url": place.shown, **vars(came)})
        return
    if not (came.captures or came.alerts):
        say(f"{target} has all that is at {place.shown} already")
    else:
        heard = f", {came.alerts} messages that were heard" if came.alerts else ""
        say(
            f"pulled {len(came.captures)} captures{heard} into {target}: {came.contents} files, {human_bytes(came.bytes)}"
        )
    if came.left:
        say(
            f"left out, being older than what is here: {', '.join(came.left[:10])}{' …' if len(came.left) > 10 else ''}"
        )


def blobs(url: str | None, archive: Path | None, here: bool, as_json: bool) -> None:
    """Tell where the contents of a tape's files are, or move them to a store, or back."""
    path = locate(archive)
    if url is not None and here:
        raise UsageError("--here brings contents back from the store: it needs no URL")
    moved = bring_back(path) if here else use_store(path, url) if url is not None else 0
    with Archive.open(path) as tape:
        store = None if tape.packed else store_of(path)
    if as_json:
        show_json({"archive": str(path), "store": store and target(store), "moved": moved})
        return
    where = "itself" if store is None else target(store)
    went = f"; {moved} files moved" if url is not None or here else ""
    say(f"{path} has the contents of its files in {where}{went}")


def _named_as(url: str) -> Path:
    """NAME.tape in this folder, NAME being the last part of the URL."""
    path = urlsplit(url).path if url_of(url) else url
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.rstrip("/").rpartition("/")[2]).lstrip(".")
    return Path(f"{name.removesuffix('.tape') or 'pulled'}.tape")
