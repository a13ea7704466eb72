"""Which store holds the contents of a tape, and whether this user has ever said that it may be asked.

A tape says it in the file `blobs.url` of its folder. A tape may come from a stranger: what it names is asked for nothing, and no
credentials are used, before the user has named that store on this machine, with `--blobs` or in $GRACETAPE_STORES.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from gracetape.appending import LineFile
from gracetape.archive.blob_places import STORE_NAMED
from gracetape.archive.inside import open_inside
from gracetape.archive.sharing.blob_cache import cache_folder
from gracetape.archive.sharing.places import Place, place_at
from gracetape.archive.urls import url_of
from gracetape.errors import ArchiveError, OutOfReach, UsageError
from gracetape.shown import target

VARIABLE = "GRACETAPE_STORES"
#: The longest URL of a store (bytes).
LONGEST_URL = 2000


def store_of(path: Path) -> str | None:
    """The URL of the store that a folder archive names; None if its contents are in its folder."""
    try:
        with os.fdopen(open_inside(path, STORE_NAMED), "rb") as stream:
            contents = stream.read(LONGEST_URL + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ArchiveError(f"{path / STORE_NAMED} cannot be read: {error.strerror}") from None
    url = contents.decode(errors="replace").strip()
    if len(contents) > LONGEST_URL or not re.fullmatch(r"[!-~]+", url):
        raise ArchiveError(f"{path / STORE_NAMED} names no store: remove it, or write the URL of one into it")
    return url


def checked_store(url: str) -> str:
    """A URL of a store as it is kept; UsageError if it is none, or holds a secret."""
    whole = url if url_of(url) else _whole(Path(url.removeprefix("file://").removeprefix("file:")))
    if target(whole) != whole or not re.fullmatch(r"[!-~]{1,2000}", whole):
        raise UsageError(
            f"{target(url)}: the URL of a store holds no password and no blanks; credentials are those of the environment"
        )
    if _climbs(whole):
        raise UsageError(f"{whole}: the URL of a store leads up nowhere: write it without ..")
    if url_of(whole) is None and (Path(whole) / "archive.sqlite").exists():
        raise UsageError(f"{whole} is an archive, and no store: name another folder")
    place_at(whole)
    return whole.rstrip("/")


def _whole(path: Path) -> str:
    return str(path.resolve() if ".." in path.parts else path.absolute())


def _climbs(url: str) -> bool:
    """Whether a URL leads up on its way, however that is spelt: it may lead to something else than its beginning names."""
    return any(part in (".", "..") for part in re.split(r"[/\\]", unquote(url)))


def trust(url: str) -> None:
    """The user named a store: tapes that name it may have it asked from now on."""
    if not is_trusted(url):
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = LineFile(folder / "stores", mode=0o600)
        try:
            file.append(f"{url}\n".encode())
        finally:
            file.close()


def is_trusted(url: str) -> bool:
    """Whether the user named a store, or a place above it, on this machine."""
    named = os.environ.get(VARIABLE, "").split()
    try:
        named += (cache_folder() / "stores").read_text(encoding="utf-8").split()
    except OSError:
        pass
    if _climbs(url):
        return False
    return any(url.rstrip("/") == one.rstrip("/") or url.startswith(one.rstrip("/") + "/") for one in named)


def place_of(url: str, tape: Path) -> Place:
    """The place of a store that a tape names; ArchiveError if the user never named it."""
    if not is_trusted(url):
        raise OutOfReach(
            f"the contents of {tape} lie in {target(url)}, which was never named on this machine: "
            f"`gracetape archive blobs {target(url)} {tape}` lets it be asked"
        )
    return place_at(url)
