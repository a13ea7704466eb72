"""Runs commands of this process's own code on a terminal, each in a fork: nothing is imported anew."""

import contextlib
import gc
import importlib
import os
import pty
import signal
import sys
import traceback
from collections.abc import Iterator

from gracetape.__main__ import ROOMS, main

for _module in (
    *(module for module, _ in ROOMS.values()),
    "gracetape.capture.listen_cli",
    "gracetape.brokers.xmpp_source",
    "gracetape.brokers.kafka_source",
    "gracetape.brokers.xmpp_publisher",
    "gracetape.brokers.kafka_publisher",
    "gracetape.replay.targets",
    "gracetape.replay.targets.broker",
    "gracetape.replay.targets.webhook",
    "gracetape.replay.request",
    "gracetape.replay.reenact",
    "gracetape.replay.reenact.command",
    "gracetape.replay.serving",
    "gracetape.dummy.serving",
    "hop.auth",
    "ligo.gracedb.rest",
):
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module(_module)


def on_terminal(*words: str, patience_s: int = 60) -> str:
    """What a command writes to a terminal, as the terminal gets it; one that waits for something is ended after a while."""
    child, terminal = pty.fork()
    if child == 0:
        gc.freeze()  # what is there already is not looked through again, and so stays shared with the parent
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["gracetape", *words]
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(patience_s)
        code = 99
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    seen = b"".join(read(terminal))
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 1, 2, -signal.SIGALRM), seen
    return seen.decode("utf-8", "surrogateescape")


def read(terminal: int) -> Iterator[bytes]:
    try:
        while some := os.read(terminal, 65536):
            yield some
    except OSError:  # a terminal's way to say that its other end was closed
        return
