"""The plug-in `test`: prints each alert 5 s after its arrival, and again 10 s after."""

import json

from gracetape.listen.alert import Alert
from gracetape.listen.plugins import Context, PlugIn
from gracetape.listen.queue import Queue, Task

#: Seconds after an alert's arrival.
DELAYS = (5.0, 10.0)


def hear(alert: Alert, queue: Queue, context: Context) -> None:
    """Two tasks in one item, so that items with several tasks are exercised."""
    tasks = [Task("printAlert", delay, {"alert": alert.payload}) for delay in DELAYS]
    context.add(alert.graceid, tasks, "printAlert")


def print_alert(task: Task, context: Context) -> None:
    graceid = context.item.graceid if context.item else ""
    context.log.info("%s : %s", graceid, json.dumps(task.args["alert"]))


plugin = PlugIn(hear=hear, tasks={"printAlert": print_alert})
