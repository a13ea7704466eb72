"""Detector characterisation as it is done today: state checks, omega scans, and the labels that tell of them."""

from collections.abc import Iterator

from gracetape.simulate.acts import Act, WriteLabel, WriteLog
from gracetape.simulate.chance import happens, seed
from gracetape.simulate.files import File
from gracetape.simulate.life import Scripted

_LOOKED = "Check looked within -2/+2 seconds of superevent. "
_TAGS = ("data_quality",)


class DetChar(Scripted):
    """Injection state, iDQ and detector state; then DQOK or DQV, a report, omega scans, and perhaps DQR_REQUEST.

    All count from the superevent's creation (the event's, without one).
    """

    def acts(self) -> Iterator[tuple[float, Act]]:
        rng, subject, trigger, origin = self.life.rng, self.life.subject, self.life.trigger, self.life.superevent_dt
        check = self.options.timing("check")
        if check.happens(rng):
            at, good = origin + check.draw(rng), happens(rng, self.options.number("good prob"))
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
            at = origin + scan.draw(rng)
            for ifo in trigger.instruments:
                name, args = f"{ifo}_omegascan.png", ("omegascan", ifo)
                file = File(name, "curve png", trigger, args, seed(rng))
                yield at, WriteLog(subject, f"{ifo} omegascan", file, _TAGS)
        request = self.options.timing("request")
        if request.happens(rng):
            yield origin + request.draw(rng), WriteLabel(subject, "DQR_REQUEST")
