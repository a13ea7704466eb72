"""Event lives that never happened: pipelines, follow-up, people, and streams of them, as schedules to run on any GraceDb client."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.errors import (
        SimulateError as SimulateError,
    )
    from gracetape.schedule import (
        Action as Action,
        GraceID as GraceID,
        Schedule as Schedule,
    )
    from gracetape.simulate.configuration import (
        Configuration as Configuration,
        read_configuration as read_configuration,
        shipped as shipped,
    )
    from gracetape.simulate.life import (
        Life as Life,
        StageRow as StageRow,
    )
    from gracetape.simulate.lives import (
        gen_schedule as gen_schedule,
        life_of as life_of,
    )
    from gracetape.simulate.options import (
        Option as Option,
        Options as Options,
        prob as prob,
        timed as timed,
    )
    from gracetape.simulate.streams import (
        Far as Far,
        Stream as Stream,
    )

__getattr__, __dir__ = public_names(__name__)
