"""Many writers of one archive: what each process of the tests of concurrency does (`python -m tests.dummy.writers ...`)."""

import sys
import threading
from pathlib import Path

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy import turns
from gracetape.dummy.alert_targets import File


def write(tape: Archive, heard: Path, graceids: list[str], name: str, times: int, threads: int) -> None:
    """Write from several threads, each with a client of its own: entries, versions of one file, and a label and its end."""
    sink = File(heard)
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            with dummy.GraceDb(tape, on_alert=sink, retries=0) as client:
                for turn in range(times):
                    who = f"{name}.{thread}.{turn}"
                    for graceid in graceids:
                        client.write_log(graceid, who, filename="shared.txt", filecontents=who)
                client.write_log(graceids[0], f"{name}.{thread} is done")
        except BaseException as error:
            failures.append(error)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    sink.close()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    turns.PATIENCE_S = 600.0  # however busy the machine is, nobody writes out of turn
    path, file, ids, who, times_each, many = sys.argv[1:]
    with Archive.open(path, read_only=False) as opened:
        write(opened, Path(file), ids.split(","), who, int(times_each), int(many))
