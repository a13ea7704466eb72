"""A GraceDB over an archive: in process behind the ordinary client (`GraceDb`), or served over HTTP (`serve`)."""

from dummy.app import make_app
from dummy.client import GraceDb
from dummy.server import serve

__all__ = ["GraceDb", "make_app", "serve"]
