"""The commands. `gracetape` gathers the commands of every room, loading a room only when it is asked for."""

import os
import signal
import sys
from importlib import import_module
from typing import Any

#: Sub-commands: the module whose `app` and `main(words, name)` they are, and what they do.
ROOMS = {
    "archive": ("gracetape.archive.cli", "Look into archives and look after them."),
    "broker": ("gracetape.brokers.cli", "Run a private LVAlert or igwn-alert for development."),
    "capture": ("gracetape.capture.cli", "Pull objects from a GraceDB into an archive."),
    "config": ("gracetape.settings_cli", "Show the settings, and who says so."),
    "dummy": ("gracetape.dummy.cli", "Serve an archive as a GraceDB."),
    "listen": ("gracetape.listen.cli", "Listen to alerts with many processes."),
    "replay": ("gracetape.replay.cli", "Play an archive's alert messages again."),
    "simulate": ("gracetape.simulate.cli", "Live events that never happened, for tests."),
    "view": ("gracetape.view.cli", "Show an archive in the browser, or write it into one file."),
}


def _gathered() -> Any:
    """All commands as one typer application: for its help, for completion, and for words that name no command."""
    from gracetape.lazy_commands import LazyCommands
    from gracetape.terminal import commands

    class Rooms(LazyCommands):
        rooms = ROOMS

    app = commands(
        "Record events from GraceDB, keep them, and live through them again.\n\n"
        "`gracetape COMMAND --help` tells more of each.",
        cls=Rooms,
    )
    app.callback()(lambda: None)
    return app


def main() -> None:
    """The command `gracetape`."""
    _end_at_ctrl_c()
    words = sys.argv[1:]
    if words and words[0] in ROOMS and "_GRACETAPE_COMPLETE" not in os.environ:
        import_module(ROOMS[words[0]][0]).main(words[1:], f"gracetape {words[0]}")
    from gracetape.terminal import run

    run(_gathered(), "gracetape", words)


def capture() -> None:
    """The command `capture`."""
    _end_at_ctrl_c()
    import_module(ROOMS["capture"][0]).main()


def replay() -> None:
    """The command `replay`."""
    _end_at_ctrl_c()
    import_module(ROOMS["replay"][0]).main()


def _end_at_ctrl_c() -> None:
    """Let Ctrl-C end this process without a word while it loads what it will run: Python would print a traceback. `run` takes it over."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
