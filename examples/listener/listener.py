"""Listens to igwn-alert: fetches the sky map of each superevent when it is ready, and says so in the superevent's log."""

import json
import sys
from pathlib import Path

from ligo.gracedb.rest import GraceDb


class Listener:
    """Called with a topic and a message, as igwn-alert calls its listeners."""

    def __init__(self, gracedb, folder):
        self.gracedb, self.folder = gracedb, Path(folder)

    def __call__(self, topic, payload):
        alert = json.loads(payload)
        if alert["alert_type"] == "label_added" and alert["data"]["name"] == "SKYMAP_READY" and "superevent" in topic:
            self.fetch(alert["uid"])

    def fetch(self, graceid):
        logs = self.gracedb.logs(graceid).json()["log"]
        maps = [log["filename"] for log in logs if "sky_loc" in log["tag_names"] and log["filename"]]
        target = self.folder / f"{graceid}-{maps[-1]}"
        if target.exists():
            return
        target.write_bytes(self.gracedb.files(graceid, maps[-1]).read())
        self.gracedb.write_log(graceid, f"{target.name} was fetched", tag_name=["sky_loc"])


def main(folder):
    from igwn_alert import client

    client().listen(Listener(GraceDb(), folder), ["superevent", "test_superevent"])


if __name__ == "__main__":
    main(sys.argv[1])
