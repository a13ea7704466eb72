"""The notices that a superevent's life sends out: preliminary, initial or retraction, update."""

from collections.abc import Iterator

from gracetape.pipelines.cbc import COINC
from gracetape.schedule import GraceID
from gracetape.simulate.acts import Act, SendVOEvent, WriteLabel, WriteLog
from gracetape.simulate.documents import HAS, classes, matter
from gracetape.simulate.files import File
from gracetape.simulate.life import Scripted
from gracetape.simulate.pipelines import pipeline_named

_TAGS = ("sky_loc", "lvem", "public")


class VOEvents(Scripted):
    """Preliminary when the first sky map is there (or in time, without one); initial or retraction after the advocates' answer;
    update when a later analysis has given another sky map. Nothing in a life without a superevent.
    """

    def acts(self) -> Iterator[tuple[float, Act]]:
        superevent = self.life.superevent
        if superevent is not None:
            yield from self._notices(superevent)

    def _notices(self, superevent: GraceID) -> Iterator[tuple[float, Act]]:
        rng, maps = self.life.rng, sorted(self.life.skymaps, key=lambda pair: pair[0])
        preliminary, first = self.options.timing("preliminary"), maps[0] if maps else None
        latest = self.life.superevent_dt + preliminary.draw(rng)
        warned = self.options.timing("earlywarning")
        if warned.prob and warned.happens(rng):  # a chance of none draws nothing: older seeds make what they made
            at = max(self.life.superevent_dt + warned.draw(rng), first[0] if first else 0.0)
            yield at, WriteLabel(superevent, "EARLY_WARNING")
            if first is not None:
                yield at, self._copy(superevent, first[1])
            yield from self._files(superevent, at)
            yield at, self._notice(superevent, "earlywarning", first[1] if first else None)
            latest = max(latest, at + 1.0)
        if preliminary.happens(rng):
            if first is not None:
                latest = max(latest, first[0])
                yield latest, self._copy(superevent, first[1])
                yield latest, WriteLabel(superevent, "SKYMAP_READY")
            yield latest, WriteLog(superevent, "Sending preliminary notice")
            yield latest, self._notice(superevent, "preliminary", first[1] if first else None)
            yield latest, WriteLabel(superevent, "GCN_PRELIM_SENT")
            second = self.options.timing("second")
            if second.prob and second.happens(rng):
                latest += second.draw(rng)
                yield latest, self._notice(superevent, "preliminary", first[1] if first else None)
        elif first is not None:
            latest = max(latest, first[0])
            yield latest, self._copy(superevent, first[1])
        at, good = self.life.answers.get("ADV", (0.0, None))
        if good is False:
            yield max(latest, at) + self.options.timing("retraction").draw(rng), self._notice(superevent, "retraction")
            return
        if good and first is not None:
            latest = max(latest, at) + self.options.timing("initial").draw(rng)
            yield latest, self._notice(superevent, "initial", first[1])
        update = self.options.timing("update")
        if good and len(maps) > 1 and update.happens(rng):
            latest = max(latest, maps[-1][0]) + update.draw(rng)
            yield latest, self._copy(superevent, maps[-1][1])
            yield latest, self._notice(superevent, "update", maps[-1][1])

    def _files(self, superevent: GraceID, at: float) -> Iterator[tuple[float, Act]]:
        """The event's source properties, copied as gwcelery copies them."""
        if pipeline_named(self.life.trigger.pipeline).upload != COINC:
            return
        for recipe, what, name in (
            ("p_astro", "classification", "p_astro.json"),
            ("em_bright", "properties", "em_bright.json"),
        ):
            file = File(name, recipe, self.life.trigger)
            said = f"Source {what} copied from {{graceid}}"
            yield at, WriteLog(superevent, said, file, (recipe, "public"), self.life.graceid)

    def _copy(self, superevent: GraceID, skymap: File) -> WriteLog:
        return WriteLog(superevent, "Localization copied from {graceid}", skymap, _TAGS, self.life.graceid)

    def _notice(self, superevent: GraceID, kind: str, skymap: File | None = None) -> SendVOEvent:
        trigger, more = self.life.trigger, {}
        if pipeline_named(trigger.pipeline).upload == COINC and kind != "retraction":
            more = {**classes(trigger), **{HAS[name]: value for name, value in matter(trigger).items()}}
        return SendVOEvent(superevent, kind, skymap.name if skymap else None, tuple(more.items()))
