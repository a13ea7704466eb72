"""The pipeline itself: the event from a file in its own format, and what it uploads right after."""

from collections.abc import Iterator

from gracetape.simulate.acts import Act, CreateEvent, WriteLog
from gracetape.simulate.chance import seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Scripted
from gracetape.simulate.pipelines import pipeline_named

#: A file that accompanies a CBC event: option, message, name, recipe, tags.
_COMPANIONS = (
    ("log", "Log File Created", "event.log", "event log", ()),
    ("coinc", "Coinc Table created", "coinc.xml", "coinc", ()),
    ("psd", None, "psd.xml.gz", "psd", ("psd",)),
    ("ranking", "ranking statistic PDFs", "ranking_data.xml.gz", "ranking", ()),
)


class PipelineUploads(Scripted):
    """Creates the event at once; CBC pipelines then upload a log, the coinc table and PSDs, gstlal its ranking data too."""

    def acts(self) -> Iterator[tuple[float, Act]]:
        trigger, rng = self.life.trigger, self.life.rng
        pipeline = pipeline_named(trigger.pipeline)
        first = File(pipeline.file_name(trigger.stem), pipeline.upload, trigger, seed=seed(rng))
        yield 0.0, CreateEvent(self.life.graceid, trigger.group, trigger.pipeline, first, trigger.search)
        if pipeline.psd_text is None:
            return
        for option, message, name, recipe, tags in _COMPANIONS:
            timing = self.options.timing(option)
            if (option == "ranking" and not pipeline.ranking) or not timing.happens(rng):
                continue
            file = first if name == first.name else File(name, recipe, trigger, seed=seed(rng))
            yield timing.draw(rng), WriteLog(self.life.graceid, message or pipeline.psd_text, file, tags)
