"""Pulls objects from a GraceDB, through the `ligo.gracedb` client, into an archive."""

from capture.errors import CaptureError
from capture.pull import CaptureResult, capture
from capture.service import connect

__all__ = ["CaptureError", "CaptureResult", "capture", "connect"]
