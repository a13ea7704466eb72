"""Leads GraceDB clients that code under test makes for itself to a served dummy: here, in its children, in programs that it starts."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ligo.gracedb.client import GraceDBClient

from gracetape.dummy import hook
from gracetape.dummy.client_patch import ToServer, catch
from gracetape.dummy.patched_clients import VARIABLE


@contextmanager
def leading_to(url: str) -> Iterator[None]:
    """A block in which every `ligo.gracedb` client that is made is led to the dummy at `url`, whatever address it names.

    Processes that are started meanwhile obey the environment (see `gracetape dummy run`): programs, and children of
    multiprocessing by fork, spawn and forkserver.
    """
    folders = [str(Path(hook.__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    end = catch(GraceDBClient, lambda asked, retries: ToServer(url, asked, retries))
    try:
        with environment({VARIABLE: url, "GRACEDB_SERVICE_URL": url, "PYTHONPATH": os.pathsep.join(folders)}):
            yield
    finally:
        end()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """A block with variables of the environment set, also for children of a fork server, which keeps the one it was started in."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    _end_fork_server()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _end_fork_server()


def _end_fork_server() -> None:
    """Let the next child that wants one start a new fork server; children that are running stay, and nobody is waited for.

    There is no public way; a Python that keeps these things elsewhere goes on with the server that it has.
    """
    server = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    pid, alive = (getattr(server, name, None) for name in ("_forkserver_pid", "_forkserver_alive_fd"))
    if server is None or pid is None or alive is None:
        return
    with server._lock:
        server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None
    os.close(alive)  # at which it ends
    threading.Thread(target=_wait_for, args=(pid,), daemon=True).start()


def _wait_for(pid: int) -> None:
    with suppress(OSError):
        os.waitpid(pid, 0)
