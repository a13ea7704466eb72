"""iDQ: per detector, what its classifiers say about glitches near the event."""

import math
from collections.abc import Iterator

from gracetape.simulate.acts import Act, WriteLog
from gracetape.simulate.chance import seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Life, Scripted
from gracetape.simulate.options import Options

_WITHIN = "for {classifier} at {ifo} within [{begin}, {end}] :"
_OF = "for {classifier} at {ifo}"
#: Step (its option), then what is written: message, ending of the file's name, recipe and its argument.
#: `timesereis` is the text that was sent.
_STEPS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    ("tables", (("iDQ glitch tables {ifo}:", "idq_{classifier}{span}.xml.gz", "glitches", ""),)),
    (
        "fap",
        (
            (
                "minimum glitch-FAP for {classifier} at {ifo} within [{begin}, {end}] is {fap:.6f}",
                "{classifier}{span}.json", "idq json", "fap",
            ),
        ),
    ),
    (
        "gwf",
        (
            (f"iDQ fap timesereis {_WITHIN}", "idq_{classifier}_fap{span}.gwf", "frame", "fap"),
            (f"iDQ glitch-rank frame {_WITHIN}", "idq_{classifier}_rank{span}.gwf", "frame", "rank"),
        ),
    ),
    (
        "timeseries",
        ((f"iDQ fap and glitch-rank timeseries plot {_OF}:", "{classifier}_timeseries{span}.png", "curve png", "timeseries"),),
    ),
    (
        "activeChan",
        (
            (f"iDQ (possible) active channels {_OF}", "{classifier}_chanlist{span}.json", "idq json", "channels"),
            (f"iDQ channel strip chart {_OF}", "{classifier}_chanstrip{span}.png", "curve png", "channels"),
        ),
    ),
    (
        "calib",
        (
            (f"iDQ calibration sanity check {_OF}", "{classifier}_calib{span}.json", "idq json", "calibration"),
            (f"iDQ calibration sanity check figure {_OF}", "{classifier}_calib{span}.png", "curve png", "calibration"),
        ),
    ),
    (
        "roc",
        (
            (f"iDQ local ROC curves {_OF}", "{classifier}_ROC{span}.json", "idq json", "roc"),
            (f"iDQ local ROC figure {_OF}", "{classifier}_ROC{span}.png", "curve png", "roc"),
        ),
    ),
    (
        "stats",
        (
            (f"iDQ local calibration vital statistics {_OF}", "{classifier}_calibStats{span}.json", "idq json", "statistics"),
            (f"iDQ local training vital statistics {_OF}", "{classifier}_trainStats{span}.json", "idq json", "statistics"),
        ),
    ),
)  # fmt: skip


class IDQ(Scripted):
    """Per detector: started, then per classifier its chain of products, then finished. A step that fails ends the detector's chain.

    Classifiers work side by side; only those named `ovl…` know of channels.
    """

    def __init__(self, life: Life, options: Options) -> None:
        super().__init__(life, options)
        gps = life.trigger.gps
        self.begin = int(gps - options.number("pad left"))
        self.end = int(gps + options.number("pad right"))
        self.faps = (options.number("minFAP"), options.number("maxFAP"))
        self.classifiers = options.words("classifiers")
        self.instruments = [_detector(word) for word in options.words("instruments")] or list(life.trigger.instruments)

    def acts(self) -> Iterator[tuple[float, Act]]:
        for ifo in self.instruments:
            yield from self._chain(ifo)

    def _chain(self, ifo: str) -> Iterator[tuple[float, Act]]:
        start, rng = self.options.timing("start"), self.life.rng
        if not start.happens(rng):
            return
        began = finished = start.draw(rng)
        span = f"within [{self.begin}, {self.end}] at {ifo}"
        yield began, WriteLog(self.life.graceid, f"Started Searching for iDQ information {span}")
        for classifier in self.classifiers:
            at, fap = began, self._fap()
            for step, products in _STEPS:
                if step == "activeChan" and "ovl" not in classifier:
                    continue
                timing = self.options.timing(step)
                if not timing.happens(rng):
                    return
                at += timing.draw(rng)
                yield from ((at, act) for act in self._products(ifo, classifier, fap, products))
            finished = max(finished, at)
        yield finished, WriteLog(self.life.graceid, f"Finished searching for iDQ information {span}")

    def _products(
        self, ifo: str, classifier: str, fap: float, products: tuple[tuple[str, str, str, str], ...]
    ) -> Iterator[Act]:
        about = {
            "ifo": ifo, "classifier": classifier, "begin": self.begin, "end": self.end, "fap": fap,
            "span": f"-{self.begin}-{self.end - self.begin}",
        }  # fmt: skip
        for message, name, recipe, what in products:
            args = (what, ifo, classifier, self.begin, self.end, fap)
            file = File(f"{ifo}_{name.format(**about)}", recipe, self.life.trigger, args, seed(self.life.rng))
            yield WriteLog(self.life.graceid, message.format(**about), file, ("data_quality",))

    def _fap(self) -> float:
        """A false alarm probability, uniform in its logarithm."""
        low, high = (math.log(fap) for fap in self.faps)
        return math.exp(low + float(self.life.rng.random()) * (high - low))


def _detector(word: str) -> str:
    """`H` is how old configurations write H1."""
    return f"{word}1" if len(word) == 1 else word
