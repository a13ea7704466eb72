"""Records a live stream of alerts: what is heard is kept before the broker is told so; gaps are written down."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gracetape.brokers import BrokerError, Gap, Heard, Source, open_source
from gracetape.capture.sinks import Sink
from gracetape.shown import printable

#: Messages kept in one go, at most, and seconds between notes that all is well.
_BATCH, _ALIVE_EVERY_S = 2000, 5.0
#: Characters in one go, at most, give or take what a source hands over at once.
_BATCH_LENGTH = 16_000_000
#: Nodes that are named of those that nobody listens to.
_TOLD = 8
#: Seconds for which one is gathered, at most, from a source that always has one more.
_BATCH_S = 0.5
#: Seconds for which a source that has no more is left alone, while what it had is being kept.
_LEFT_ALONE_S = 0.02


@dataclass
class Tally:
    """What a recording came to: messages heard, those of them that were new, and gaps."""

    heard: int = 0
    kept: int = 0
    gaps: int = 0

    def __str__(self) -> str:
        known = self.heard - self.kept
        there = f" ({known} {'was' if known == 1 else 'were'} there already)" if known > 0 else ""
        return f"{_of(self.heard, 'message')} heard, {self.kept} kept{there}, {_of(self.gaps, 'gap')}"


def _of(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


class Recorder:
    """Listens to nodes of a broker and keeps what it hears in a sink, until it is stopped."""

    def __init__(
        self,
        url: str,
        nodes: Sequence[str],
        sink: Sink,
        on_heard: Callable[[Heard], None] | None = None,
        on_listening: Callable[[], object] = lambda: None,
    ) -> None:
        self.url, self.nodes, self.sink, self.on_heard, self.on_listening = (
            url,
            tuple(nodes),
            sink,
            on_heard,
            on_listening,
        )
        self.tally = Tally()
        self.others: Mapping[str, int] = {}
        self.listening = threading.Event()
        self._stopped = threading.Event()
        self._gaps: queue.SimpleQueue[Gap] = queue.SimpleQueue()
        self._under_way: list[Heard] = []
        self._keeping: Future[int] | None = None

    def run(self, count: int | None = None) -> Tally:
        """Record until `stop`, until `count` messages were kept, or until the source ends (a replay, standard input).

        BrokerError if the broker stays away too long.
        """
        since, begun = self.sink.since, datetime.now(UTC)
        with open_source(self.url, self.nodes, on_gap=self._gaps.put, after=self.sink.after) as source:
            now, self.others = datetime.now(UTC), source.others
            if since is not None:
                self._before(since, now, source.keeps)
            try:
                self._listen(source, count, begun)
            finally:
                self._write_gaps()
        return self.tally

    def _before(self, since: datetime, until: datetime, kept: bool) -> None:
        """Tell of the time before us: nothing was heard in it, or of what a broker keeps that which it says it has lost."""
        for _ in range(self._gaps.qsize()):
            gap = self._gaps.get()
            self._gaps.put(replace(gap, since=min(since, gap.since)))
        if not kept:
            self._gaps.put(
                Gap(self.nodes, min(since, until), until, "the recorder was not running, and nothing is kept for it")
            )

    def _listen(self, source: Source, count: int | None, begun: datetime) -> None:
        """Keep what comes, and write down until when all was kept: whatever came later and is not kept then lies in a gap."""
        self._write_gaps()
        # What has come since we began to connect is not kept yet: if we end now, it was missed.
        self.sink.alive(begun)
        self.listening.set()
        self.on_listening()
        told, noted, stopping = begun, time.monotonic(), False
        failure: Exception | None = None
        # What came is kept in a thread, while what comes next is read: the two are about as much work.
        with ThreadPoolExecutor(1, thread_name_prefix="keeping") as pool:
            while not stopping and (count is None or self.tally.kept < count):
                stopping = self._stopped.is_set() or source.closed  # what has come by then is still kept
                most = _BATCH if count is None else min(_BATCH, count - self.tally.kept - len(self._under_way))
                batch = list[Heard]()
                try:
                    if most:
                        self._gather(batch, source, most)
                except Exception as error:  # what came before it is kept all the same
                    failure = error
                until = source.heard_until  # what was given by now
                self._settle()
                if batch:
                    self._keeping, self._under_way = pool.submit(self.sink.keep, batch), batch
                if failure is not None:
                    break
                due = time.monotonic() - noted > _ALIVE_EVERY_S
                # A broker that keeps things is asked, not told, where we left off.
                is_news = until > told and (not source.keeps or stopping or due)
                if is_news or stopping or not self._gaps.empty():
                    self._settle()
                self._write_gaps()
                if is_news:
                    told, noted = until, time.monotonic()
                    self.sink.alive(until)
            self._settle()
        if failure is not None and not (self._stopped.is_set() and isinstance(failure, BrokerError)):
            raise failure  # a Ctrl-C ends a program that is listened to, too, which is no failure then

    def _gather(self, batch: list[Heard], source: Source, most: int) -> None:
        """Add what has arrived, waiting a little if nothing has, and as long as what came before it is still being kept: a disk takes
        one large batch sooner than two.
        """
        length, end = 0, time.monotonic() + _BATCH_S
        while True:
            is_busy = self._keeping is not None and not self._keeping.done()
            some = source.take(most - len(batch), 0.0 if batch or self._keeping is not None else 0.2)
            batch += some
            length += sum(len(heard.payload) for heard in some)
            if len(batch) >= most or length >= _BATCH_LENGTH or time.monotonic() >= end:
                break
            if not some and not is_busy:
                break
            if not some and self._keeping is not None:  # the source gathers meanwhile, for less than who asks for each
                wait([self._keeping], _LEFT_ALONE_S)

    def _settle(self) -> None:
        """Wait until what is being kept is kept, and tell the broker so."""
        batch, self._under_way = self._under_way, []
        if self._keeping is None:
            return
        keeping, self._keeping = self._keeping, None
        self.tally.kept += keeping.result()
        self.tally.heard += len(batch)
        for heard in {heard.place.log if heard.place else "": heard for heard in batch}.values():
            heard.ack()  # the last of each log speaks for those before it
        for heard in batch if self.on_heard else ():
            self.on_heard(heard)  # type: ignore[misc]

    def _write_gaps(self) -> None:
        while not self._gaps.empty():
            self.tally.gaps += 1
            self.sink.gap(self._gaps.get())

    @property
    def told_of_others(self) -> str:
        """A sentence about the nodes that messages came on, where none came on those that are listened to; empty if some did."""
        if self.tally.heard or not self.others:
            return ""
        some = [f"{printable(node)} ({count})" for node, count in sorted(self.others.items(), key=lambda one: -one[1])]
        more = f" and {len(some) - _TOLD} more" if len(some) > _TOLD else ""
        return (
            f"nothing came on {', '.join(self.nodes)}: --nodes can name what there was, {', '.join(some[:_TOLD])}{more}"
        )

    def stop(self) -> None:
        """End the recording; any thread, and a signal handler, may call it."""
        self._stopped.set()
