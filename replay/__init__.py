"""Plays an archive's alerts again: schedules, clocks, the player, and the targets that messages go to."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.clocks import (
        Clock as Clock,
        MaxClock as MaxClock,
        RealClock as RealClock,
        ScaledClock as ScaledClock,
        VirtualClock as VirtualClock,
    )
    from gracetape.errors import (
        BadRequest as BadRequest,
        ReplayError as ReplayError,
    )
    from gracetape.replay.async_alerts import (
        aiter_alerts as aiter_alerts,
    )
    from gracetape.replay.branch import (
        Branch as Branch,
    )
    from gracetape.replay.chance import (
        Distribution as Distribution,
        parse_distribution as parse_distribution,
    )
    from gracetape.replay.copies import (
        Arrangement as Arrangement,
        Copy as Copy,
    )
    from gracetape.replay.faults import (
        Faults as Faults,
        Touched as Touched,
    )
    from gracetape.replay.message import (
        Message as Message,
    )
    from gracetape.replay.message_queue import (
        MessageQueue as MessageQueue,
        Queued as Queued,
    )
    from gracetape.replay.player import (
        Player as Player,
    )
    from gracetape.replay.prepare import (
        Tape as Tape,
        play as play,
    )
    from gracetape.replay.rename import (
        Renaming as Renaming,
    )
    from gracetape.replay.retime import (
        Retiming as Retiming,
    )
    from gracetape.replay.rewrite import (
        Rewrite as Rewrite,
    )
    from gracetape.replay.selection import (
        Selection as Selection,
        Wanted as Wanted,
    )
    from gracetape.replay.serving import (
        following as following,
    )
    from gracetape.replay.targets import (
        Target as Target,
        open_target as open_target,
        register as register,
    )
    from gracetape.schedule import (
        Action as Action,
        GraceID as GraceID,
        Schedule as Schedule,
        due as due,
        run as run,
    )
    from gracetape.virtual_loop import (
        VirtualLoop as VirtualLoop,
        run_virtual as run_virtual,
    )

__getattr__, __dir__ = public_names(__name__)
