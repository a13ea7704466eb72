"""An online search in several processes: one creates events from a queue, another labels them when their p_astro is there."""

import json
import multiprocessing

from ligo.gracedb.rest import GraceDb

GRACEDB = "https://gracedb-playground.ligo.org/api/"


def create_events(candidates, created):
    """Create an event of each candidate of a queue, until None comes."""
    gracedb = GraceDb(GRACEDB)
    while (candidate := candidates.get()) is not None:
        event = gracedb.create_event("Test", "aframe", "event.json", "AllSky", filecontents=json.dumps(candidate))
        graceid = event.json()["graceid"]
        created.put(graceid)
    created.put(None)


def follow_up(created):
    """Write p_astro of each created event, and its label."""
    gracedb = GraceDb(GRACEDB)
    while (graceid := created.get()) is not None:
        gracedb.write_log(graceid, "p_astro", "aframe.p_astro.json", b'{"BBH": 0.9}', tag_name=["p_astro"])
        gracedb.write_label(graceid, "PASTRO_READY")


class Online:
    """The running processes, and the queue of candidates that they work on."""

    def __init__(self, how="spawn"):
        context = multiprocessing.get_context(how)
        self.candidates, self.created = context.Queue(), context.Queue()
        self.processes = [
            context.Process(target=create_events, args=(self.candidates, self.created), daemon=True),
            context.Process(target=follow_up, args=(self.created,), daemon=True),
        ]
        for process in self.processes:
            process.start()

    def stop(self):
        """Let them finish what is there; their exit codes."""
        self.candidates.put(None)
        for process in self.processes:
            process.join(60)
        return [process.exitcode for process in self.processes]
