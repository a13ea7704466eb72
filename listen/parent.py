"""The listener itself: accepts messages (on disk first, then acknowledged), wakes children, and looks after them."""

import contextlib
import itertools
import queue
import secrets
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from gracetape import shown
from gracetape.brokers import BrokerError, Heard, Source
from gracetape.errors import ListenError
from gracetape.listen.accepted import Accepted
from gracetape.listen.child import Brief, lock
from gracetape.listen.configuration import Child, Configuration, file_name
from gracetape.listen.handle import Handle
from gracetape.listen.journal import Journal
from gracetape.listen.logs import open_log
from gracetape.listen.mail import Mailer
from gracetape.listen.status import Status
from gracetape.signals import Flag

#: Messages kept together by one write; seconds between two looks at the children; seconds between tries on a full disk.
BATCH, LOOK, RETRY = 256, 0.1, 1.0

#: Seconds between two writes of the status file, and between two removals of what every child has settled.
TELL, FORGET = 1.0, 2.0


class Listener:
    """A configuration at work: `with Listener(configuration) as listener: listener.run(open_source)`.

    Raises BadConfiguration or ListenError if it cannot start (another one runs, a folder cannot be written).
    `say` is told what the user must know at once, `heard` of the messages that were accepted.
    """

    def __init__(
        self,
        configuration: Configuration,
        say: Callable[[str], object] | None = None,
        heard: Callable[[Sequence[Heard]], object] | None = None,
    ) -> None:
        self.configuration, self._heard = configuration, heard
        self.say = say or (lambda text: shown.say(f"gracetape: {text}", error=True))
        self._private = Path(tempfile.mkdtemp(prefix="gracetape-listen-"))
        self._undo = contextlib.ExitStack()
        self._undo.callback(shutil.rmtree, self._private, ignore_errors=True)
        self.status = Status(configuration)
        self.failure: Exception | None = None
        self._source: Source | None = None
        self._waiting: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self.stopping, self._ended = Flag(), threading.Event()
        self._forgotten = 0
        self._ids = itertools.count(secrets.randbits(63))  # from a point of its own in each run
        try:
            self._open()
        except BaseException:
            self._undo.close()
            raise

    def __repr__(self) -> str:
        return f"<Listener of {len(self.configuration.children)} children>"

    def _open(self) -> None:
        configuration = self.configuration
        try:
            self.log = open_log(configuration.log_directory / "listener.log", 10)
            where = configuration.accepted or self._private / "accepted.sqlite"
            where.parent.mkdir(parents=True, exist_ok=True)
            self._undo.enter_context(lock(where.with_name(where.name + ".lock"), wait=False))
            self.accepted = Accepted(where, durable=configuration.accepted is not None)
            self._undo.callback(self.accepted.close)
            self.mailer = Mailer(configuration.smtp, configuration.sender, self.log)
            self.handles = [self._handle(child) for child in configuration.children]
            self._by_node: dict[str, list[Handle]] = defaultdict(list)
            for handle in self.handles:
                for node in handle.brief.child.nodes:
                    self._by_node[node].append(handle)
        except BlockingIOError:
            raise ListenError(f"a listener with {configuration.accepted} runs already: stop it first") from None
        except sqlite3.Error as error:
            raise ListenError(f"{configuration.accepted or self._private}: {error}") from error
        except OSError as error:
            raise ListenError(f"{error.filename}: {error.strerror}") from error

    def _handle(self, child: Child) -> Handle:
        """A child's place, made before anything is accepted, so that it misses nothing even if it never comes to start."""
        journal = child.checkpoint or self._private / f"{file_name(child.name)}.sqlite"
        try:
            kept = Journal(journal, self.accepted.newest)
        except sqlite3.Error as error:
            raise ListenError(f"the checkpoint {journal} cannot be used: {error}") from error
        if kept.heard > self.accepted.newest:
            self.log.warning("%s goes on with what comes now: %s is a new file", journal, self.accepted.path)
            kept.rewind(self.accepted.newest)
        kept.close()
        brief = Brief(
            child,
            self.accepted.path,
            journal,
            child.checkpoint is not None,
            self.configuration.commands,
            self.configuration.smtp,
            self.configuration.sender,
        )
        return Handle(brief, self.configuration.restarts, self.log, self.mailer, self.say)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.kill()
        self.mailer.close()
        self._undo.close()

    def stop(self) -> None:
        """Accept nothing more, let the children drain, and return from `run`; any thread or signal handler may call it."""
        self.stopping.set()

    def run(self, open_source: Callable[..., Source], *, until_end: bool = False) -> int:
        """Listen until `stop` is called, or every child is given up; with `until_end` also until the source has ended.

        `open_source(after=…)` gives the source; `after` tells it what was accepted before. Returns the exit code: 0, or 1
        if a child was given up or had to be killed. Raises ListenError or BrokerError, once the children have stopped, if
        the source failed.
        """
        for handle in self.handles:
            handle.start()
        threading.Thread(target=self._hear, args=(open_source,), name="source", daemon=True).start()
        batch: list[Heard] = []
        looked = told = forgotten = 0.0
        while not self.stopping.is_set():
            batch = batch or self._take()
            if batch and self._accept(batch):
                batch = []
            if not batch and self._ended.is_set() and self._waiting.empty() and (until_end or self.failure):
                break
            now = time.monotonic()
            if now - looked >= LOOK:
                looked = now
                self._look()
            if now - told >= TELL:
                told = now
                self._tell()
            if now - forgotten >= FORGET:
                forgotten = now
                self._forget()
        if self._source is not None:
            self._source.close()
        while batch := batch or self._take():  # what was heard already
            if not self._accept(batch):
                self._tell_lost(len(batch) + self._waiting.qsize())
                break
            batch = []
        code = self._drain()
        if isinstance(self.failure, ListenError | BrokerError):
            raise self.failure
        if self.failure is not None:
            raise ListenError(f"the source failed: {self.failure!r}") from self.failure
        return code

    def _hear(self, open_source: Callable[..., Source]) -> None:
        """The source's thread: it waits when what it heard cannot be accepted."""
        try:
            self._source = source = open_source(after=self.accepted.after)
            self.log.info("listening for the nodes %s", ",".join(self.configuration.nodes))
            for heard in source:
                self._waiting.put(heard)
                while self._waiting.qsize() > 2 * BATCH and not self.stopping.is_set():
                    time.sleep(0.001)
                if self.stopping.is_set():
                    break
            else:
                self.log.info("the source has ended")
        except Exception as error:
            self.failure = error
            self.log.exception("the source failed: %s", error)
        self._ended.set()

    def _take(self) -> list[Heard]:
        """What waits, up to a batch of it; a moment is waited for the first."""
        batch: list[Heard] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._waiting.get(timeout=LOOK))
            while len(batch) < BATCH:
                batch.append(self._waiting.get_nowait())
        return batch

    def _accept(self, batch: Sequence[Heard]) -> bool:
        """Put messages on disk, acknowledge them, and wake who gets them. False on a full disk: to be tried again."""
        ids = [f"{next(self._ids):016x}" for _ in batch]
        try:
            self.accepted.add(ids, batch)
        except sqlite3.Error as error:
            if not self.status.refusing:
                self.log.error(
                    "cannot write %s: %s; nothing is accepted until that is possible", self.accepted.path, error
                )
                self.say(f"cannot write {self.accepted.path}: {error}; nothing is accepted until that is possible")
            self.status.refusing = str(error)
            self.stopping.wait(RETRY)
            return False
        if self.status.refusing:
            self.log.warning("messages are accepted again")
            self.say("messages are accepted again")
            self.status.refusing = None
        self.status.accepted += len(batch)
        woken: set[Handle] = set()
        for id, heard in zip(ids, batch, strict=True):
            children = self._by_node.get(heard.node, ())
            woken.update(children)
            names = ",".join(handle.name for handle in children) or "nobody"
            self.log.about(id).info("arrived node=%s bytes=%d for=%s", heard.node, len(heard.payload), names)
        self.log.file.flush()
        for handle in woken:
            handle.wake()
        for heard in batch:
            heard.ack()
        if self._heard is not None:
            self._heard(batch)
        return True

    def _tell_lost(self, count: int) -> None:
        """Say what becomes of messages that were heard, and could not be accepted to the end."""
        keeps = self._source is not None and self._source.keeps
        them, what = ("it", "1 message was") if count == 1 else ("them", f"{count} messages were")
        fate = f"the next run hears {them}" if keeps else f"that loses {them}, for the source keeps nothing"
        text = f"{what} heard and could not be accepted: {fate}"
        self.log.error("%s", text)
        self.say(text)

    def _look(self) -> None:
        for handle in self.handles:
            handle.look()
        if all(handle.given_up for handle in self.handles):
            self.say("every child is given up: stopping")
            self.stopping.set()

    def _tell(self) -> None:
        self.log.file.flush()
        self.status.write(self.handles)

    def _forget(self) -> None:
        """Drop what every child has settled (one that never reported has settled nothing)."""
        settled = min(handle.report.settled for handle in self.handles)
        if settled > self._forgotten:
            with contextlib.suppress(sqlite3.Error):
                self.accepted.forget(settled)
                self._forgotten = settled

    def _drain(self) -> int:
        """Let the children hear what was accepted and do what is due, for at most `stopLimit` seconds."""
        end = time.monotonic() + self.configuration.stop_limit
        self.log.info("stopping: nothing more is accepted")
        while any(handle.alive for handle in self.handles) and time.monotonic() < end:
            for handle in self.handles:
                handle.stop()
                handle.look(restart=False)
            time.sleep(0.01)
        killed = [handle for handle in self.handles if handle.alive]
        for handle in killed:
            self.say(f"the child {handle.name} did not stop within {self.configuration.stop_limit:g} s: it is killed")
            self.log.error(
                "the child %s did not stop within %g s: it is killed", handle.name, self.configuration.stop_limit
            )
            handle.kill()
        for handle in self.handles:
            handle.look(restart=False)
        self.status.write(self.handles, running=False)
        self.log.info("stopped")
        self.log.file.flush()
        return int(bool(killed) or any(handle.given_up for handle in self.handles))
