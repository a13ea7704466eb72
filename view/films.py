"""The films that were asked for last, kept while nobody writes to the archive: a page asks for parts of one again and again."""

import threading
from collections import OrderedDict

from gracetape.archive import Archive
from gracetape.archive.recorded import heard_only
from gracetape.errors import NotFound
from gracetape.view.film import Film
from gracetape.view.only_heard import OnlyHeard

#: Films that are kept; one of a long log takes some tens of megabytes.
_KEPT = 6


def film_for(archive: Archive, ref: str) -> Film | OnlyHeard:
    """The film of what was captured, or of what was only heard; NotFound if there is neither."""
    try:
        return Film(archive, ref)
    except NotFound:
        if ref not in heard_only(archive):
            raise
        return OnlyHeard(archive, ref)


class Films:
    """The films of an archive, told anew when it was written to."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._lock = threading.Lock()
        self._films: OrderedDict[str, Film | OnlyHeard] = OrderedDict()
        self._seen: dict[int, int] = {}  # what each thread's connection saw of the database last

    def film(self, ref: str) -> Film | OnlyHeard:
        """The film of an object, `S1` or `S1@2`; NotFound if it is not there."""
        with self._lock:
            self._forget_if_written()
            found = self._films.pop(ref, None) or film_for(self.archive, ref)
            self._films[ref] = found
            while len(self._films) > _KEPT:
                self._films.popitem(last=False)
            return found

    def _forget_if_written(self) -> None:
        """Forget all if the database was changed since this thread looked; it may have been if the thread never did."""
        (version,) = self.archive.connection.execute("PRAGMA data_version").fetchone()
        thread = threading.get_ident()
        if self._seen.get(thread) != version:
            self._seen[thread] = version
            self._films.clear()
