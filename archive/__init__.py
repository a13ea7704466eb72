"""Archives of GraceDB objects: the store, histories and their states as of any entry, and the alerts they imply."""

from archive.alerts import Alert
from archive.errors import ArchiveError, NotFound, UsageError
from archive.history import Entry, History, Snapshot
from archive.recorded import Recorded, add_recorded, recorded_of
from archive.refs import Ref, category_of, locate, looks_like_archive, parse_ref
from archive.store import Archive, Capture
from archive.timeline import Position, Timeline
from archive.view import FileEntry, StoredView, View
from archive.writing import Transaction

__all__ = [
    "Alert",
    "Archive",
    "ArchiveError",
    "Capture",
    "Entry",
    "FileEntry",
    "History",
    "NotFound",
    "Position",
    "Recorded",
    "Ref",
    "Snapshot",
    "StoredView",
    "Timeline",
    "Transaction",
    "UsageError",
    "View",
    "add_recorded",
    "category_of",
    "locate",
    "looks_like_archive",
    "parse_ref",
    "recorded_of",
]
