"""The command `gracetape`: gathers the commands of every room, loading a room only when it is asked for."""

import importlib
import sys
from importlib.metadata import version

#: Sub-commands and the module whose `main(words, name)` runs them.
ROOMS = {
    "archive": ("archive.cli", "look into archives and look after them"),
    "broker": ("brokers.cli", "run a private LVAlert or igwn-alert for development"),
    "capture": ("capture.cli", "pull objects from GraceDB into an archive"),
    "dummy": ("dummy.cli", "serve an archive as a GraceDB"),
    "listen": ("listen.cli", "listen to alerts with many processes"),
    "replay": ("replay.cli", "play an archive's alert messages again"),
    "simulate": ("simulate.cli", "live events that never happened, for tests"),
}


def usage() -> str:
    rows = "\n".join(f"  {name:9} {what}" for name, (_, what) in ROOMS.items())
    return (
        "Usage: gracetape COMMAND ...\n\n"
        "Record events from GraceDB, keep them, and live through them again.\n\n"
        f"Commands:\n{rows}\n\n"
        "gracetape COMMAND --help tells more; gracetape --version tells the version."
    )


def main() -> None:
    """Run `gracetape COMMAND …`."""
    words = sys.argv[1:]
    if words[:1] == ["--version"]:
        print(f"gracetape {version('gracetape')}")
        return
    if not words or words[0] in ("--help", "-h", "help"):
        print(usage())
        raise SystemExit(0 if words else 2)
    if words[0] not in ROOMS:
        print(f"gracetape: there is no command {words[0]!r}: use {', '.join(ROOMS)}", file=sys.stderr)
        raise SystemExit(2)
    room = importlib.import_module(ROOMS[words[0]][0])
    room.main(words[1:], f"gracetape {words[0]}")


if __name__ == "__main__":
    main()
