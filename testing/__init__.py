"""What tests of users need: the pytest plug-in (fixtures over tapes, recording), its parts for unittest and doctest, comparing alerts."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.testing.alert_list import (
        AlertList as AlertList,
        Alerts as Alerts,
    )
    from gracetape.testing.comparing import (
        assert_same_alerts as assert_same_alerts,
    )
    from gracetape.testing.masking import (
        masked as masked,
    )
    from gracetape.testing.player import (
        Replay as Replay,
    )
    from gracetape.testing.snapshots import (
        AlertsExtension as AlertsExtension,
    )
    from gracetape.testing.tape_session import (
        TapeSession as TapeSession,
    )
    from gracetape.testing.unittests import (
        TapeMixin as TapeMixin,
        TapeTestCase as TapeTestCase,
    )

__getattr__, __dir__ = public_names(__name__)
