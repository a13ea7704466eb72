"""What the server takes from an uploaded event file: far, gpstime, instruments and the attributes of its kind."""

from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.dummy.uploads.formats import AT_ONCE, is_read, read_upload

__all__ = ["AT_ONCE", "UploadError", "UploadedEvent", "is_read", "read_upload"]
