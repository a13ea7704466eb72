"""People: operators at the detectors, and advocates, asked by a label and answering by a signoff."""

from collections.abc import Iterator

from gracetape.simulate.acts import Act, Signoff, WriteLabel
from gracetape.simulate.chance import happens
from gracetape.simulate.life import Scripted

_SITES = ("H1", "L1", "V1", "K1")


class Humans(Scripted):
    """Each site of the event and the advocates: the request label, then, never before it, perhaps an answer, OK or NO.

    Answers are signoffs, which today's servers know for superevents alone.
    """

    def acts(self) -> Iterator[tuple[float, Act]]:
        sites = [ifo for ifo in self.life.trigger.instruments if ifo in _SITES]
        for who in (*sites, "ADV"):
            yield from self._person(who)

    def _person(self, who: str) -> Iterator[tuple[float, Act]]:
        rng, kind = self.life.rng, "adv" if who == "ADV" else "site"
        asked = self.life.superevent_dt
        if self.options.truth("request"):
            asked = max(asked, self.options.timing("request").draw(rng))
            yield asked, WriteLabel(self.life.subject, "ADVREQ" if who == "ADV" else f"{who}OPS")
        respond = self.options.timing(f"{kind} respond")
        if not (self.options.truth("respond") and respond.happens(rng)):
            return
        at = max(asked, respond.draw(rng))
        good = happens(rng, self.options.number(f"{kind} success prob"))
        self.life.answers[who] = (at, good)
        signed = ("ADV", "") if who == "ADV" else ("OP", who)
        yield at, Signoff(self.life.subject, signed[0], "OK" if good else "NO", "simulated", signed[1])
