"""What `listen run` tells: what it hears and who for, a line per alert on a terminal, and how it ended."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence

from gracetape import shown
from gracetape.brokers import Heard
from gracetape.brokers.heard_lines import HeardLines, heard_whole
from gracetape.listen.configuration import Child, Configuration
from gracetape.listen.parent import Listener
from gracetape.options import Show, shows_lines


def what_is_heard(configuration: Configuration, url: str) -> Iterator[str]:
    """The source, and a line for each child: its topics, its plug-in, and the checks that it makes if it is one of those."""
    yield f"listening to {shown.target(url)} (Ctrl-C stops), logs in {configuration.log_directory}:"
    for child in configuration.children:
        yield f"  {child.name}: {', '.join(child.nodes)} -> {_plugin(child)}"


def _plugin(child: Child) -> str:
    named = [section for section in child.sections if section != "general"]
    return child.process_type + (f" ({', '.join(named)})" if named else "")


def how_it_ended(listener: Listener) -> str:
    """How much was heard, done, and went wrong, in a line; and what becomes of tasks whose time has not come."""
    reports = [handle.report for handle in listener.handles]
    tasks, errors = sum(report.tasks for report in reports), sum(report.errors for report in reports)
    restarts = sum(handle.restarted for handle in listener.handles)
    counts = {"message heard": listener.status.accepted, "task done": tasks, "error": errors}
    parts = [f"{count} {what if count == 1 else _many(what)}" for what, count in counts.items()]
    parts += [f"{restarts} {'restart' if restarts == 1 else 'restarts'} of children"] * bool(restarts)
    parts += [f"{handle.name} given up" for handle in listener.handles if handle.given_up]
    return f"stopped: {', '.join(parts)}{''.join(_what_waits(listener))}"


def _many(what: str) -> str:
    thing, blank, done = what.partition(" ")
    return f"{thing}s{blank}{done}"


def _what_waits(listener: Listener) -> Iterator[str]:
    """What a stop leaves in the queues: kept where there is a checkpoint, and else gone."""
    waiting = dict.fromkeys((True, False), 0)
    for handle in listener.handles:
        waiting[handle.brief.durable] += handle.report.queue
    for durable, count in waiting.items():
        if count:
            what, its, it = ("1 item waits", "its", "it") if count == 1 else (f"{count} items wait", "their", "them")
            yield f"; {what} for {its} time, " + (
                f"and the next run does {it}" if durable else f"and the stop drops {it}, for there is no checkpoint"
            )


class HeardBy:
    """Shows what a listener hears, a line per alert, on a terminal or where that was asked for. A reader that goes away is no reason
    to stop listening: nothing more is shown then.
    """

    def __init__(self, show: Show | None) -> None:
        self._lines = HeardLines() if shows_lines(show) else None  # elsewhere nothing, unless JSON was asked for
        self._json = show is Show.json
        self._gone = False

    def __call__(self, batch: Sequence[Heard]) -> None:
        lines = self._lines
        if lines is not None:
            self._out(lambda: lines.show(batch))
        elif self._json:
            self._out(lambda: [print(heard_whole(heard), flush=True) for heard in batch])

    def say(self, *lines: str) -> None:
        """Print lines for people."""
        self._out(lambda: shown.say(*lines))

    def _out(self, write: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            write()
        except BrokenPipeError:
            self._gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor can what Python flushes at its end
