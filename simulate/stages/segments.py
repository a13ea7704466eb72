"""Segments: which data-quality flags were active around the event."""

from collections.abc import Iterator

from replay.schedule import Schedule
from simulate.acts import Act, WriteLog
from simulate.chance import seed
from simulate.files import File
from simulate.life import Life, actions
from simulate.options import Options


class Segments:
    """Begins, uploads one file per flag, one after the other, and finishes; a flag that fails ends it without the last line."""

    def __init__(self, life: Life, options: Options) -> None:
        self.life = life
        self.options = options
        self.database = options.text("database")

    def gen_schedule(self) -> Schedule:
        """The whole search, if it starts at all."""
        return actions(self._acts())

    def _acts(self) -> Iterator[tuple[float, Act]]:
        start, rng, graceid = self.options.timing("start"), self.life.rng, self.life.graceid
        if not start.happens(rng):
            return
        at = start.draw(rng)
        yield at, WriteLog(graceid, f"began searching for segments in : {self.database}")
        for flag in self.options.words("flags"):
            about = self.options.sections[flag]
            timing, window = about.timing(), about.number("win")
            if not timing.happens(rng):
                return
            at += timing.draw(rng)
            begin, end = int(self.life.trigger.gps - window), int(self.life.trigger.gps + window)
            name = f"{flag.replace(':', '_')}-{begin}-{end - begin}.xml"
            file = File(name, "segments", self.life.trigger, (flag, begin, end), seed(rng))
            yield at, WriteLog(graceid, flag, file, ("data_quality",))
        yield at, WriteLog(graceid, f"finished searching for segments in : {self.database}")
