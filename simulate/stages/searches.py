"""Searches beside the event that end in one line: external triggers, unblind injections."""

from gracetape.schedule import Schedule
from gracetape.simulate.acts import WriteLog
from gracetape.simulate.chance import happens
from gracetape.simulate.life import Life, actions
from gracetape.simulate.options import Options


class OneLine:
    """Writes one line, `good` or `bad`, if the search responds at all."""

    def __init__(self, good: str, bad: str, tags: tuple[str, ...], life: Life, options: Options) -> None:
        self.texts = (bad, good)
        self.tags = tags
        self.life = life
        self.options = options

    def gen_schedule(self) -> Schedule:
        """The line."""
        timing = self.options.timing(chance="respond prob")
        if not timing.happens(self.life.rng):
            return Schedule()
        text = self.texts[happens(self.life.rng, self.options.number("success prob"))]
        return actions([(timing.draw(self.life.rng), WriteLog(self.life.graceid, text, tags=self.tags))])
