"""Reads what a request brought: fields from forms or JSON, and files, spooled to disk as they come."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import falcon
import zstandard
from falcon.media.multipart import MultipartParseOptions

from gracetape.archive import Archive
from gracetape.archive.blobs import Blob, spool_in
from gracetape.bounded_json import read_json
from gracetape.dummy.problems import Problem, Style, invalid
from gracetape.dummy.refusals import refused
from gracetape.reading_limits import LIMITS

_MAX_FIELDS = 32 << 20  # bytes of all fields that are not files
_PIECE = 64 << 10  # bytes of a file that are read at once: few enough for memory that is at hand already
_OPTIONS = MultipartParseOptions()
_OPTIONS.max_body_part_count = 1000
_OPTIONS.max_body_part_buffer_size = _MAX_FIELDS
_OPTIONS.max_body_part_headers_size = 64 << 10


@dataclass
class Upload:
    """A file that came with a request, waiting on disk to be kept."""

    field: str
    filename: str
    spool: Path
    blob: Blob

    def spool_bytes(self) -> bytes:
        """The whole contents, for event files, which are small; Problem (413) if they are not."""
        if self.blob.size > LIMITS.file_bytes:
            raise Problem(413, f"{self.filename}: the file has more than {LIMITS.file_bytes} bytes", Style.ERROR)
        stored = self.spool.read_bytes()
        if self.blob.encoding == "raw":
            return stored
        plain: bytes = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
        return plain


@dataclass
class Form:
    """The fields of a request (each name with all its values, in order) and its files."""

    fields: dict[str, list[Any]] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def get(self, name: str, default: Any = None) -> Any:
        """The last value of a field, as forms are read by the server."""
        values = self.fields.get(name)
        return values[-1] if values else default

    def values(self, name: str, *, split: bool = False) -> list[Any]:
        """All values of a field; with `split`, a lone text is taken apart at its commas. Problem (400) if there are too many."""
        values = [value for value in self.fields.get(name, []) if value is not None]
        if split and len(values) == 1 and isinstance(values[0], str):
            values = [part.strip() for part in values[0].split(",")]
        if len(values) > LIMITS.field_values:  # each may cost a write, and all others wait for them
            raise invalid(f"{name} has more than {LIMITS.field_values} values")
        return [value for value in values if value != ""]

    def flat(self) -> dict[str, Any]:
        """Each field with its last value."""
        return {name: values[-1] for name, values in self.fields.items() if values}

    def file(self, name: str) -> Upload | None:
        return next((file for file in self.files if file.field == name), None)

    def drop_files(self) -> None:
        """Remove the spooled files that nothing kept."""
        for file in self.files:
            with contextlib.suppress(OSError):
                file.spool.unlink(missing_ok=True)


def read_form(req: falcon.Request, archive: Archive) -> Form:
    """The fields and files of a request. Problem (400, 415) if they cannot be read; files keep their base names alone."""
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(req, archive)
    body = _body(req)
    if kind == "application/json":
        return _json(body)
    if kind in ("application/x-www-form-urlencoded", "") or not body:
        form = Form()
        if body.count(b"&") >= LIMITS.form_fields:
            raise Problem(400, f"The request has more than {LIMITS.form_fields} fields.", Style.DETAIL)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
        except ValueError:
            raise Problem(400, "Malformed request.", Style.DETAIL) from None
        for name, value in pairs:
            form.fields.setdefault(name, []).append(value)
        return form
    raise refused("media_type", media=req.content_type)


def _body(req: falcon.Request) -> bytes:
    length = req.content_length
    if length is not None and length > _MAX_FIELDS:
        raise Problem(413, "Request body is too large.", Style.DETAIL)
    body: bytes = req.bounded_stream.read() if length else b""
    return body


def _json(body: bytes) -> Form:
    try:
        value = read_json(body or b"{}")
    except ValueError as error:
        raise refused("bad_json", why=error) from None
    if not isinstance(value, dict):
        raise refused("not_a_dictionary", kind=type(value).__name__)
    return Form({name: list(item) if isinstance(item, list) else [item] for name, item in value.items()})


def _multipart(req: falcon.Request, archive: Archive) -> Form:
    form, left = Form(), _MAX_FIELDS
    try:
        handler = falcon.media.MultipartFormHandler(_OPTIONS)
        for part in handler.deserialize(req.bounded_stream, req.content_type, req.content_length):
            name = part.name or ""
            if part.filename is None:
                value = part.stream.read(left + 1)
                left -= len(value)
                if left < 0:
                    raise Problem(413, f"The fields of a request may have {_MAX_FIELDS} bytes together.", Style.DETAIL)
                form.fields.setdefault(name, []).append(value.decode())
            else:
                filename = file_name(part.filename)  # refused before anything waits on disk
                form.files.append(Upload(name, filename, *spool_in(archive.blobs, _pieces(part.stream))))
    except (falcon.HTTPError, ValueError, EOFError) as error:
        form.drop_files()
        said = error.description if isinstance(error, falcon.HTTPError) else str(error)
        raise refused("bad_multipart", why=said) from None
    except BaseException:
        form.drop_files()
        raise
    return form


def _pieces(stream: Any) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def file_name(given: str) -> str:
    """The base name of an uploaded file; Problem (400) where that can be no file's name."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    if name in ("", ".", "..") or any(ord(character) < 32 for character in name) or len(name.encode()) > 250:
        raise invalid("Invalid filename: names have 1 to 250 bytes and no control characters")
    if "," in name:
        raise invalid("Invalid filename: filename should not contain commas")
    return name
