"""gracetape: record events from GraceDB, keep them, and live through them again. Names are loaded when they are first used."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.archive import (
        Alert as Alert,
        Archive as Archive,
        Capture as Capture,
        Entry as Entry,
        FileEntry as FileEntry,
        History as History,
        Position as Position,
        Snapshot as Snapshot,
        Timeline as Timeline,
        alerts_of as alerts_of,
        history_of as history_of,
        timeline_of as timeline_of,
    )
    from gracetape.brokers import (
        open_publisher as open_publisher,
        open_source as open_source,
    )
    from gracetape.capture.pull import (
        CaptureResult as CaptureResult,
        capture as capture,
    )
    from gracetape.clocks import (
        Clock as Clock,
        MaxClock as MaxClock,
        RealClock as RealClock,
        ScaledClock as ScaledClock,
        VirtualClock as VirtualClock,
    )
    from gracetape.dummy import (
        Fault as Fault,
        Faults as Faults,
        GraceDb as GraceDb,
        Throttle as Throttle,
        serve as serve,
        use as use,
    )
    from gracetape.errors import (
        ActionFailed as ActionFailed,
        AlreadyThere as AlreadyThere,
        ArchiveError as ArchiveError,
        BadConfiguration as BadConfiguration,
        BadRequest as BadRequest,
        BadUrl as BadUrl,
        BrokerError as BrokerError,
        CaptureError as CaptureError,
        GracetapeError as GracetapeError,
        ListenError as ListenError,
        NotFound as NotFound,
        OutOfReach as OutOfReach,
        ReplayError as ReplayError,
        SimulateError as SimulateError,
        UsageError as UsageError,
    )
    from gracetape.ids import (
        Ref as Ref,
        parse_ref as parse_ref,
    )
    from gracetape.replay import (
        Message as Message,
        Player as Player,
        Renaming as Renaming,
        Retiming as Retiming,
        open_target as open_target,
        play as play,
    )
    from gracetape.schedule import (
        Action as Action,
        GraceID as GraceID,
        Schedule as Schedule,
        run as run,
    )
    from gracetape.times import (
        gps_of as gps_of,
        utc_of as utc_of,
    )
    from gracetape.virtual_loop import (
        run_virtual as run_virtual,
    )


_load, __dir__ = public_names(__name__)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("gracetape")
    return _load(name)
