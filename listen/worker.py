"""What a child does, apart from being a process: it hears messages, does tasks when they are due, and keeps both."""

import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from gracetape.listen import commands
from gracetape.listen.accepted import Message
from gracetape.listen.alert import Alert, NotAnAlert, read_alert
from gracetape.listen.configuration import Child
from gracetape.listen.gracedb import client_of
from gracetape.listen.journal import Changes, Journal
from gracetape.listen.logs import AlertLog
from gracetape.listen.mail import Mails
from gracetape.listen.plugins import Context, Memories, PlugIn
from gracetape.listen.queue import Queue, QueueItem, Task

#: The uids that are no ids of events.
COMMAND, HEARTBEAT = "command", "heartbeat"

#: GraceIDs whose states are shown.
SHOWN = 50

#: What a plug-in may do wrong without stopping the child; `sys.exit()` is among it.
ERRORS = (Exception, SystemExit)


class Worker:
    """A child's queue and everything that happens to it.

    Whatever goes wrong with one message or one task is logged with its traceback and mailed, and the next one has its
    turn. `clock` gives unix seconds.
    """

    def __init__(
        self,
        child: Child,
        plugin: PlugIn,
        journal: Journal,
        log: AlertLog,
        mailer: Mails | None = None,
        *,
        obeys: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.child, self.plugin, self.log, self.mailer = child, plugin, log, mailer
        self.clock = clock
        self.journal, self._obeys = journal, obeys
        self.queue = Queue(child.speed)
        self.queue.restore(journal.items())
        self.memories = Memories(journal.memory)
        for graceid in journal.remembered(SHOWN):
            self.memories.of(graceid)
        self.memories.committed()
        self.heard = journal.heard
        self.alerts = self.tasks = self.errors = 0
        self._keys: list[str] = []
        self._gracedb: Any = None
        self._stateless = False  # its failure is told of once, not at every look

    # Messages

    def hear(self, message: Message) -> None:
        """Let the plug-in (or, for a command, the table of commands) say what follows from a message."""
        self.heard = message.number
        if message.node not in self.child.nodes:
            return
        self.alerts += 1
        log = self.log.about(message.id)
        try:
            alert = read_alert(message.id, message.node, message.arrived, message.text)
        except NotAnAlert as error:
            self._failed(log, "could not parse the message", error, message.text[:2000])
            return
        log.info("received node=%s uid=%s alert_type=%s", alert.node, alert.graceid, alert.alert_type)
        try:
            self._dispatch(alert, self._context(log, alert.arrived))
        except ERRORS as error:
            self._failed(log, "the plug-in raised an exception on the message", error, message.text[:2000])

    def _dispatch(self, alert: Alert, context: Context) -> None:
        if alert.graceid == COMMAND:
            self._order(alert, context)
        elif alert.graceid == HEARTBEAT:
            context.log.info("heartbeat")
            if self.child.heartbeat is not None:
                self.child.heartbeat.touch()
        else:
            self.plugin.hear(alert, self.queue, context)

    def _order(self, alert: Alert, context: Context) -> None:
        if not self._obeys:
            context.log.warning(
                "a command is ignored: commands are off (commands = true in the configuration allows them)"
            )
            return
        name, arguments = commands.read(alert)
        if commands.is_meant(arguments, self.child.nodes, self.child.process_type):
            task = Task(COMMAND, float(arguments.get("sleep", 0.0)), {"name": name, "arguments": arguments})
            context.add(str(arguments.get("graceid", "")), [task], COMMAND)

    # Tasks

    def perform(self) -> None:
        """Do the task that is due first, whatever the time; an exception completes its item."""
        item = self.queue.first
        assert item is not None
        task, log = item.tasks[0], self.log.about(item.alert_id)
        if task.key is not None and (task.key in self._keys or self.journal.is_done(task.key)):
            log.debug("%s: %s is done already", item.name, task.name)
            self.queue.advance(item)
            return
        log.debug("performing %s of %s for %s", task.name, item.name, item.graceid or "no event")
        try:
            again = _seconds(task, self._do(task, self._context(log, item.deadline, item)))
        except ERRORS as error:
            self._failed(
                log, f"the task {task.name} raised an exception; its item is complete", error, str(task.args)[:2000]
            )
            self.queue.complete(item)
        else:
            self.tasks += 1
            if task.key is not None:
                self._keys.append(task.key)
            self.queue.advance(item, None if again is None else self.clock() + again / self.child.speed)
            log.info("done %s for %s", task.name, item.graceid or "no event")

    def _do(self, task: Task, context: Context) -> float | None:
        if task.name == COMMAND:
            folder = self.child.log_directory
            orders = commands.Orders(
                context, folder, lambda to, subject, body: self._mail(to, subject, body, context.log.alert_id)
            )
            return commands.COMMANDS[task.args["name"]].obey(orders, task.args["arguments"])
        if task.name not in self.plugin.tasks:
            raise LookupError(f"the plug-in has no task {task.name!r}: it has {', '.join(self.plugin.tasks) or 'none'}")
        return self.plugin.tasks[task.name](task, context)

    # What is kept

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.queue.changed or self._keys or self.memories.touched or self.heard != self.journal.heard)

    def commit(self) -> None:
        """Keep everything that happened since the last time; sqlite3.Error if that is impossible now."""
        self.log.file.flush()
        items = {n: None if item.complete else self._item_text(item) for n, item in [*self.queue.changed.items()]}
        memories = {graceid: self._memory_text(graceid) for graceid in self.memories.touched}
        self.journal.commit(Changes(self.heard, items, self._keys, memories))
        self.queue.committed()
        self.memories.committed()
        self._keys = []

    def states(self, limit: int = 0) -> dict[str, Mapping[str, str]]:
        """What the plug-in says of the GraceIDs that it looked at last."""
        recent = list(self.memories.kept.items())[-(limit or SHOWN) :]
        found: dict[str, Mapping[str, str]] = {}
        for graceid, memory in recent:
            try:
                if states := dict(self.plugin.states(memory)):
                    found[graceid] = states
            except ERRORS as error:
                if not self._stateless:
                    self._failed(self.log, "the plug-in's `states` raised an exception", error, graceid)
                self._stateless = True
        return found

    def _item_text(self, item: QueueItem) -> str | None:
        try:
            return json.dumps(item.to_json())
        except ERRORS as error:
            self._failed(
                self.log.about(item.alert_id),
                "an item that is no JSON cannot be kept; it is complete",
                error,
                item.name,
            )
            self.queue.complete(item)
            return None

    def _memory_text(self, graceid: str) -> str:
        try:
            return json.dumps(self.memories.kept[graceid])
        except ERRORS as error:
            self._failed(self.log, "a memory that is no JSON cannot be kept; it is emptied", error, graceid)
            self.memories.kept[graceid] = {}
            return "{}"

    # Around

    def _context(self, log: AlertLog, now: float, item: QueueItem | None = None) -> Context:
        return Context(self.child.sections, self.queue, log, now, self.memories, item, self._client, self._mail_own)

    def use_client(self, client: Any) -> None:
        """Give the plug-in this client instead of the one that the configuration names."""
        self._gracedb = client

    def _client(self) -> Any:
        if self._gracedb is None:
            self._gracedb = client_of(self.child.gracedb)
        return self._gracedb

    def _mail(self, recipients: Sequence[str], subject: str, body: str, alert_id: str) -> None:
        if self.mailer is not None:
            self.mailer.send(recipients, subject, body, alert_id)

    def _mail_own(self, subject: str, body: str, alert_id: str) -> None:
        self._mail(self.child.recipients, subject, body, alert_id)

    def _failed(self, log: AlertLog, what: str, error: BaseException, about: str) -> None:
        self.errors += 1
        text = "".join(traceback.format_exception(error)).rstrip()
        log.error("%s\n%s", what, text)
        with suppress(Exception):
            subject = f"WARNING: {self.child.name}: {what}"
            self._mail_own(subject, f"alert id: {log.alert_id}\n\n{about}\n\n{text}", log.alert_id)


def _seconds(task: Task, again: object) -> float | None:
    """After how many seconds a task is to be done again (None: not at all); ValueError or TypeError if that is no number."""
    if again is None:
        return None
    if isinstance(again, bool) or not isinstance(again, int | float):
        raise TypeError(
            f"the task {task.name} returned a {type(again).__name__}: return nothing, or seconds until it is done again"
        )
    if not 0 <= again < float("inf"):
        raise ValueError(f"the task {task.name} is to be done again after {again} s: that is no time to come")
    return float(again)
