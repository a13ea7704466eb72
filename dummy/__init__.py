"""A GraceDB over an archive: in process behind the ordinary client (`GraceDb`, `use`), or served over HTTP (`serve`).

What the variable GRACETAPE_DUMMY asks for is done by `honour`, or by the hook of `gracetape dummy run`; importing does nothing.
"""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.dummy.app import (
        make_app as make_app,
    )
    from gracetape.dummy.client import (
        GraceDb as GraceDb,
    )
    from gracetape.dummy.faults import (
        Fault as Fault,
        Faults as Faults,
    )
    from gracetape.dummy.grouping import (
        Grouping as Grouping,
    )
    from gracetape.dummy.patched_clients import (
        honour as honour,
        use as use,
    )
    from gracetape.dummy.server import (
        serve as serve,
    )
    from gracetape.dummy.throttle import (
        Throttle as Throttle,
    )

__getattr__, __dir__ = public_names(__name__)
