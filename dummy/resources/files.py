"""Files: the listing, which names each version and the newest, and their contents, streamed."""

from collections.abc import Iterator

import falcon

from gracetape.archive import FileEntry, NotFound
from gracetape.archive.encode import encode
from gracetape.dummy.links import Links
from gracetape.dummy.problems import Problem, Style
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources.resource import Resource, led
from gracetape.dummy.source import ComposedView, FileView
from gracetape.media_types import media_type


class Files(Resource):
    """All files of an object: `name` and every `name,version`, each with its address."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_kept(req, resp, graceid, lambda view: self._listing(req, view))

    def _listing(self, req: falcon.Request, view: FileView) -> bytes:
        record = view.stored() if isinstance(view, ComposedView) else view.record()
        shown = view.graceid if self.category == "event" else str(record.get("gw_id") or view.graceid)
        links = Links(view.service, self.category, shown)
        names = sorted({name for entry in view.files() for name in (entry.name, entry.full_name)})
        listing = {name: links.file(name) for name in names}
        if self.is_v2:
            listed = [{"filename": name, "file": link} for name, link in listing.items()]
            return encode(led(req, view, {"links": {"self": req.uri}, "files": listed})).encode()
        return encode(led(req, view, listing)).encode()


class File(Resource):
    """The contents of a file: `name,version`, or `name` for the newest."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, filename: str) -> None:
        view = self.view(graceid)
        if not filename:
            Files(self.service, self.category, self.version).on_get(req, resp, graceid)
            return
        entry = _find(view, filename)
        try:
            contents = self.service.archive.read(entry)
            first = next(contents, b"")
        except NotFound as error:
            raise Problem(404, str(error), Style.ERROR) from None
        resp.content_type = media_type(entry.name)
        resp.set_stream(_Stream(first, contents), entry.size or 0)


def _find(view: FileView, filename: str) -> FileEntry:
    name, comma, version = filename.rpartition(",")
    numbered = version.isascii() and version.isdigit() and len(version) < 10
    if view.category == "superevent" and comma and ("," in name or not numbered):
        raise refused("file_commas" if "," in name else "file_version")
    found = view.file(filename) if not comma else view.file(name, int(version)) if numbered else None
    if found is None:
        raise not_found() if view.category == "superevent" else refused("event_file_missing", name=filename)
    return found


class _Stream:
    """An iterator of pieces that a WSGI server can also read like a file."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        self._first, self._rest = first, rest

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest
