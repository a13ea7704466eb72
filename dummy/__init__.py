"""A GraceDB over an archive: in process behind the ordinary client (`GraceDb`, `use`), or served over HTTP (`serve`).

Where the variable GRACETAPE_DUMMY is set, importing this makes it so that every `ligo.gracedb` client of the process is
answered by the archive (or the served dummy) that it names.
"""

import os

from dummy.app import make_app
from dummy.client import GraceDb
from dummy.faults import Fault, Faults
from dummy.server import serve
from dummy.throttle import Throttle
from dummy.use import VARIABLE, honour, use

__all__ = ["Fault", "Faults", "GraceDb", "Throttle", "make_app", "serve", "use"]

if os.environ.get(VARIABLE):
    honour(os.environ[VARIABLE])
