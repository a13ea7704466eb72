"""Records a test's tape from a GraceDB, as `--tape-record` says: missing ones, all again, or what one lacks."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ligo.gracedb.rest import GraceDb

from gracetape.archive import Archive
from gracetape.archive.held_folders import MAKING, HeldFolder
from gracetape.archive.owners import notes_of
from gracetape.capture.progress import told
from gracetape.capture.pull import CaptureResult, capture
from gracetape.capture.service import connect, service_url, set_service
from gracetape.errors import CaptureError, NotFound, UsageError
from gracetape.shown import target
from gracetape.testing.settings import Settings
from gracetape.testing.wanted import WantedTape

#: The settings that name it, the nearest first.
_SERVICES = ("tape-service", "service")


def record(path: Path, want: WantedTape, settings: Settings) -> None:
    """Make the tape that is not there yet, packed, of the ids that are wanted; whole or not at all."""
    service = service_of(want, settings, None)
    with _alone(path):
        if path.exists():  # another process was first
            return
        with HeldFolder(path.parent, MAKING) as held:
            making = held.path / path.name
            _say(settings, path, _pulled(want.ids, making, service), service)
            os.rename(making, path)


def rewrite(path: Path, want: WantedTape, settings: Settings) -> None:
    """Record a tape again, in place of the old one if all that is on that one came again; CaptureError if not, and it stays.

    What one process of a run has rewritten, the others leave.
    """
    with _alone(path), Archive.open(path) as old:
        if path.stat().st_mtime >= settings.began:
            return
        service = service_of(want, settings, old)
        with HeldFolder(path.parent, MAKING) as held:
            making = held.path / path.name
            results = _pulled(want.ids or old.objects(), making, service)
            with Archive.open(making) as new:
                _check_whole(path, old, new)
            _replace(path, making)
            _say(settings, path, results, service)


def add_new(path: Path, want: WantedTape, settings: Settings) -> None:
    """Add the ids that a tape lacks; what is on it stays as it is."""
    with _alone(path):
        with Archive.open(path) as tape:
            service = service_of(want, settings, tape) if want.ids else ""
            missing = [graceid for graceid in want.ids if not _holds(tape, graceid)]
        if missing:
            _say(settings, path, _pulled(missing, path, service), service)


def service_of(want: WantedTape, settings: Settings, tape: Archive | None) -> str:
    """The GraceDB that is recorded from: as marked, as an option, the ini file or a setting says, or that which a tape was captured from."""
    named = want.service or settings.service
    if not named and set_service(*_SERVICES, folder=settings.root):
        return service_url(None, *_SERVICES, folder=settings.root)
    if not named and tape is not None:
        named = next((capture.service for capture in tape.captures() if capture.origin == "capture"), None)
    if not named:
        raise UsageError(
            f"from which GraceDB is {', '.join(want.ids)} to be recorded? say service=URL in the mark, --tape-service URL, "
            "tape_service in the ini file, or tape-service in gracetape.toml"
        )
    return service_url(named)


def _pulled(ids: Sequence[str], path: Path, service: str) -> list[CaptureResult]:
    archive = Archive.open(path, read_only=False) if path.exists() else Archive.create(path, packed=True)
    with archive, asking(service) as client:
        return capture(ids, archive, client)


@contextmanager
def asking(service: str) -> Iterator[GraceDb]:
    """A client of the GraceDB that is recorded from; what fails names that server."""
    try:
        with connect(service) as client:
            yield client
    except CaptureError as error:
        raise CaptureError(f"{error} (asked: {target(service)})") from None


def _say(settings: Settings, path: Path, results: list[CaptureResult], service: str) -> None:
    for result in results:
        settings.said.append(f"{path}: recorded {told(result)} from {target(service)}")
        settings.said += [f"  absent: {reason}" for reason in result.absent]


def _holds(tape: Archive, graceid: str) -> bool:
    try:
        tape.view(graceid)
    except NotFound:
        return False
    return True


def _check_whole(path: Path, old: Archive, new: Archive) -> None:
    """CaptureError if something that the old tape holds did not come again."""
    for graceid in old.objects():
        if not _holds(new, graceid):
            raise CaptureError(f"{path} stays as it was: {graceid} is on it, and was not captured again")
        before, after = old.view(graceid), new.view(graceid)
        here = {(file.name, file.version) for file in after.files() if file.sha256}
        lost = [f.full_name for f in before.files() if f.sha256 and (f.name, f.version) not in here]
        refused = set(notes_of(after.capture).get("not given", {})) - set(notes_of(before.capture).get("not given", {}))
        if lost or refused:
            what = ", ".join([*lost, *sorted(refused)][:5])
            raise CaptureError(f"{path} stays as it was: {what} of {graceid} did not come again")


def _replace(path: Path, making: Path) -> None:
    """Put a new packed tape in the place of an old one, of either shape; killed in between, nothing is lost."""
    if not path.is_dir():
        os.replace(making, path)
        return
    aside = path.with_name(f"{path.name}.old")
    shutil.rmtree(aside, ignore_errors=True)  # of one that was killed after the new one stood here
    os.rename(path, aside)
    try:
        os.rename(making, path)
    except OSError:
        os.rename(aside, path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """A block that one process at a time is in, as far as tapes of the path's folder go; CaptureError if it can't write there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
    except OSError as error:
        raise CaptureError(f"{path} cannot be recorded: {error.strerror or error}") from None
