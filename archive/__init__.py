"""Archives of GraceDB objects: the store, histories and their states as of any entry, and the alerts they imply."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.archive.alerts.alert import (
        Alert as Alert,
    )
    from gracetape.archive.alerts.merge_recorded import (
        alerts_of as alerts_of,
    )
    from gracetape.archive.alerts.notices.public_alerts import (
        public_alerts as public_alerts,
    )
    from gracetape.archive.alerts.rebuild import (
        rebuilt_alerts as rebuilt_alerts,
    )
    from gracetape.archive.captures import (
        Capture as Capture,
    )
    from gracetape.archive.history.history import (
        History as History,
        history_of as history_of,
    )
    from gracetape.archive.history.snapshot import (
        Snapshot as Snapshot,
    )
    from gracetape.archive.history.steps import (
        Entry as Entry,
    )
    from gracetape.archive.history.timeline import (
        Position as Position,
        Timeline as Timeline,
        timeline_of as timeline_of,
    )
    from gracetape.archive.recorded import (
        Recorded as Recorded,
        add_recorded as add_recorded,
        recorded_of as recorded_of,
    )
    from gracetape.archive.store import (
        Archive as Archive,
    )
    from gracetape.archive.view import (
        FileEntry as FileEntry,
        StoredView as StoredView,
        View as View,
    )
    from gracetape.archive.which import (
        locate as locate,
        looks_like_archive as looks_like_archive,
    )
    from gracetape.archive.writing import (
        Transaction as Transaction,
    )
    from gracetape.errors import (
        ArchiveError as ArchiveError,
        NotFound as NotFound,
        UsageError as UsageError,
    )
    from gracetape.ids import (
        Ref as Ref,
        category_of as category_of,
        parse_ref as parse_ref,
    )

__getattr__, __dir__ = public_names(__name__)
