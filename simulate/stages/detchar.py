"""Detector characterisation as it is done today: state checks, omega scans, and the labels that tell of them."""

from collections.abc import Iterator

from replay.schedule import Schedule
from simulate.acts import Act, WriteLabel, WriteLog
from simulate.chance import happens, seed
from simulate.files import File
from simulate.life import Life, actions
from simulate.options import Options

_LOOKED = "Check looked within -2/+2 seconds of superevent. "
_TAGS = ("data_quality",)


class DetChar:
    """Injection state, iDQ and detector state; then DQOK or DQV, a report, omega scans, and perhaps DQR_REQUEST."""

    def __init__(self, life: Life, options: Options) -> None:
        self.life = life
        self.options = options

    def gen_schedule(self) -> Schedule:
        """The checks, from the moment that there is a superevent (or the event, without one)."""
        return actions((self.life.superevent_dt + dt, act) for dt, act in self._acts())

    def _acts(self) -> Iterator[tuple[float, Act]]:
        rng, subject, trigger = self.life.rng, self.life.subject, self.life.trigger
        check = self.options.timing("check")
        if check.happens(rng):
            at, good = check.draw(rng), happens(rng, self.options.number("good prob"))
            state = "good" if good else "bad"
            for text in (
                f"No HW injections found. {_LOOKED}",
                f"iDQ glitch probabilities unknown. {_LOOKED}",
                f"Detector state for active instruments is {state}.\n{_LOOKED}",
            ):
                yield at, WriteLog(subject, text, tags=_TAGS)
            yield at, WriteLabel(subject, "DQOK" if good else "DQV")
            report = File("gwcelerydetcharcheckvectors-{graceid}.json", "dqr", trigger, (state,))
            yield at, WriteLog(subject, "DQR-compatible json generated from check_vectors results", report)
        scan = self.options.timing("omegascan")
        if scan.happens(rng):
            at = scan.draw(rng)
            for ifo in trigger.instruments:
                name, args = f"{ifo}_omegascan.png", ("omegascan", ifo)
                file = File(name, "curve png", trigger, args, seed(rng))
                yield at, WriteLog(subject, f"{ifo} omegascan", file, _TAGS)
        request = self.options.timing("request")
        if request.happens(rng):
            yield request.draw(rng), WriteLabel(subject, "DQR_REQUEST")
