"""Segments: which data-quality flags were active around the event."""

from collections.abc import Iterator

from gracetape.simulate.acts import Act, WriteLog
from gracetape.simulate.chance import seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Scripted


class Segments(Scripted):
    """Begins, uploads one file per flag, one after the other, and finishes; a flag that fails ends it without the last line."""

    def acts(self) -> Iterator[tuple[float, Act]]:
        start, rng, graceid = self.options.timing("start"), self.life.rng, self.life.graceid
        database = self.options.text("database")
        if not start.happens(rng):
            return
        at = start.draw(rng)
        yield at, WriteLog(graceid, f"began searching for segments in : {database}")
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
        yield at, WriteLog(graceid, f"finished searching for segments in : {database}")
